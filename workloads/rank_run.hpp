#pragma once
// Runs the programs of ranks, each on its own time, their collectives and messages on one network.
//
// A rank goes on by itself until it waits for others. What it begins and sends starts at its time,
// as an event of the network; what nobody can be in the way of has its time without any.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "collectives/concurrent.hpp"
#include "collectives/execute.hpp"
#include "topology/topology.hpp"
#include "workloads/rank_program.hpp"

namespace workloads {

/// How an operation, or a message, is carried out.
struct Carried {
  collectives::Group group;
  collectives::Schedule schedule;
  sim::Duration start{};
  sim::Duration message_latency{};
  sim::Duration far_latency{};
  std::optional<sim::Bandwidth> rate{};
  // How long it takes, if no other operation or message can ever share a link with it.
  std::optional<sim::Duration> alone{};
};

/// Says so for the operations of a communicator, and for messages.
struct Carrier {
  std::function<Carried(const Communicator&, const Operation&)> operation;
  std::function<Carried(std::int32_t from, std::int32_t to, sim::Bytes bytes)> message;
};

struct RankTimes {
  sim::Duration end{};
  std::vector<sim::Duration> by_category;  // those of compute, and of waits
  sim::Duration launching{};               // the GPU waited for its host
};

struct RunResult {
  sim::Duration time{};  // when the last rank is done
  std::vector<RankTimes> ranks;
  std::vector<sim::LinkUse> links;  // of the network; without what has its time without it
  std::uint64_t events = 0;
};

/// Runs all programs once. `categories` is how many there are.
///
/// Throws sim::Failure if ranks wait for each other, naming them and what they wait for.
[[nodiscard]] RunResult run_ranks(const RankPrograms& all, const topology::Topology& topology,
                                  const collectives::ExecuteOptions& options,
                                  const Carrier& carrier, std::size_t categories);

}  // namespace workloads
