#include "workloads/rank_run.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>

#include "sim/contract.hpp"
#include "sim/engine.hpp"
#include "sim/error.hpp"
#include "workloads/blocked_ranks.hpp"
#include "workloads/rank_plans.hpp"
#include "workloads/rank_state.hpp"
#include "workloads/turns_alone.hpp"

namespace workloads {
namespace {

using sim::Instant;

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

class Runner final : public collectives::PlanListener {
 public:
  Runner(const RankPrograms& all, const topology::Topology& topology,
         const collectives::ExecuteOptions& options, const Carrier& carrier, std::size_t categories,
         Recording* recording)
      : all_{&all},
        topology_{&topology},
        options_{&options},
        carrier_{&carrier},
        recording_{recording},
        plans_{all, carrier},
        starts_{*this},
        starts_id_{engine_.attach(starts_)},
        arrivals_{*this},
        arrivals_id_{engine_.attach(arrivals_)},
        ranks_(at(all.ranks())),
        communicators_(all.communicators.size()),
        channels_(plans_.channels()),
        times_(at(all.ranks())) {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      ranks_[rank].begun.resize(all.operations.size(), 0);
      ranks_[rank].counted.resize(all.operations.size(), 0);
      times_[rank].by_category.resize(categories);
    }
    if (recording != nullptr) {
      for (const std::int32_t rank : recording->ranks) {
        ranks_[at(rank)].is_recorded = true;
      }
    }
    if (!plans_.plans().empty()) {
      network_ = std::make_unique<collectives::Concurrent>(engine_, topology, plans_.plans(),
                                                           options, *this);
    }
  }

  RunResult run() {
    for (std::int32_t rank = 0; rank < all_->ranks(); ++rank) {
      ready_.push_back(rank);
    }
    go_on();
    engine_.run();
    if (done_ < ranks_.size()) {
      throw sim::Failure{blocked_ranks(*all_, ranks_, communicators_)};
    }
    RunResult result{.time = {}, .ranks = {}, .links = {}, .events = engine_.events()};
    for (const RankTimes& times : times_) {
      result.time = std::max(result.time, times.end);
    }
    result.ranks = std::move(times_);
    if (network_) {
      result.links = network_->link_use();
    }
    if (recording_ != nullptr) {
      recording_->link_bytes = bytes_on_links(result.links);
    }
    return result;
  }

  void on_over(std::size_t plan) override {
    const RankPlans::Owner owner = plans_.owner(plan);
    if (owner.is_channel) {
      on_message_over(owner.number);
    } else {
      communicators_[at(owner.number)].is_running = false;
      on_turn_over(owner.number, engine_.now());
    }
    go_on();
  }

 private:
  /// Begins a plan at its time.
  class Starts final : public sim::EventHandler {
   public:
    explicit Starts(Runner& runner) : runner_{&runner} {}
    void on_event(std::uint64_t payload) override { runner_->network_->begin(payload); }

   private:
    Runner* runner_;
  };

  /// Ends a message that has its time without the network.
  class Arrivals final : public sim::EventHandler {
   public:
    explicit Arrivals(Runner& runner) : runner_{&runner} {}
    void on_event(std::uint64_t payload) override {
      runner_->on_message_over(static_cast<std::int32_t>(payload));
      runner_->go_on();
    }

   private:
    Runner* runner_;
  };

  void go_on() {
    while (!ready_.empty()) {
      const std::int32_t rank = ready_.back();
      ready_.pop_back();
      advance(rank);
    }
  }

  void advance(std::int32_t rank);
  void begin(std::int32_t rank, const Instruction& instruction);
  [[nodiscard]] bool has_waited(std::int32_t rank, const Instruction& instruction);
  void slow_down(std::int32_t rank, const Instruction& instruction,
                 const CommunicatorState& communicator, std::int64_t turns);
  void send(std::int32_t rank, const Instruction& instruction);
  [[nodiscard]] bool has_received(std::int32_t rank, const Instruction& instruction);
  [[nodiscard]] bool has_drained(std::int32_t rank, const Instruction& instruction);
  void compute(std::int32_t rank, const Instruction& instruction);
  [[nodiscard]] sim::Duration taken_by(std::int32_t rank, sim::Duration time) const;
  void issue(std::int32_t rank, const Instruction& instruction);
  void hold(std::int32_t rank, sim::Bytes more);
  void start_turn(std::int32_t number);
  void on_turn_over(std::int32_t number, Instant when);
  void record_turn(std::int32_t number, Instant over);
  [[nodiscard]] std::vector<double> bytes_on_links(const std::vector<sim::LinkUse>& network) const;
  void start_message(std::int32_t number);
  void on_message_over(std::int32_t number);
  void pass_until(std::int32_t rank, const Instruction& instruction, Instant when);

