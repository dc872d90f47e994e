#pragma once
// The schedule table of MultiTree's network interface (Huang et al., ISCA 2021, section 4).
//
// A rank's sends are listed by time step. Only those of the first step may go, each when its
// conditions hold and a port is free; those of the next step follow when all ports are free again.
// That keeps ranks in step without a word between them, and a step's links free for its own
// messages. A step without a send, a NOP, would let a rank run ahead: it waits for as long as the
// step is estimated to last.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "collectives/schedule.hpp"
#include "sim/units.hpp"

namespace collectives {

class Lockstep {
 public:
  /// `schedule` outlives this; its transfers say in which step they are sent. `ports`: messages
  /// that a rank can hand over at once. `estimate`: how long the message of a step keeps a port.
  Lockstep(const Schedule& schedule, std::int32_t ports, sim::Duration estimate);

  /// The next message of `id` may be sent, as far as the schedule's conditions go.
  void on_ready(TransferId id);

  /// A message that `release` returned has been handed over.
  void on_left(TransferId id) { --ranks_[index(schedule_->transfer(id).from)].busy; }

  /// What the rank sends now, in order; valid until the next call.
  [[nodiscard]] const std::vector<TransferId>& release(Rank rank, sim::Instant now);

  /// When to ask the rank again though nothing has happened, if it waits for a time.
  [[nodiscard]] std::optional<sim::Instant> wake(Rank rank) const;

 private:
  struct Step {
    std::vector<TransferId> sends;  // that have not gone; none from the start: a NOP
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
  std::int32_t ports_;
  sim::Duration estimate_;
  std::vector<State> ranks_;
  std::vector<std::int32_t> ready_;  // per transfer: messages that may be sent
  std::vector<std::int32_t> sent_;   // per transfer
  std::vector<TransferId> released_;
};

}  // namespace collectives
