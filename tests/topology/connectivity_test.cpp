#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/topology/support.hpp"
#include "topology/topology.hpp"

using namespace sim::literals;
using topology::NodeId;
using topology::NodeKind;
using topology::Relay;
using topology::Topology;

namespace {

constexpr topology::LinkSpec wire{1_GBps, 0ns};

Topology nodes(const std::vector<std::pair<NodeKind, Relay>>& kinds) {
  Topology net{"custom"};
  for (const auto& [kind, relay] : kinds) {
    net.add_node({fmt::format("n{}", net.nodes().size()), kind, relay});
  }
  return net;
}

/// Per node: does a path lead there from `from`?
std::vector<bool> reached_from(const Topology& net, NodeId from) {
  std::vector<bool> reached(net.nodes().size(), false);
  std::vector<NodeId> queue{from};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    if (i > 0 && net.node(queue[i]).relay == Relay::no) {
      continue;
    }
    for (const topology::LinkId id : net.out_links(queue[i])) {
      const NodeId to = net.link(id).to;
      if (!reached[topology::index(to)]) {
        reached[topology::index(to)] = true;
        queue.push_back(to);
      }
    }
  }
  return reached;
}

/// The slow twin: a search from each endpoint.
bool all_joined(const Topology& net) {
  for (const NodeId from : net.endpoints()) {
    const std::vector<bool> reached = reached_from(net, from);
    for (const NodeId to : net.endpoints()) {
      if (to != from && !reached[topology::index(to)]) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

TEST_CASE("connectivity: what does not relay can only be the first or the last of a path") {
  // 0 - 1 - 2 in a row
  for (const Relay relay : {Relay::no, Relay::yes}) {
    Topology net =
        nodes({{NodeKind::gpu, Relay::no}, {NodeKind::gpu, relay}, {NodeKind::gpu, Relay::no}});
    net.connect(NodeId{0}, NodeId{1}, wire);
    net.connect(NodeId{1}, NodeId{2}, wire);
    const auto gap = find_unreachable(net);
    CHECK(gap.has_value() == (relay == Relay::no));
    if (gap) {
      CHECK(gap->from == NodeId{0});
      CHECK(gap->to == NodeId{2});
      CHECK(gap->components == 2);
    }
  }
}

TEST_CASE("connectivity: two islands are two parts, and a link one way does not join them") {
  Topology net = nodes(std::vector(6, std::pair{NodeKind::gpu, Relay::yes}));
  net.connect(NodeId{0}, NodeId{1}, wire);
  net.connect(NodeId{1}, NodeId{2}, wire);
  net.connect(NodeId{3}, NodeId{4}, wire);
  const auto apart = find_unreachable(net);
  REQUIRE(apart);
  CHECK(apart->from == NodeId{0});
  CHECK(apart->to == NodeId{3});
  CHECK(apart->components == 3);  // 0 1 2, 3 4, and 5

  net.add_link(NodeId{2}, NodeId{3}, wire);
  net.connect(NodeId{4}, NodeId{5}, wire);
  const auto one_way = find_unreachable(net);
  REQUIRE(one_way);
  CHECK(one_way->from == NodeId{3});
  CHECK(one_way->to == NodeId{0});
  CHECK(one_way->components == 2);

  net.add_link(NodeId{5}, NodeId{0}, wire);
  CHECK_FALSE(find_unreachable(net));
}

TEST_CASE("connectivity: a switch for the way up and another for the way down join all") {
  // GPUs 0 1 2 send into switch 3, receive from switch 4; 3 feeds 4. No cycle of switches.
  Topology net = nodes({{NodeKind::gpu, Relay::no},
                        {NodeKind::gpu, Relay::no},
                        {NodeKind::gpu, Relay::no},
                        {NodeKind::switching, Relay::yes},
                        {NodeKind::switching, Relay::yes}});
  for (int i = 0; i < 3; ++i) {
    net.add_link(NodeId{i}, NodeId{3}, wire);
    net.add_link(NodeId{4}, NodeId{i}, wire);
  }
  CHECK(find_unreachable(net)->components == 3);
  net.add_link(NodeId{3}, NodeId{4}, wire);
  CHECK_FALSE(find_unreachable(net));
}

TEST_CASE("connectivity: one endpoint, or none, is joined with itself") {
  CHECK_FALSE(find_unreachable(nodes({{NodeKind::gpu, Relay::no}})));
  CHECK_FALSE(find_unreachable(nodes({{NodeKind::switching, Relay::yes}})));
}

TEST_CASE("connectivity: agrees with a search from every endpoint on random networks") {
  // Small and sparse, so that about half of them fall apart in one way or another.
  std::mt19937 random{1};
  int apart = 0;
  for (int round = 0; round < 5000; ++round) {
    Topology net{"custom"};
    const auto count = static_cast<std::int32_t>(2 + (random() % 6));
    for (std::int32_t i = 0; i < count; ++i) {
      net.add_node({std::to_string(i), random() % 3 == 0 ? NodeKind::switching : NodeKind::gpu,
                    random() % 2 == 0 ? Relay::yes : Relay::no});
    }
    const std::size_t links = random() % 24;
    for (std::size_t i = 0; i < links; ++i) {
      const auto from = static_cast<std::int32_t>(random() % static_cast<unsigned>(count));
      const auto to = static_cast<std::int32_t>(random() % static_cast<unsigned>(count));
      if (from != to) {
        net.add_link(NodeId{from}, NodeId{to}, wire);
      }
    }
    const auto gap = find_unreachable(net);
    CAPTURE(topology_test::described(net));
    REQUIRE(gap.has_value() != all_joined(net));
    if (gap) {
      ++apart;
      CHECK_FALSE(reached_from(net, gap->from)[topology::index(gap->to)]);
      CHECK(gap->components >= 2);
      CHECK(gap->components <= std::ssize(net.endpoints()));
    }
  }
  CHECK(apart > 1000);
  CHECK(apart < 4000);
}
