#include "sim/message_book.hpp"

#include <algorithm>

namespace sim {

std::int64_t MessageBook::packets_in(std::int64_t bytes) const {
  const std::int64_t payload = options_.payload.count();
  return std::max<std::int64_t>((bytes + payload - 1) / payload, 1);
}

MessageId MessageBook::add(Lane lane, Bytes size) {
  Open& open = lanes_[index(lane)];
  const MessageId id{.lane = static_cast<std::uint32_t>(lane),
                     .number = open.first + static_cast<std::uint32_t>(open.messages.size())};
  open.messages.push({.size = size.count(),
                      .unmade = size.count(),
                      .missing = packets_in(size.count()),
                      .arrives = {}});
  return id;
}

MessageBook::Piece MessageBook::next(MessageId id) const {
  const Message& message = at(id);
  const std::int64_t data = std::min(message.unmade, options_.payload.count());
  const bool has_head =
      options_.flow_control == FlowControl::packet || message.unmade == message.size;
  const std::int64_t head = has_head ? options_.overhead.count() : 0;
  return {.data = static_cast<std::uint32_t>(data),
          .wire = static_cast<std::uint32_t>(wire_bytes(options_, data, head)),
          .ends = data == message.unmade};
}

bool MessageBook::on_made(MessageId id) {
  Message& message = at(id);
  message.unmade -= std::min(message.unmade, options_.payload.count());
  return message.unmade == 0;
}

std::optional<Instant> MessageBook::on_arrival(MessageId id, Instant when) {
  Message& message = at(id);
  message.arrives = std::max(message.arrives, when);
  return --message.missing == 0 ? std::optional{message.arrives} : std::nullopt;
}

bool MessageBook::take_delivered(std::uint32_t lane, Instant now) {
  Open& open = lanes_[lane];
  if (open.messages.empty() || open.messages.front().missing > 0 ||
      open.messages.front().arrives > now) {
    return false;
  }
  open.messages.pop();
  ++open.first;
  return true;
}

}  // namespace sim
