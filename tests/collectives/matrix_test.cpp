// Every algorithm on every network it claims: proved right, then run.

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "collectives/bound.hpp"
#include "collectives/execute.hpp"
#include "collectives/verify.hpp"
#include "tests/collectives/support.hpp"

namespace {

// One picosecond: the events of a run are rounded to whole ones, its end too.
constexpr double rounding_s = 1e-12;

/// Switches that take part may beat the bound of those that only pass on.
collectives::Adders adders_of(const collectives::Schedule& schedule) {
  return schedule.switches().empty() ? collectives::Adders::ranks : collectives::Adders::switches;
}

/// With software and reduction costs, too, nobody beats the bound, and nothing gets lost.
void check_costs(const Machine& machine, const collectives::Request& request,
                 const collectives::Schedule& schedule) {
  constexpr sim::Duration software{2'000'000};
  const auto run = collectives::execute(
      machine.topology, machine.group, schedule,
      {.message_latency = software,
       .reduction = collectives::Reduction{.bandwidth = sim::Bandwidth{100'000'000'000}}});
  const collectives::LowerBound bound{machine.topology, machine.group, request.collective,
                                      request.root, software};
  CHECK(run.time_s >= bound.seconds(request.bytes, adders_of(schedule)) * (1 - 1e-12) - rounding_s);
  CHECK(run.messages == schedule.messages());
}

void check(const Machine& machine, const collectives::Algorithm& algorithm, sim::Bytes bytes,
           collectives::Rank root) {
  CAPTURE(machine.name);
  CAPTURE(algorithm.name);
  CAPTURE(bytes.count());
  CAPTURE(collectives::index(root));
  collectives::Request request = machine.request(algorithm.collective, bytes);
  request.root = root;
  const collectives::Schedule schedule = algorithm.build(request);
  const auto problem = collectives::verify(schedule);
  CHECK_MESSAGE(!problem, problem.value_or(""));
  if (problem) {
    return;
  }
  const auto ideal = collectives::execute(machine.topology, machine.group, schedule,
                                          {.network = sim::NetworkModel::ideal});
  const auto flow = collectives::execute(machine.topology, machine.group, schedule, {});
  const collectives::LowerBound bound{machine.topology, machine.group, algorithm.collective,
                                      request.root, sim::Duration{0}};
  CHECK(flow.time_s >= ideal.time_s * (1 - 1e-12) - rounding_s);
  CHECK(flow.time_s >= bound.seconds(bytes, adders_of(schedule)) * (1 - 1e-12) - rounding_s);
  CHECK(flow.messages == schedule.messages());
  const auto packet = collectives::execute(machine.topology, machine.group, schedule,
                                           {.network = sim::NetworkModel::packet});
  CHECK(packet.time_s >= bound.seconds(bytes, adders_of(schedule)) * (1 - 1e-12) - rounding_s);
  CHECK(packet.messages == schedule.messages());
  for (std::size_t link = 0; link < flow.links.size(); ++link) {
    const sim::Bandwidth bandwidth = link < machine.topology.links().size()
                                         ? machine.topology.links()[link].spec.bandwidth
                                         : machine.topology.injection().value().bandwidth;
    const double most = static_cast<double>(bandwidth.count()) * flow.time_s;
    CHECK(flow.links[link].bytes <= most * (1 + 1e-9) + 1);
  }
  if (machine.group.size() <= 16) {
    check_costs(machine, request, schedule);
  }
}

void check_all(int ranks) {
  for (const Machine& machine : machines_of(ranks)) {
    REQUIRE(machine.group.size() == ranks);
    for (const auto& algorithm : collectives::algorithms()) {
      if (collectives::misfit(algorithm, machine.topology, machine.group)) {
        continue;
      }
      const collectives::Rank middle{ranks / 2};
      check(machine, algorithm, sim::Bytes{(1 << 20) + 13}, middle);  // divisible by no rank count
      if (ranks <= 16) {
        check(machine, algorithm, sim::Bytes{5}, middle);  // fewer bytes than ranks
        check(machine, algorithm, sim::Bytes{1 << 16}, collectives::Rank{0});
      }
    }
  }
}

}  // namespace

TEST_CASE("matrix: there is a machine of every kind, and one for every algorithm") {
  std::set<std::string> kinds;
  std::set<std::string> algorithms;
  for (const int ranks : {4, 8, 12, 16}) {
    for (const Machine& machine : machines_of(ranks)) {
      kinds.insert(machine.topology.kind());
      for (const auto& algorithm : collectives::algorithms()) {
        if (!collectives::misfit(algorithm, machine.topology, machine.group)) {
          algorithms.emplace(algorithm.name);
        }
      }
    }
  }
  for (const auto& kind : topology::kinds()) {
    CHECK(kinds.contains(std::string{kind.name}));
  }
  for (const auto& algorithm : collectives::algorithms()) {
    CHECK(algorithms.contains(std::string{algorithm.name}));
  }
}

TEST_CASE("matrix: every algorithm is right and within bounds on 2 to 5 ranks") {
  for (const int ranks : {2, 3, 4, 5}) {
    check_all(ranks);
  }
}
TEST_CASE("matrix: ... on 7, 8 and 12 ranks") {
  for (const int ranks : {7, 8, 12}) {
    check_all(ranks);
  }
}
TEST_CASE("matrix: ... on 16 ranks") {
  check_all(16);
}
TEST_CASE("matrix: ... on 27 and 32 ranks") {
  for (const int ranks : {27, 32}) {
    check_all(ranks);
  }
}
TEST_CASE("matrix: ... on 64 ranks") {
  check_all(64);
}

TEST_CASE("matrix: one rank has nothing to do, on any network") {
  const Machine machine{"switch:1"};
  for (const auto& algorithm : collectives::algorithms()) {
    CAPTURE(algorithm.name);
    if (collectives::misfit(algorithm, machine.topology, machine.group)) {
      continue;
    }
    const auto schedule =
        algorithm.build(machine.request(algorithm.collective, sim::Bytes{1 << 20}));
    CHECK(schedule.transfers().empty());
    CHECK(collectives::execute(machine.topology, machine.group, schedule, {}).time_s == 0);
    for (const auto switching :
         {sim::Switching::fifo, sim::Switching::cut_through, sim::Switching::ethernet}) {
      collectives::ExecuteOptions options{.network = sim::NetworkModel::packet};
      options.packet.switching = switching;
      options.packet.virtual_channels = 4;
      CHECK(collectives::execute(machine.topology, machine.group, schedule, options).time_s == 0);
    }
  }
}

TEST_CASE("matrix: groups of some of the ranks, in any order, with channels and pieces") {
  for (const std::string name : {"torus:4x4", "mesh:3x5", "fat-tree:4", "gpu-cluster:4x4",
                                 "bigraph:2x4", "dragonfly:2x2x1"}) {
    Machine machine{name};
    auto& nodes = machine.group.nodes;
    std::ranges::reverse(nodes);
    nodes.resize(nodes.size() / 2 + 1);
    for (const auto& algorithm : collectives::algorithms()) {
      if (collectives::misfit(algorithm, machine.topology, machine.group)) {
        continue;
      }
      CAPTURE(name);
      CAPTURE(algorithm.name);
      collectives::Request request = machine.request(algorithm.collective, sim::Bytes{1'000'003});
      request.channels = 3;
      request.pieces = 5;
      request.root = collectives::Rank{1};
      const auto schedule = algorithm.build(request);
      const auto problem = collectives::verify(schedule);
      CHECK_MESSAGE(!problem, problem.value_or(""));
      const collectives::LowerBound bound{machine.topology, machine.group, algorithm.collective,
                                          request.root, sim::Duration{0}};
      for (const auto routing :
           {topology::Routing::automatic, topology::Routing::shortest, topology::Routing::ecmp,
            topology::Routing::split, topology::Routing::adaptive, topology::Routing::valiant}) {
        const auto run = collectives::execute(machine.topology, machine.group, schedule,
                                              {.routing = routing, .seed = 3});
        CHECK(run.time_s >=
              bound.seconds(request.bytes, adders_of(schedule)) * (1 - 1e-12) - rounding_s);
      }
    }
  }
}

TEST_CASE("matrix: packets that choose their way all arrive, whatever the switches") {
  using topology::Routing;
  for (const std::string name : {"torus:4x4", "torus:3x3,injection=25GB/s", "fat-tree:4",
                                 "gpu-cluster:2x4", "dragonfly:2x2x1", "hypercube:3"}) {
    const Machine machine{name};
    for (const auto& algorithm : collectives::algorithms()) {
      if (collectives::misfit(algorithm, machine.topology, machine.group)) {
        continue;
      }
      CAPTURE(name);
      CAPTURE(algorithm.name);
      const sim::Bytes bytes{300'007};
      const auto schedule = algorithm.build(machine.request(algorithm.collective, bytes));
      const collectives::LowerBound bound{machine.topology, machine.group, algorithm.collective,
                                          collectives::Rank{0}, sim::Duration{0}};
      for (const auto switching :
           {sim::Switching::fifo, sim::Switching::cut_through, sim::Switching::ethernet}) {
        for (const Routing routing : {Routing::split, Routing::adaptive, Routing::valiant}) {
          CAPTURE(static_cast<int>(switching));
          CAPTURE(static_cast<int>(routing));
          collectives::ExecuteOptions options{.network = sim::NetworkModel::packet,
                                              .routing = routing};
          options.packet.switching = switching;
          options.packet.virtual_channels = 32;
          options.packet.ethernet.retry_after = std::chrono::milliseconds{67};
          // So much that no link pauses: round a torus pauses can wait for each other.
          options.packet.ethernet.pause_above = options.packet.ethernet.buffer;
          options.packet.ethernet.resume_below = options.packet.ethernet.buffer;
          const auto run = collectives::execute(machine.topology, machine.group, schedule, options);
          CHECK(run.time_s >= bound.seconds(bytes, adders_of(schedule)) * (1 - 1e-12) - rounding_s);
        }
      }
    }
  }
}
