#include "collectives/execute.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "collectives/progress.hpp"
#include "collectives/schedule_lanes.hpp"
#include "collectives/schedule_table.hpp"
#include "sim/contract.hpp"
#include "sim/engine.hpp"
#include "sim/error.hpp"
#include "sim/message_event.hpp"

namespace collectives {
namespace {

sim::Lane lane_of(TransferId id) {
  return sim::Lane{static_cast<std::uint32_t>(index(id))};
}
TransferId transfer_of(sim::Lane lane) {
  return TransferId{static_cast<std::int32_t>(sim::index(lane))};
}

sim::NetworkOptions network_options(const ExecuteOptions& options) {
  sim::NetworkOptions network{.model = options.network, .packet = options.packet};
  network.packet.seed = options.seed;
  return network;
}

std::string describe_deadlock(const topology::Topology& topology,
                              std::span<const std::uint32_t> circle, sim::Switching switching) {
  std::string out =
      "the network is deadlocked: packets behind each of these links wait for room behind the "
      "next\n";
  for (const std::uint32_t number : circle) {
    if (number >= topology.links().size()) {  // see topology::lower
      const auto ports = static_cast<std::size_t>(topology.injection()->ports);
      const std::size_t endpoint = (number - topology.links().size()) / (2 * ports);
      out += fmt::format("  {} (its port)\n", topology.node(topology.endpoints()[endpoint]).name);
      continue;
    }
    const topology::Link& link = topology.link(topology::LinkId{static_cast<std::int32_t>(number)});
    out += fmt::format("  {} -> {}\n", topology.node(link.from).name, topology.node(link.to).name);
  }
  return out + (switching == sim::Switching::ethernet
                    ? "  hint: a higher 'packet.pause_above', or a routing that breaks the circle"
                    : "  hint: more virtual channels, or a routing that breaks the circle");
}

/// How long the largest message of a schedule keeps a port: as long as it takes to hand over its
/// packets, or, if they are more than queues take in, to send those that they do not.
sim::Duration step_estimate(const topology::Topology& topology, const Schedule& schedule,
                            const ExecuteOptions& options) {
  sim::Bytes largest{0};
  for (const Transfer& transfer : schedule.transfers()) {
    largest = std::max(largest, schedule.layout().size(transfer.chunks.at(0)));
  }
  const sim::PacketOptions& packet = options.packet;
  const std::int64_t payload = packet.payload.count();
  const std::int64_t packets = (largest.count() + payload - 1) / payload;
  if (packets <= options.nic_slack) {
    return packets * packet.nic_step;
  }
  const bool heads = packet.flow_control == sim::FlowControl::packet;
  const sim::Bytes wire{sim::wire_bytes(packet, payload, heads ? packet.overhead.count() : 0)};
  const sim::Bandwidth rate = topology.injection() ? topology.injection()->bandwidth
                                                   : topology.links().front().spec.bandwidth;
  return (wire * packets / rate) - (packet.payload * options.nic_slack / rate);
}

/// Starts messages as their conditions come true, and tells `Progress` what became of them.
class Executor final : public sim::MessageListener, public ReductionListener {
 public:
  Executor(const topology::Topology& topology, const Schedule& schedule, const sim::Fabric& fabric,
           const ExecuteOptions& options)
      : topology_{&topology},
        schedule_{&schedule},
        options_{&options},
        progress_{schedule},
        network_{sim::make_network(network_options(options), engine_, fabric, *this)},
        software_{*this},
        table_events_{*this},
        beginning_{*this},
        software_id_{engine_.attach(software_)},
        table_id_{engine_.attach(table_events_)} {
    if (options.reduction) {
      units_.emplace(engine_, schedule, *options.reduction, *this);
    }
    if (options.nic == Nic::table) {
      table_.emplace(schedule, std::nullopt);
    } else if (options.nic == Nic::multitree) {
      table_.emplace(schedule, Pace{.ports = ports_of(topology),
                                    .estimate = step_estimate(topology, schedule, options)});
    }
    if (table_) {
      arrived_.resize(schedule.transfers().size(), 0);
      for (const Transfer& transfer : schedule.transfers()) {
        const auto last = static_cast<std::size_t>(step_of(transfer, transfer.messages - 1));
        steps_s_.resize(std::max(steps_s_.size(), last + 1), 0);
      }
    }
  }

