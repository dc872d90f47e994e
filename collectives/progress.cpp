#include "collectives/progress.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/contract.hpp"

namespace collectives {

Progress::Progress(const Schedule& schedule)
    : schedule_{&schedule},
      states_(schedule.transfers().size()),
      dependents_begin_(schedule.transfers().size() + 1, 0),
      undelivered_{schedule.messages()} {
  const auto count = static_cast<std::int32_t>(schedule.transfers().size());
  for (std::int32_t t = 0; t < count; ++t) {
    for (const After& after : schedule.after(TransferId{t})) {
      sim::require(index(after.transfer) < states_.size(), "a condition names a transfer");
      receivers_wait_ = receivers_wait_ || after.side == Side::receive;
      ++dependents_begin_[index(after.transfer) + 1];
    }
  }
  for (std::size_t i = 1; i < dependents_begin_.size(); ++i) {
    dependents_begin_[i] += dependents_begin_[i - 1];
  }
  dependents_.resize(dependents_begin_.back());
  std::vector<std::uint32_t> next{dependents_begin_.begin(), dependents_begin_.end() - 1};
  for (std::int32_t t = 0; t < count; ++t) {
    for (const After& after : schedule.after(TransferId{t})) {
      dependents_[next[index(after.transfer)]++] = {TransferId{t}, after.lag, after.side,
                                                    fact_of(TransferId{t}, after)};
    }
  }
  for (std::int32_t t = 0; t < count; ++t) {
    prepare(TransferId{t});
    states_[static_cast<std::size_t>(t)].taking = count_missing(TransferId{t}, Side::receive, 0);
  }
}

Progress::Fact Progress::fact_of(TransferId waiting, const After& after) const {
  const Transfer& transfer = schedule_->transfer(waiting);
  const Rank here = after.side == Side::send ? transfer.from : transfer.to;
  const Transfer& awaited_transfer = schedule_->transfer(after.transfer);
  if (awaited_transfer.to == here) {
    return Fact::arrived;
  }
  sim::require(awaited_transfer.from == here,
               "a rank waits for what reaches it or leaves it, not for what others do");
  return Fact::left;
}

bool Progress::holds(TransferId waiting, const After& after, std::int32_t message) const {
  const Awaited wanted = awaited(after, message, schedule_->transfer(after.transfer).messages);
  const State& state = states_[index(after.transfer)];
  const std::int32_t reached =
      fact_of(waiting, after) == Fact::arrived ? state.arrived : state.left;
  return !wanted.exists || wanted.message < reached;
}

std::int32_t Progress::count_missing(TransferId id, Side side, std::int32_t message) const {
  if (side == Side::receive && !receivers_wait_) {
    return 0;
  }
  std::int32_t missing = 0;
  for (const After& after : schedule_->after(id)) {
    missing += after.side == side && !holds(id, after, message) ? 1 : 0;
  }
  return missing;
}

/// Counts what the current message of `id` waits for; it is ready if that is nothing.
void Progress::prepare(TransferId id) {
  State& state = states_[index(id)];
  if (state.left == schedule_->transfer(id).messages) {
    return;
  }
  state.missing = count_missing(id, Side::send, state.left);
  if (state.missing == 0) {
    ready_.push_back(id);
  }
}

/// Hands out what has landed and need not wait any longer.
void Progress::offer(TransferId id) {
  State& state = states_[index(id)];
  while (state.taken < state.landed && state.taking == 0) {
    ++state.taken;
    landed_.push_back(id);
    if (state.taken < schedule_->transfer(id).messages) {
      state.taking = count_missing(id, Side::receive, state.taken);
    }
  }
}

void Progress::take_landed(std::vector<TransferId>& out) {
  out.clear();
  out.swap(landed_);
}

void Progress::take_ready(std::vector<TransferId>& out) {
  out.clear();
  out.swap(ready_);
}

void Progress::announce(TransferId id, std::int32_t message, Fact fact) {
  const std::int32_t messages = schedule_->transfer(id).messages;
  const std::uint32_t end = dependents_begin_[index(id) + 1];
  for (std::uint32_t i = dependents_begin_[index(id)]; i < end; ++i) {
    const Dependent& dependent = dependents_[i];
    if (dependent.fact != fact) {
      continue;
    }
    State& state = states_[index(dependent.transfer)];
    const bool sends = dependent.side == Side::send;
    std::int32_t& missing = sends ? state.missing : state.taking;
    const Awaited wanted = awaited({id, dependent.lag}, sends ? state.left : state.taken, messages);
    if (missing == 0 || !wanted.exists || wanted.message != message) {
      continue;
    }
    --missing;
    if (missing > 0) {
      continue;
    }
    if (sends) {
      ready_.push_back(dependent.transfer);
    } else {
      offer(dependent.transfer);
    }
  }
}

void Progress::on_left(TransferId id) {
  const std::int32_t message = states_[index(id)].left++;
  announce(id, message, Fact::left);
  prepare(id);
}

void Progress::on_landed(TransferId id) {
  ++states_[index(id)].landed;
  offer(id);
}

void Progress::on_arrived(TransferId id) {
  const std::int32_t message = states_[index(id)].arrived++;
  --undelivered_;
  announce(id, message, Fact::arrived);
}

TransferId Progress::first_missing(TransferId id) const {
  const State& state = states_[index(id)];
  const bool sends = state.missing > 0;
  for (const After& after : schedule_->after(id)) {
    if ((after.side == Side::send) == sends &&
        !holds(id, after, sends ? state.left : state.taken)) {
      return after.transfer;
    }
  }
  return id;
}

std::string Progress::describe_one(TransferId id) const {
  const Transfer& transfer = schedule_->transfer(id);
  const Transfer& other = schedule_->transfer(first_missing(id));
  const State& state = states_[index(id)];
  const bool sends = state.missing > 0;
  return fmt::format(
      "rank {} waits to {} message {} of {} {} rank {} (transfer {}): transfer {}, rank {} to rank "
      "{}, must come first",
      index(sends ? transfer.from : transfer.to), sends ? "send" : "take in",
      sends ? state.left : state.taken, transfer.messages, sends ? "to" : "from",
      index(sends ? transfer.to : transfer.from), index(id), index(first_missing(id)),
      index(other.from), index(other.to));
}

std::string Progress::describe_blocked() const {
  constexpr std::size_t shown_max = 8;
  std::string out;
  std::size_t blocked = 0;
  TransferId start{-1};
  for (std::size_t t = 0; t < states_.size(); ++t) {
    const TransferId id{static_cast<std::int32_t>(t)};
    if (first_missing(id) != id) {
      if (blocked++ < shown_max) {
        out += fmt::format("  {}\n", describe_one(id));
      }
      start = id;
    }
  }
  if (blocked > shown_max) {
    out += fmt::format("  ... and {} more\n", blocked - shown_max);
  }
  if (start == TransferId{-1}) {
    return out;
  }
  // Every blocked transfer waits for a blocked one: following them leads into a cycle.
  std::vector<bool> seen(states_.size());
  while (!seen[index(start)]) {
    seen[index(start)] = true;
    start = first_missing(start);
  }
  out += "  in a circle:";
  TransferId at = start;
  std::size_t length = 0;
  do {
    const Transfer& transfer = schedule_->transfer(at);
    out += length < shown_max
               ? fmt::format(" rank {} -> rank {};", index(transfer.from), index(transfer.to))
               : "";
    at = first_missing(at);
  } while (++length <= states_.size() && at != start);
  return out + (length > shown_max ? " ...\n" : "\n");
}

}  // namespace collectives
