#include "sim/connection.hpp"

#include <algorithm>

#include "sim/contract.hpp"

namespace sim {

void Connection::add(Bytes size, Bytes payload) {
  const std::int64_t count = (size.count() + payload.count() - 1) / payload.count();
  const auto packets = static_cast<std::uint32_t>(std::max<std::int64_t>(count, 1));
  messages_.push({.size = size.count(), .first = end_, .packets = packets, .missing = packets});
  end_ += packets;
}

Connection::Piece Connection::take(Bytes payload) {
  require(has_next() && sending_ < messages_.size(), "there is a packet to send");
  Message& message = messages_[sending_];
  const std::uint32_t number = next_++;
  const std::int64_t before = static_cast<std::int64_t>(number - message.first) * payload.count();
  const std::int64_t data = std::min(message.size - before, payload.count());
  const bool ends = next_ == message.first + message.packets;
  const bool leaves = ends && !message.left;
  if (ends) {
    message.left = true;
    ++sending_;
  }
  return {
      .number = number, .data = static_cast<std::uint32_t>(data), .ends = ends, .leaves = leaves};
}

/// Numbers wrap, differences do not.
std::size_t Connection::message_of(std::uint32_t number) const {
  std::size_t at = 0;
  while (at < messages_.size() && number - messages_.front().first >= messages_[at].first +
                                                                          messages_[at].packets -
                                                                          messages_.front().first) {
    ++at;
  }
  return at;
}

Connection::Receipt Connection::on_arrival(std::uint32_t number, bool in_any_order) {
  if (in_any_order || number == expected_) {
    ++expected_;
    told_gap_ = false;
    --messages_[message_of(number)].missing;
    if (next_ == expected_ - 1) {  // it had gone back, and this one was still on its way
      next_ = expected_;
      sending_ = message_of(next_);
    }
    return Receipt::taken;
  }
  const bool is_new = static_cast<std::int32_t>(number - expected_) > 0;  // numbers wrap
  if (!is_new || told_gap_) {
    return Receipt::unwanted;
  }
  told_gap_ = true;
  return Receipt::gap;
}

std::optional<Bytes> Connection::take_delivered() {
  if (messages_.empty() || messages_.front().missing > 0) {
    return std::nullopt;
  }
  const Bytes size{messages_.front().size};
  messages_.pop();
  --sending_;
  return size;
}

bool Connection::go_back(std::uint32_t number) {
  if (number - expected_ >= next_ - expected_) {
    return false;
  }
  next_ = number;
  sending_ = message_of(number);
  return true;
}

bool Connection::start_again() {
  told_gap_ = false;
  return go_back(expected_);
}

}  // namespace sim
