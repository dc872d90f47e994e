#pragma once
// The schedule table of MultiTree's network interface (Huang et al., ISCA 2021, section 4).
//
// A rank's sends are listed by time step. Only those of the first step may go, each when its
// conditions hold; those of the next step follow when all have gone.
//
// In lockstep they wait, besides, until all ports are free again. That keeps ranks in step without
// a word between them, and a step's links free for its own messages. A step without a send, a NOP,
// would let a rank run ahead: it waits for as long as the step is estimated to last.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "collectives/schedule.hpp"
#include "sim/units.hpp"

namespace collectives {

/// In lockstep: messages that a rank can hand over at once, and how long one keeps a port.
struct Pace {
  std::int32_t ports = 1;
  sim::Duration estimate{};
};

/// By which of its receiver's `ports` each message comes, per transfer: the table spreads what
/// reaches a rank in one step over them, in the order of flows.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> arrival_ports(const Schedule& schedule,
                                                                   std::int32_t ports);

class ScheduleTable {
 public:
  /// `schedule` outlives this; its transfers say in which steps they are sent. Without a pace, the
  /// order of the steps is all that counts.
  ScheduleTable(const Schedule& schedule, std::optional<Pace> pace);

  /// The next message of `id` may be sent, as far as the schedule's conditions go.
  void on_ready(TransferId id);

  /// A message that `release` returned has been handed over.
  void on_left(TransferId id) { --ranks_[index(schedule_->transfer(id).from)].busy; }

  /// What the rank sends now, in order; valid until the next call.
  [[nodiscard]] const std::vector<TransferId>& release(Rank rank, sim::Instant now);

  /// When to ask the rank again though nothing has happened, if it waits for a time.
  [[nodiscard]] std::optional<sim::Instant> wake(Rank rank) const;

 private:
  struct Send {
    TransferId transfer{};
    std::int32_t message = 0;
  };
  struct Step {
    std::vector<Send> sends;  // that have not gone; none from the start: a NOP
    bool is_nop = true;
  };
  struct State {
    std::vector<Step> steps;
    std::size_t head = 0;
    bool fresh = true;      // nothing of the head step has gone
    std::int32_t busy = 0;  // ports
    std::optional<sim::Instant> nop_ends{};
  };

  bool pass_nops(State& state, sim::Instant now);
  bool send_one(State& state);

  const Schedule* schedule_;
  std::optional<Pace> pace_;
  std::vector<State> ranks_;
  std::vector<std::int32_t> ready_;  // per transfer: messages that may be sent, or were
  std::vector<TransferId> released_;
};

}  // namespace collectives
