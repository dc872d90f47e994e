#include "collectives/registry.hpp"

#include <algorithm>

#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "collectives/locality.hpp"
#include "sim/error.hpp"
#include "tests/collectives/support.hpp"
#include "tests/golden.hpp"

using collectives::Collective;

TEST_CASE("registry: an unknown algorithm is reported where it was written, with the nearest") {
  const auto node = sim::ConfigNode::parse("run.yaml", "algorithms: [rign]\n");
  CHECK_THROWS_WITH_AS(static_cast<void>(collectives::find_algorithm(
                           Collective::all_reduce, node.at("algorithms").items()[0])),
                       "run.yaml:1:14: error: algorithms[0]: unknown all-reduce algorithm 'rign'\n"
                       "    1 | algorithms: [rign]\n"
                       "      |              ^\n"
                       "  hint: did you mean 'ring'?",
                       sim::Error);
}

TEST_CASE("registry: the list of algorithms") {
  std::string list;
  for (const auto& algorithm : collectives::algorithms()) {
    list += fmt::format("{:<14} {:<20} {}\n", collectives::name_of(algorithm.collective),
                        algorithm.name, algorithm.summary);
  }
  check_golden("algorithms.txt", list);
}

TEST_CASE("registry: what an algorithm cannot run on is said in words") {
  const auto reason = [](const std::string& machine_name, const std::string& name) {
    const Machine machine{machine_name};
    return collectives::misfit(algorithm(Collective::all_reduce, name), machine.topology,
                               machine.group)
        .value_or("fits");
  };
  CHECK(reason("torus:4x4", "ring2d") == "fits");
  CHECK(reason("torus:4x4x4", "ring2d").starts_with("needs all GPUs of a 2D torus or mesh"));
  CHECK(reason("switch:8", "hdrm") == "needs all GPUs of a bigraph");
  CHECK(reason("bigraph:3x4", "hdrm").starts_with("needs powers of two"));
  CHECK(reason("switch:8", "hierarchical").starts_with("needs servers"));
}

TEST_CASE("ring order: on a torus or mesh every hop is one link, where such a ring exists") {
  for (const std::string shape : {"2x2", "2x3", "3x3", "4x4", "5x3", "3x5", "5x5", "7x3", "8x8",
                                  "2x2x2", "3x3x3", "2x3x5", "3x3x4", "4x1x3", "3x5x3", "6", "7"}) {
    CAPTURE(shape);
    for (const std::string kind : {"torus", "mesh"}) {
      const Machine machine{kind + ":" + shape};
      const auto order = collectives::ring_order(machine.topology, machine.group, 0, 1);
      std::vector<bool> seen(order.size());
      int far = 0;
      for (std::size_t i = 0; i < order.size(); ++i) {
        seen[collectives::index(order[i])] = true;
        const auto from = machine.group.node(order[i]);
        const auto to = machine.group.node(order[(i + 1) % order.size()]);
        bool neighbours = false;
        for (const auto link : machine.topology.out_links(from)) {
          neighbours = neighbours || machine.topology.link(link).to == to;
        }
        far += neighbours ? 0 : 1;
      }
      CHECK(std::ranges::find(seen, false) == seen.end());
      // A mesh with an odd number of nodes has no closed ring (a chessboard with one field more of
      // one colour), nor has a line of more than two.
      const bool line = shape.find('x') == std::string::npos;
      const bool odd = order.size() % 2 == 1;
      CHECK(far == (kind == "mesh" && (odd || line) ? 1 : 0));
    }
  }
}

TEST_CASE("ring order: four channels on a square torus use every link once") {
  for (int n = 3; n <= 9; ++n) {
    CAPTURE(n);
    const Machine machine{"torus:" + std::to_string(n) + "x" + std::to_string(n)};
    std::set<std::pair<collectives::Rank, collectives::Rank>> used;
    for (std::int32_t channel = 0; channel < 4; ++channel) {
      const auto order = collectives::ring_order(machine.topology, machine.group, channel, 4);
      CHECK(std::set(order.begin(), order.end()).size() == machine.group.nodes.size());
      for (std::size_t i = 0; i < order.size(); ++i) {
        const auto from = order[i];
        const auto to = order[(i + 1) % order.size()];
        const auto& links = machine.topology.out_links(machine.group.node(from));
        CHECK(std::ranges::any_of(links, [&](topology::LinkId link) {
          return machine.topology.link(link).to == machine.group.node(to);
        }));
        CHECK(used.insert({from, to}).second);
      }
    }
    CHECK(used.size() == machine.topology.links().size());
  }
}

TEST_CASE("ring order: in a cluster a ring enters a server on the rail on which it left the last") {
  const Machine machine{"gpu-cluster:4x8"};
  for (std::int32_t channel = 0; channel < 8; ++channel) {
    const auto order = collectives::ring_order(machine.topology, machine.group, channel, 8);
    for (std::size_t i = 7; i < order.size(); i += 8) {
      const auto last = collectives::index(order[i]);
      const auto next = collectives::index(order[(i + 1) % order.size()]);
      CHECK(last / 8 != next / 8);
      CHECK(last % 8 == next % 8);
    }
  }
}
