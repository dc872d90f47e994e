#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "collectives/schedule.hpp"

namespace collectives {

/// A message, and when it leaves and arrives in one order that the conditions allow.
struct Message {
  TransferId transfer{};
  std::int32_t number = 0;
  std::uint32_t leaves = 0;
  std::uint32_t arrives = 0;
};

/// One order of all events of a schedule that its conditions allow: each message completes as soon
/// as it may.
class Timeline {
 public:
  /// `schedule` outlives this and does not change.
  explicit Timeline(const Schedule& schedule);

  /// Empty, or why not every message can complete.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  [[nodiscard]] Message message(TransferId id, std::int32_t number) const {
    const Times& times = times_[first_message_[index(id)] + static_cast<std::size_t>(number)];
    return {id, number, times.leaves, times.arrives};
  }

  /// Calls `visit(cause, must it have arrived)` for the messages that `message` waits for at one
  /// end, directly: the one before it in its transfer, and those of its conditions.
  template <class Visit>
  void for_each_cause(const Message& message, Side side, Visit visit) const {
    const Transfer& transfer = schedule_->transfer(message.transfer);
    if (message.number > 0) {
      visit(this->message(message.transfer, message.number - 1), side == Side::receive);
    }
    for (const After& after : schedule_->after(message.transfer)) {
      const Transfer& other = schedule_->transfer(after.transfer);
      const Awaited wanted = awaited(after, message.number, other.messages);
      if (wanted.exists && after.side == side) {
        visit(this->message(after.transfer, wanted.message),
              other.to == (side == Side::send ? transfer.from : transfer.to));
      }
    }
  }

 private:
  struct Times {
    std::uint32_t leaves = 0;
    std::uint32_t arrives = 0;
  };

  const Schedule* schedule_;
  std::vector<std::size_t> first_message_;  // per transfer, into times_
  std::vector<Times> times_;                // per message
  std::string problem_;
};

}  // namespace collectives
