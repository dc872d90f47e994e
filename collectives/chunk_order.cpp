#include "collectives/chunk_order.hpp"

#include <unordered_set>
#include <utility>

namespace collectives {
namespace {

/// Is it enough for `first` to be over that `cause` has left, or arrived? Messages of one transfer
/// leave, and arrive, in order.
bool settles(const Message& cause, bool arrives, const Message& earlier, const Access& first) {
  return cause.transfer == earlier.transfer && cause.number >= earlier.number &&
         (arrives || first.is_send);
}

}  // namespace

void ChunkOrder::look_at(std::span<const Message> messages, std::span<const Access> accesses) {
  messages_ = messages;
  accesses_ = accesses;
  reach_filled_ = false;
}

bool ChunkOrder::is_ordered(const Access& first, const Access& second) {
  if (is_direct(first, second)) {
    return true;
  }
  if (!std::exchange(reach_filled_, true)) {
    fill_reach();
  }
  Before& before = second.is_send ? before_leaving_ : before_arriving_;
  BitTable& table = first.is_send ? before.left : before.arrived;
  return contains(table.row(second.message), first.message) || search(first, second);
}

/// Does a condition of the second say so by itself?
bool ChunkOrder::is_direct(const Access& first, const Access& second) const {
  const Message& earlier = messages_[first.message];
  bool direct = false;
  const auto look = [&](const Message& cause, bool arrives) {
    direct = direct || settles(cause, arrives, earlier, first);
  };
  timeline_->for_each_cause(messages_[second.message], Side::send, look);
  if (!second.is_send) {
    timeline_->for_each_cause(messages_[second.message], Side::receive, look);
  }
  return direct;
}

/// Works out `Before` as far as causes within the chunk tell. A cause of another chunk counts for
/// the message of its transfer that came before it in this one.
void ChunkOrder::fill_reach() {
  link_transfers();
  for (Before* before : {&before_leaving_, &before_arriving_}) {
    before->left.reset(messages_.size(), messages_.size());
    before->arrived.reset(messages_.size(), messages_.size());
  }
  // By the order of events: what an event waits for came before it.
  for (const Access& access : accesses_) {
    if (!access.is_send) {
      merge(before_arriving_.left.row(access.message), before_leaving_.left.row(access.message));
      merge(before_arriving_.arrived.row(access.message),
            before_leaving_.arrived.row(access.message));
    }
    timeline_->for_each_cause(
        messages_[access.message], access.is_send ? Side::send : Side::receive,
        [&](const Message& cause, bool arrives) { add_cause(access, cause, arrives); });
  }
  for (const Message& message : messages_) {
    first_of_transfer_[index(message.transfer)] = -1;
  }
}

void ChunkOrder::add_cause(const Access& access, const Message& cause, bool arrives) {
  const std::int32_t found = in_chunk(cause.transfer, cause.number);
  if (found < 0) {
    return;
  }
  const auto j = static_cast<std::size_t>(found);
  Before& before = access.is_send ? before_leaving_ : before_arriving_;
  Before& earlier = arrives ? before_arriving_ : before_leaving_;
  merge(before.left.row(access.message), earlier.left.row(j));
  merge(before.arrived.row(access.message), earlier.arrived.row(j));
  insert(before.left.row(access.message), j);
  if (arrives) {
    insert(before.arrived.row(access.message), j);
  }
}

/// The chunk's last message of a transfer that is no later than message `number` of it.
std::int32_t ChunkOrder::in_chunk(TransferId id, std::int32_t number) const {
  std::int32_t found = -1;
  for (std::int32_t i = first_of_transfer_[index(id)];
       i >= 0 && messages_[static_cast<std::size_t>(i)].number <= number;
       i = next_of_transfer_[static_cast<std::size_t>(i)]) {
    found = i;
  }
  return found;
}

void ChunkOrder::link_transfers() {
  next_of_transfer_.assign(messages_.size(), -1);
  for (std::size_t i = messages_.size(); i-- > 0;) {  // a transfer's messages arrive in order
    std::int32_t& first = first_of_transfer_[index(messages_[i].transfer)];
    next_of_transfer_[i] = first;
    first = static_cast<std::int32_t>(i);
  }
}

/// The same by walking back over all causes, of whatever chunk: exact, slow, seldom needed.
bool ChunkOrder::search(const Access& first, const Access& second) const {
  const Message& earlier = messages_[first.message];
  // What is left to look at: a message, and whether what it waits for to arrive counts as well.
  std::vector<std::pair<Message, bool>> stack{{messages_[second.message], !second.is_send}};
  std::unordered_set<std::uint64_t> seen;  // never iterated
  bool found = false;
  const auto look = [&](const Message& cause, bool arrives) {
    found = found || settles(cause, arrives, earlier, first);
    const std::uint64_t key =
        (static_cast<std::uint64_t>(cause.arrives) << 1U) | (arrives ? 1U : 0U);
    if (cause.arrives > earlier.leaves && seen.insert(key).second) {
      stack.emplace_back(cause, arrives);
    }
  };
  while (!stack.empty() && !found) {
    const auto [at, arrives] = stack.back();
    stack.pop_back();
    timeline_->for_each_cause(at, Side::send, look);
    if (arrives) {
      timeline_->for_each_cause(at, Side::receive, look);
    }
  }
  return found;
}

}  // namespace collectives
