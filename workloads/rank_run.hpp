#pragma once
// Runs the programs of ranks, each on its own time, their collectives and messages on one network.
//
// A rank goes on by itself until it waits for others. What it begins and sends starts at its time,
// as an event of the network; what nobody can be in the way of has its time without any. Kernels
// that ran beside a collective are made longer where the rank waits for its end: by the slowdown,
// for as long as both ran.

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
  // How long it takes, if no other operation or message can ever share a link with it: then it
  // needs no schedule.
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
  sim::Bytes held_most{};                  // of memory, of what instructions say
};

/// What some ranks did, and when: kernels, collectives, and messages between them.
struct Recording {
  struct Span {
    std::int32_t rank = 0;
    std::int32_t label = -1;     // of kernels
    std::uint8_t category = 0;   // likewise
    std::int32_t slot = -1;      // of a collective's communicator; -1: kernels
    std::int32_t operation = 0;  // along it
    sim::Duration start{};
    sim::Duration end{};
  };
  struct Message {
    std::int32_t from = 0;
    std::int32_t to = 0;
    std::int32_t bytes = 0;
    sim::Duration sent{};
    sim::Duration arrived{};
  };
  /// From then on a rank held so much.
  struct Level {
    std::int32_t rank = 0;
    sim::Bytes held;
    sim::Duration when{};
  };
  std::vector<std::int32_t> ranks{};  // that are recorded: set by the caller
  std::vector<Span> spans{};
  std::vector<Message> messages{};
  std::vector<Level> levels{};
  // Per link of the topology, of all ranks: with what has its time without the network.
  std::vector<double> link_bytes{};
};

struct RunResult {
  sim::Duration time{};  // when the last rank is done
  std::vector<RankTimes> ranks;
  std::vector<sim::LinkUse> links;  // of the network; without what has its time without it
  std::uint64_t events = 0;
};

/// Runs all programs once. `categories` is how many there are. What `recording` asks for, if it is
/// there, is added to it.
///
/// Throws sim::Failure if ranks wait for each other, naming them and what they wait for.
[[nodiscard]] RunResult run_ranks(const RankPrograms& all, const topology::Topology& topology,
                                  const collectives::ExecuteOptions& options,
                                  const Carrier& carrier, std::size_t categories,
                                  Recording* recording = nullptr);

}  // namespace workloads
