#pragma once
// Several collectives at once on one network: they share an engine, and the links that they have in
// common.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collectives/execute.hpp"
#include "collectives/group.hpp"
#include "collectives/progress.hpp"
#include "collectives/schedule.hpp"
#include "sim/engine.hpp"
#include "sim/network.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// A schedule for a group, to be run again and again, one run at a time.
struct Plan {
  const Group* group = nullptr;
  const Schedule* schedule = nullptr;
  sim::Duration start{};                 // from the word to begin until ranks may send
  sim::Duration message_latency{};       // software time before each message, at the sender
  sim::Duration far_latency{};           // more on the way of those that go through a NIC
  std::optional<sim::Bandwidth> rate{};  // the most that leaves, or reaches, a rank
};

/// Hears when a run is over: when its last message has arrived.
class PlanListener {
 public:
  PlanListener() = default;
  PlanListener(const PlanListener&) = delete;
  PlanListener& operator=(const PlanListener&) = delete;
  PlanListener(PlanListener&&) = delete;
  PlanListener& operator=(PlanListener&&) = delete;
  virtual ~PlanListener() = default;

  virtual void on_over(std::size_t plan) = 0;
};

/// Runs plans on one network. Switches and ranks reduce as fast as data come.
class Concurrent final : public sim::MessageListener {
 public:
  /// The engine, the topology and what plans point to outlive this. Of `options`, the network
  /// (ideal or flow), the routing and the seed count. Throws sim::Error for the packet network.
  Concurrent(sim::Engine& engine, const topology::Topology& topology, std::span<const Plan> plans,
             const ExecuteOptions& options, PlanListener& listener);

  /// Begins a run, now. Requires that the plan's last one is over.
  void begin(std::size_t plan);

  [[nodiscard]] bool is_running(std::size_t plan) const { return runs_[plan].is_running; }

  /// Of the topology's links, and, where it limits injection, of its ports: see topology::lower.
  [[nodiscard]] std::vector<sim::LinkUse> link_use() const;

  /// Of a run that is not over and cannot go on: which ranks wait for what.
  [[nodiscard]] std::string describe_blocked(std::size_t plan) const;

  void on_left(sim::Lane lane, sim::Carry carry) override;
  void on_delivered(sim::Lane lane, sim::Carry carry) override;

 private:
  struct Run {
    Plan plan;
    std::uint32_t first_lane = 0;
    Progress fresh;  // before anything has been sent
    Progress progress;
    bool is_running = false;
  };

  /// Lets ranks send when the start of a run, or the latency of a message, is over.
  class Starts final : public sim::EventHandler {
   public:
    explicit Starts(Concurrent& owner) : owner_{&owner} {}
    void on_event(std::uint64_t payload) override;

   private:
    Concurrent* owner_;
  };
  class Messages final : public sim::EventHandler {
   public:
    explicit Messages(Concurrent& owner) : owner_{&owner} {}
    void on_event(std::uint64_t payload) override;

   private:
    Concurrent* owner_;
  };

  [[nodiscard]] Run& run_of(sim::Lane lane) { return runs_[plan_of_lane_[sim::index(lane)]]; }
  [[nodiscard]] static TransferId transfer_of(const Run& run, sim::Lane lane);
  void go_on(Run& run, sim::Carry carry);
  void send(const Run& run, TransferId id, sim::Carry carry);

  sim::Engine* engine_;
  PlanListener* listener_;
  std::size_t links_ = 0;  // of the topology, ports included
  sim::Fabric fabric_;
  std::vector<Run> runs_;
  std::vector<std::uint32_t> plan_of_lane_;
  std::unique_ptr<sim::Network> network_;
  Starts starts_;
  Messages messages_;
  sim::HandlerId starts_id_;
  sim::HandlerId messages_id_;
  std::vector<TransferId> batch_;  // scratch of go_on
};

}  // namespace collectives
