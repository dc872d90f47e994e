#include "collectives/link_bytes.hpp"

#include <array>

#include <doctest/doctest.h>

#include "collectives/execute.hpp"
#include "tests/collectives/support.hpp"

using namespace collectives;

TEST_CASE("link bytes: a ring of four puts the same on each of its links, and nothing elsewhere") {
  // All-reduce of 4 MB among 4: 2 (n - 1) rounds of a chunk of 1 MB, so 6 MB over every link that
  // leads to the right-hand neighbour.
  const Machine machine{"ring:4"};
  const Schedule schedule =
      algorithm(Collective::all_reduce, "ring")
          .build(machine.request(Collective::all_reduce, sim::Bytes{4'000'000}));
  const std::array once{Repeated{.group = &machine.group, .schedule = &schedule, .times = 1}};
  const std::array thrice{Repeated{.group = &machine.group, .schedule = &schedule, .times = 3}};
  const std::vector<double> bytes = link_bytes(machine.topology, once, {});
  REQUIRE(bytes.size() == 8);
  double sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const topology::Link& link = machine.topology.links()[i];
    const bool is_rightward = (topology::index(link.from) + 1) % 4 == topology::index(link.to);
    sum += bytes[i];
    CHECK((bytes[i] == 0 || is_rightward || bytes[i] <= 6e6));
    CHECK(link_bytes(machine.topology, thrice, {})[i] == 3 * bytes[i]);
  }
  CHECK(sum == doctest::Approx(4 * 6e6));
}

TEST_CASE("link bytes: what is counted is what the network carries when it is simulated") {
  for (const std::string text : {"torus:3x4", "fat-tree:4", "gpu-cluster:2x4", "dragonfly:2x4x2",
                                 "gpu-cluster:2x4,fabric=leaf-spine"}) {
    const Machine machine{text};
    for (const std::string name : {"ring", "multitree", "direct", "double-binary-tree"}) {
      const Schedule schedule =
          algorithm(Collective::all_reduce, name)
              .build(machine.request(Collective::all_reduce, sim::Bytes{1'234'567}));
      for (const auto routing :
           {topology::Routing::automatic, topology::Routing::ecmp, topology::Routing::split}) {
        CAPTURE(text);
        CAPTURE(name);
        const ExecuteOptions options{.routing = routing, .seed = 3};
        const std::array once{Repeated{.group = &machine.group, .schedule = &schedule}};
        const std::vector<double> counted = link_bytes(machine.topology, once, options);
        const Execution run = execute(machine.topology, machine.group, schedule, options);
        for (std::size_t i = 0; i < counted.size(); ++i) {
          CHECK(counted[i] == doctest::Approx(run.links[i].bytes));
        }
      }
    }
  }
}
