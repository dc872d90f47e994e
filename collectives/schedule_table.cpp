#include "collectives/schedule_table.hpp"

#include <algorithm>

#include "sim/contract.hpp"

namespace collectives {

std::vector<std::vector<std::uint8_t>> arrival_ports(const Schedule& schedule, std::int32_t ports) {
  struct Arrival {
    Rank at{};
    std::int32_t step = 0;
    std::int32_t flow = 0;
    std::size_t transfer = 0;
    std::int32_t message = 0;
    auto operator<=>(const Arrival&) const = default;
  };
  std::vector<Arrival> arrivals;
  std::vector<std::vector<std::uint8_t>> out;
  for (const Transfer& transfer : schedule.transfers()) {
    for (std::int32_t k = 0; k < transfer.messages; ++k) {
      arrivals.push_back({transfer.to, step_of(transfer, k), flow_of(transfer, k), out.size(), k});
    }
    out.emplace_back(static_cast<std::size_t>(transfer.messages));
  }
  std::ranges::sort(arrivals);
  std::int32_t port = 0;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& arrival = arrivals[i];
    const bool same_step =
        i > 0 && arrivals[i - 1].at == arrival.at && arrivals[i - 1].step == arrival.step;
    port = same_step ? (port + 1) % ports : 0;
    out[arrival.transfer][static_cast<std::size_t>(arrival.message)] =
        static_cast<std::uint8_t>(port);
  }
  return out;
}

ScheduleTable::ScheduleTable(const Schedule& schedule, std::optional<Pace> pace)
    : schedule_{&schedule},
      pace_{pace},
      ranks_(static_cast<std::size_t>(schedule.participants())),
      ready_(schedule.transfers().size(), 0) {
  for (std::size_t t = 0; t < schedule.transfers().size(); ++t) {
    const Transfer& transfer = schedule.transfers()[t];
    sim::require(transfer.step >= 0, "every transfer has its step");
    auto& steps = ranks_[index(transfer.from)].steps;
    for (std::int32_t k = 0; k < transfer.messages; ++k) {
      const auto step = static_cast<std::size_t>(step_of(transfer, k));
      steps.resize(std::max(steps.size(), step + 1));
      steps[step].sends.push_back({TransferId{static_cast<std::int32_t>(t)}, k});
      steps[step].is_nop = false;
    }
  }
  const auto flow = [&](const Send& send) {
    return flow_of(schedule.transfer(send.transfer), send.message);
  };
  for (State& rank : ranks_) {
    for (Step& step : rank.steps) {
      std::ranges::stable_sort(step.sends, {}, flow);
    }
  }
}

void ScheduleTable::on_ready(TransferId id) {
  ++ready_[index(id)];
}

std::optional<sim::Instant> ScheduleTable::wake(Rank rank) const {
  return ranks_[index(rank)].nop_ends;
}

const std::vector<TransferId>& ScheduleTable::release(Rank rank, sim::Instant now) {
  released_.clear();
  State& state = ranks_[index(rank)];
  while (state.head < state.steps.size() && pass_nops(state, now) &&
         (!pace_ || state.busy < (state.fresh ? 1 : pace_->ports)) && send_one(state)) {
    if (state.steps[state.head].sends.empty()) {
      ++state.head;
      state.fresh = true;
      // The NOP behind a step lasts for that step and for itself.
      if (pace_ && state.head < state.steps.size() && state.steps[state.head].is_nop) {
        state.nop_ends = now + (2 * pace_->estimate);
      }
    }
  }
  return released_;
}

/// Waits through the NOPs at the head, one estimate each. Returns whether a step with sends is
/// next.
bool ScheduleTable::pass_nops(State& state, sim::Instant now) {
  while (state.steps[state.head].is_nop) {
    if (!pace_) {
      ++state.head;
      continue;
    }
    if (!state.nop_ends) {
      state.nop_ends = now + pace_->estimate;
    }
    if (*state.nop_ends > now) {
      return false;
    }
    ++state.head;  // a rank's last step is none
    state.nop_ends = state.steps[state.head].is_nop
                         ? std::optional{*state.nop_ends + pace_->estimate}
                         : std::nullopt;
  }
  return true;
}

/// Sends the first message of the head step that is ready.
bool ScheduleTable::send_one(State& state) {
  auto& sends = state.steps[state.head].sends;
  const auto ready = std::ranges::find_if(
      sends, [&](const Send& send) { return send.message < ready_[index(send.transfer)]; });
  if (ready == sends.end()) {
    return false;
  }
  released_.push_back(ready->transfer);
  sends.erase(ready);
  ++state.busy;
  state.fresh = false;
  return true;
}

}  // namespace collectives