  void run() {
    if (options_->start > sim::Duration{0}) {
      engine_.after(options_->start, engine_.attach(beginning_), 0);
    } else {
      begin();
    }
    engine_.run();
    if (progress_.done()) {
      return;
    }
    const std::vector<std::uint32_t> circle = network_->waiting_circle();
    if (!circle.empty()) {
      throw sim::Failure{describe_deadlock(*topology_, circle, options_->packet.switching)};
    }
    std::string text = fmt::format("the {} schedule cannot go on:\n{}",
                                   name_of(schedule_->collective()), progress_.describe_blocked());
    if (const std::size_t silent = network_->given_up(); silent > 0) {
      text += fmt::format(
          "\n  {} connections heard nothing for too long and gave up: see "
          "'retry_after', 'retries'",
          silent);
    }
    throw sim::Failure{text};
  }

  [[nodiscard]] Execution result() const {
    const double time_s = sim::seconds(last_) + (last_carry_ * 1e-12);
    return {.time = last_,
            .time_s = time_s,
            .quiet_s = std::max(time_s, sim::seconds(network_->quiet().time_since_epoch())),
            .links = network_->link_use(),
            .ports = network_->port_reports(),
            .messages = schedule_->messages(),
            .steps_s = steps_s_,
            .events = engine_.events()};
  }

  void on_left(sim::Lane lane, sim::Carry carry) override {
    const TransferId id = transfer_of(lane);
    progress_.on_left(id);
    if (table_) {
      table_->on_left(id);
      ask(schedule_->transfer(id).from);
    }
    go_on(carry);
  }

  void on_delivered(sim::Lane lane, sim::Carry carry) override {
    progress_.on_landed(transfer_of(lane));
    go_on(carry);
  }

  void on_reduced(TransferId id, sim::Carry carry) override {
    arrived(id, carry);
    go_on(carry);
  }

 private:
  /// Sends a message when its software latency is over.
  class Software final : public sim::EventHandler {
   public:
    explicit Software(Executor& executor) : executor_{&executor} {}
    void on_event(std::uint64_t payload) override {
      executor_->offer(transfer_of(sim::packed_lane(payload)), sim::packed_carry(payload));
    }

   private:
    Executor* executor_;
  };
  /// Asks schedule tables what to send: when all that comes at an instant has come, so that the
  /// table's order decides, and when a NOP is over.
  class TableEvents final : public sim::EventHandler {
   public:
    explicit TableEvents(Executor& executor) : executor_{&executor} {}
    void on_event(std::uint64_t payload) override {
      executor_->ask(Rank{static_cast<std::int32_t>(payload)});
    }
    void on_instant_end() override { executor_->release_asked(); }

   private:
    Executor* executor_;
  };

  /// Lets the ranks send.
  class Beginning final : public sim::EventHandler {
   public:
    explicit Beginning(Executor& executor) : executor_{&executor} {}
    void on_event(std::uint64_t /*payload*/) override { executor_->begin(); }

   private:
    Executor* executor_;
  };

  void begin() {
    for (std::int32_t rank = 0; table_ && rank < schedule_->ranks(); ++rank) {
      ask(Rank{rank});
    }
    go_on(0);
  }

