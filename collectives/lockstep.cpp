#include "collectives/lockstep.hpp"

#include <algorithm>

#include "sim/contract.hpp"

namespace collectives {

Lockstep::Lockstep(const Schedule& schedule, std::int32_t ports, sim::Duration estimate)
    : schedule_{&schedule},
      ports_{ports},
      estimate_{estimate},
      ranks_(static_cast<std::size_t>(schedule.ranks())),
      ready_(schedule.transfers().size(), 0),
      sent_(schedule.transfers().size(), 0) {
  for (std::size_t t = 0; t < schedule.transfers().size(); ++t) {
    const Transfer& transfer = schedule.transfers()[t];
    sim::require(transfer.step >= 0, "every transfer has its step");
    auto& steps = ranks_[index(transfer.from)].steps;
    const auto step = static_cast<std::size_t>(transfer.step);
    steps.resize(std::max(steps.size(), step + 1));
    steps[step].sends.push_back(TransferId{static_cast<std::int32_t>(t)});
    steps[step].is_nop = false;
  }
}

void Lockstep::on_ready(TransferId id) {
  ++ready_[index(id)];
}

std::optional<sim::Instant> Lockstep::wake(Rank rank) const {
  return ranks_[index(rank)].nop_ends;
}

const std::vector<TransferId>& Lockstep::release(Rank rank, sim::Instant now) {
  released_.clear();
  State& state = ranks_[index(rank)];
  while (state.head < state.steps.size() && pass_nops(state, now) &&
         state.busy < (state.fresh ? 1 : ports_) && send_one(state)) {
    if (state.steps[state.head].sends.empty()) {
      ++state.head;
      state.fresh = true;
      // The NOP behind a step lasts for that step and for itself.
      if (state.head < state.steps.size() && state.steps[state.head].is_nop) {
        state.nop_ends = now + (2 * estimate_);
      }
    }
  }
  return released_;
}

/// Waits through the NOPs at the head, one estimate each. Returns whether a step with sends is
/// next.
bool Lockstep::pass_nops(State& state, sim::Instant now) {
  while (state.steps[state.head].is_nop) {
    if (!state.nop_ends) {
      state.nop_ends = now + estimate_;
    }
    if (*state.nop_ends > now) {
      return false;
    }
    ++state.head;  // a rank's last step is none
    state.nop_ends =
        state.steps[state.head].is_nop ? std::optional{*state.nop_ends + estimate_} : std::nullopt;
  }
  return true;
}

/// Sends the first message of the head step that is ready.
bool Lockstep::send_one(State& state) {
  auto& sends = state.steps[state.head].sends;
  const auto ready =
      std::ranges::find_if(sends, [&](TransferId id) { return ready_[index(id)] > 0; });
  if (ready == sends.end()) {
    return false;
  }
  const TransferId id = *ready;
  --ready_[index(id)];
  ++state.busy;
  state.fresh = false;
  released_.push_back(id);
  if (++sent_[index(id)] == schedule_->transfer(id).messages) {
    sends.erase(ready);
  }
  return true;
}

}  // namespace collectives