  const RankPrograms* all_;
  const topology::Topology* topology_;
  const collectives::ExecuteOptions* options_;
  const Carrier* carrier_;
  Recording* recording_;  // null: none
  RankPlans plans_;
  sim::Engine engine_;
  Starts starts_;
  sim::HandlerId starts_id_;
  Arrivals arrivals_;
  sim::HandlerId arrivals_id_;
  std::vector<RankState> ranks_;
  std::vector<CommunicatorState> communicators_;
  std::vector<ChannelState> channels_;
  std::unique_ptr<collectives::Concurrent> network_;
  std::vector<std::int32_t> ready_;
  std::size_t done_ = 0;
  std::vector<RankTimes> times_;
  TurnsAlone turns_alone_;  // of a recording
};

void Runner::pass_until(std::int32_t rank, const Instruction& instruction, Instant when) {
  RankState& state = ranks_[at(rank)];
  if (when > state.now) {
    times_[at(rank)].by_category[instruction.category] += when - state.now;
    state.now = when;
  }
}

void Runner::advance(std::int32_t rank) {
  RankState& state = ranks_[at(rank)];
  const auto& program = all_->programs[at(all_->program_of[at(rank)])];
  while (state.next < program.size()) {
    const Instruction& instruction = program[state.next];
    switch (instruction.kind) {
      case Instruction::Kind::compute:
        compute(rank, instruction);
        break;
      case Instruction::Kind::begin:
        begin(rank, instruction);
        break;
      case Instruction::Kind::wait:
        if (!has_waited(rank, instruction)) {
          return;
        }
        break;
      case Instruction::Kind::send:
        send(rank, instruction);
        break;
      case Instruction::Kind::receive:
        if (!has_received(rank, instruction)) {
          return;
        }
        break;
      case Instruction::Kind::drain:
        if (!has_drained(rank, instruction)) {
          return;
        }
        break;
      case Instruction::Kind::mark:
        state.label = instruction.what;
        break;
      case Instruction::Kind::hold:
        hold(rank, all_->amounts[at(instruction.what)]);
        break;
      case Instruction::Kind::synchronise:
        state.host = std::max(state.host, state.now);
        break;
    }
    ++state.next;
  }
  if (!state.is_done) {
    state.is_done = true;
    times_[at(rank)].end = state.now.time_since_epoch();
    ++done_;
  }
}

/// What a rank takes for kernels that should take `time`.
sim::Duration Runner::taken_by(std::int32_t rank, sim::Duration time) const {
  const double pace = all_->pace_of.empty() ? 1 : all_->pace_of[at(rank)];
  return pace == 1 ? time
                   : sim::Duration{static_cast<std::int64_t>(
                         std::llround(pace * static_cast<double>(time.count())))};
}

void Runner::compute(std::int32_t rank, const Instruction& instruction) {
  RankState& state = ranks_[at(rank)];
  const sim::Duration time = taken_by(rank, instruction.time);
  const Instant ready = state.now + time;
  const Instant end = std::max(ready, state.host + instruction.late + (time - instruction.time));
  RankTimes& times = times_[at(rank)];
  times.by_category[instruction.category] += time;
  times.launching += end - ready;
  if (state.is_recorded) {
    recording_->spans.push_back({.rank = rank,
                                 .label = state.label,
                                 .category = instruction.category,
                                 .start = state.now.time_since_epoch(),
                                 .end = end.time_since_epoch()});
  }
  state.now = end;
  state.host += instruction.host;
}

/// What the host issues on its own, the GPU does not do before.
void Runner::issue(std::int32_t rank, const Instruction& instruction) {
  RankState& state = ranks_[at(rank)];
  state.host += instruction.host;
  if (state.host > state.now) {
    times_[at(rank)].launching += state.host - state.now;
    state.now = state.host;
  }
}

void Runner::hold(std::int32_t rank, sim::Bytes more) {
  RankState& state = ranks_[at(rank)];
  state.held += more;
  times_[at(rank)].held_most = std::max(times_[at(rank)].held_most, state.held);
  if (state.is_recorded) {
    recording_->levels.push_back(
        {.rank = rank, .held = state.held, .when = state.now.time_since_epoch()});
  }
}

void Runner::begin(std::int32_t rank, const Instruction& instruction) {
  issue(rank, instruction);
  RankState& state = ranks_[at(rank)];
  const std::int32_t number = all_->communicator_of[at(rank)][instruction.slot];
  CommunicatorState& communicator = communicators_[at(number)];
  const std::int64_t turn = state.begun[instruction.slot]++;
  const std::size_t place = at(turn - communicator.first_turn);
  while (communicator.turns.size() <= place) {
    communicator.turns.push_back({instruction.what, 0, {}});
  }
  CommunicatorState::Turn& mine = communicator.turns[place];
  sim::require(mine.what == instruction.what, "all ranks begin the same operation");
  ++mine.joined;
  mine.last_joined = std::max(mine.last_joined, state.now);
  if (place == 0) {
    start_turn(number);
  }
}

/// Starts the first turn of a communicator if all have joined it, and those behind it whose times
/// are known at once.
void Runner::start_turn(std::int32_t number) {
  CommunicatorState& communicator = communicators_[at(number)];
  const std::size_t ranks = all_->communicators[at(number)].ranks.size();
  while (!communicator.is_running && !communicator.turns.empty() &&
         communicator.turns.front().joined == ranks) {
    const CommunicatorState::Turn& turn = communicator.turns.front();
    const Instant start = std::max(turn.last_joined, communicator.free_from);
    communicator.started = start;
    if (const auto alone = plans_.alone(number, turn.what)) {
      if (recording_ != nullptr) {
        turns_alone_.count(number, turn.what);
      }
      on_turn_over(number, start + *alone);
    } else {
      communicator.is_running = true;
      engine_.at(start, starts_id_, plans_.plan(number, turn.what));
    }
  }
}

void Runner::on_turn_over(std::int32_t number, Instant when) {
  CommunicatorState& communicator = communicators_[at(number)];
  if (recording_ != nullptr) {
    record_turn(number, when);
  }
  communicator.turns.pop_front();
  ++communicator.first_turn;
  communicator.free_from = when;
  communicator.past.push_back({communicator.started, when});
  ready_.insert(ready_.end(), communicator.waiting.begin(), communicator.waiting.end());
  communicator.waiting.clear();
  if (!communicator.turns.empty() && !communicator.is_running) {
    start_turn(number);
  }
}

void Runner::record_turn(std::int32_t number, Instant over) {
  const CommunicatorState& communicator = communicators_[at(number)];
  for (const std::int32_t rank : all_->communicators[at(number)].ranks) {
    if (ranks_[at(rank)].is_recorded) {
      recording_->spans.push_back({.rank = rank,
                                   .slot = all_->communicators[at(number)].slot,
                                   .operation = communicator.turns.front().what,
                                   .start = communicator.started.time_since_epoch(),
                                   .end = over.time_since_epoch()});
    }
  }
}

/// What the network carried, and what never went to it.
std::vector<double> Runner::bytes_on_links(const std::vector<sim::LinkUse>& network) const {
  std::vector<double> bytes = turns_alone_.link_bytes(*all_, *carrier_, *topology_, *options_);
  for (std::size_t link = 0; link < std::min(bytes.size(), network.size()); ++link) {
    bytes[link] += network[link].bytes;
  }
  return bytes;
}

bool Runner::has_waited(std::int32_t rank, const Instruction& instruction) {
  const std::int32_t number = all_->communicator_of[at(rank)][instruction.slot];
  CommunicatorState& communicator = communicators_[at(number)];
  const std::int64_t begun = ranks_[at(rank)].begun[instruction.slot];
  const std::int64_t turns = instruction.what > 0 ? instruction.what : begun;
  if (turns > communicator.first_turn) {
    communicator.waiting.push_back(rank);
    return false;
  }
  slow_down(rank, instruction, communicator, turns);
  if (turns > 0) {
    pass_until(rank, instruction, communicator.past[at(turns - 1)].over);
  }
  return true;
}

/// Kernels that ran beside turns of a communicator took longer by the slowdown, for as long as the
/// turns took, or they did themselves.
void Runner::slow_down(std::int32_t rank, const Instruction& instruction,
                       const CommunicatorState& communicator, std::int64_t turns) {
  RankState& state = ranks_[at(rank)];
  std::int64_t& counted = state.counted[instruction.slot];
  sim::Duration beside{};
  for (; counted < turns; ++counted) {
    const CommunicatorState::Past& past = communicator.past[at(counted)];
    beside += std::max(std::min(past.over, state.now) - past.start, sim::Duration{0});
  }
  const double longer = 1 - (1 / all_->slowdown);
  pass_until(rank, instruction,
             state.now + sim::Duration{static_cast<std::int64_t>(
                             std::llround(static_cast<double>(beside.count()) * longer))});
}

void Runner::send(std::int32_t rank, const Instruction& instruction) {
  issue(rank, instruction);
  const std::int32_t to = all_->peer_of[at(rank)][instruction.slot];
  const std::int32_t number = *plans_.channel(rank, to);
  channels_[at(number)].queued.push_back({instruction.what, ranks_[at(rank)].now, rank, to});
  start_message(number);
}

void Runner::start_message(std::int32_t number) {
  ChannelState& channel = channels_[at(number)];
  if (channel.is_running || channel.queued.empty()) {
    return;
  }
  channel.is_running = true;
  const ChannelState::Message& message = channel.queued.front();
  const Instant start = std::max(message.sent, engine_.now());
  if (const auto alone = plans_.message_alone(number, message.bytes)) {
    engine_.at(start + *alone, arrivals_id_, static_cast<std::uint64_t>(number));
  } else {
    engine_.at(start, starts_id_, plans_.message_plan(number, message.bytes));
  }
}

void Runner::on_message_over(std::int32_t number) {
  ChannelState& channel = channels_[at(number)];
  channel.is_running = false;
  const ChannelState::Message message = channel.queued.front();
  if (recording_ != nullptr &&
      (ranks_[at(message.from)].is_recorded && ranks_[at(message.to)].is_recorded)) {
    recording_->messages.push_back({.from = message.from,
                                    .to = message.to,
                                    .bytes = message.bytes,
                                    .sent = message.sent.time_since_epoch(),
                                    .arrived = engine_.now().time_since_epoch()});
  }
  channel.queued.pop_front();
  channel.arrived.push_back(engine_.now());
  channel.last_arrived = engine_.now();
  if (channel.receiver >= 0) {
    ready_.push_back(std::exchange(channel.receiver, -1));
  }
  if (channel.sender >= 0 && channel.queued.empty()) {
    ready_.push_back(std::exchange(channel.sender, -1));
  }
  start_message(number);
}

bool Runner::has_received(std::int32_t rank, const Instruction& instruction) {
  const std::int32_t from = all_->peer_of[at(rank)][instruction.slot];
  const auto number = plans_.channel(from, rank);
  if (!number) {
    return false;  // nobody ever sends: said when nothing goes on
  }
  ChannelState& channel = channels_[at(*number)];
  if (channel.arrived.empty()) {
    channel.receiver = rank;
    return false;
  }
  pass_until(rank, instruction, channel.arrived.front());
  channel.arrived.pop_front();
  return true;
}

bool Runner::has_drained(std::int32_t rank, const Instruction& instruction) {
  ChannelState& channel =
      channels_[at(*plans_.channel(rank, all_->peer_of[at(rank)][instruction.slot]))];
  if (!channel.queued.empty()) {
    channel.sender = rank;
    return false;
  }
  pass_until(rank, instruction, channel.last_arrived);
  return true;
}

}  // namespace

RunResult run_ranks(const RankPrograms& all, const topology::Topology& topology,
                    const collectives::ExecuteOptions& options, const Carrier& carrier,
                    std::size_t categories, Recording* recording) {
  Runner runner{all, topology, options, carrier, categories, recording};
  return runner.run();
}

}  // namespace workloads