  /// Takes in what may be taken in, and sends what may be sent, until nothing more follows.
  void go_on(sim::Carry carry) {
    while (progress_.has_landed()) {
      progress_.take_landed(batch_);
      for (const TransferId id : batch_) {
        if (units_ && takes_time(schedule_->transfer(id))) {
          units_->take(id, carry);
        } else {
          arrived(id, carry);
        }
      }
    }
    if (!progress_.has_ready()) {
      return;
    }
    progress_.take_ready(batch_);
    for (const TransferId id : batch_) {
      if (options_->message_latency > sim::Duration{0}) {
        engine_.after(options_->message_latency, software_id_, sim::pack(lane_of(id), carry));
      } else {
        offer(id, carry);
      }
    }
  }

  /// Switches add up as fast as data come.
  [[nodiscard]] bool takes_time(const Transfer& transfer) const {
    return transfer.combine == Combine::reduce &&
           index(transfer.to) < static_cast<std::size_t>(schedule_->ranks());
  }

  void offer(TransferId id, sim::Carry carry) {
    if (table_) {
      table_->on_ready(id);
      ask(schedule_->transfer(id).from);
    } else {
      send(id, carry);
    }
  }

  void ask(Rank rank) {
    asked_.push_back(rank);
    engine_.at_instant_end(table_id_);
  }

  void release_asked() {
    std::ranges::sort(asked_);
    const auto again = std::ranges::unique(asked_);
    asked_.erase(again.begin(), again.end());
    const std::vector<Rank> ranks = std::exchange(asked_, {});
    for (const Rank rank : ranks) {
      release(rank);
    }
  }

  /// Sends what the rank's schedule table lets go.
  void release(Rank rank) {
    for (const TransferId id : table_->release(rank, engine_.now())) {
      send(id, 0);
    }
    if (const auto wake = table_->wake(rank)) {
      engine_.at(*wake, table_id_, index(rank));
    }
  }

  void send(TransferId id, sim::Carry carry) {
    const ChunkRange chunks = schedule_->transfer(id).chunks.at(progress_.current(id));
    network_->send(lane_of(id), schedule_->layout().size(chunks), carry);
  }

  void arrived(TransferId id, sim::Carry carry) {
    const sim::Duration now = engine_.now().time_since_epoch();
    last_carry_ = now > last_ ? carry : std::max(last_carry_, carry);
    last_ = now;
    if (table_) {
      steps_s_[static_cast<std::size_t>(step_of(schedule_->transfer(id), arrived_[index(id)]++))] =
          sim::seconds(now);
    }
    progress_.on_arrived(id);
  }

  const topology::Topology* topology_;
  const Schedule* schedule_;
  const ExecuteOptions* options_;
  Progress progress_;
  sim::Engine engine_;
  std::unique_ptr<sim::Network> network_;
  Software software_;
  TableEvents table_events_;
  Beginning beginning_;
  sim::HandlerId software_id_;
  sim::HandlerId table_id_;
  std::optional<ScheduleTable> table_;
  std::optional<ReductionUnits> units_;  // none: reducing takes no time
  std::vector<Rank> asked_;              // whose tables to ask at the end of this instant
  std::vector<double> steps_s_;          // see Execution
  std::vector<std::int32_t> arrived_;    // per transfer, of a schedule table: messages
  std::vector<TransferId> batch_;        // scratch of go_on
  sim::Duration last_{};
  sim::Carry last_carry_ = 0;
};

}  // namespace

Execution execute(const topology::Topology& topology, const Group& group, const Schedule& schedule,
                  const ExecuteOptions& options) {
  sim::require(group.size() == schedule.ranks(), "the group has the schedule's ranks");
  if (options.nic != Nic::plain &&
      std::ranges::any_of(schedule.transfers(),
                          [](const Transfer& transfer) { return transfer.step < 0; })) {
    throw sim::Error{std::string{"nic"},
                     "the algorithm has no time steps\n  hint: multitree, ring, ring2d and "
                     "double-binary-tree have; or take nic: plain"};
  }
  const sim::Fabric fabric = lower(topology, group, schedule, options);
  Executor executor{topology, schedule, fabric, options};
  executor.run();
  Execution execution = executor.result();
  check_conservation(schedule, fabric, execution);
  return execution;
}

}  // namespace collectives
