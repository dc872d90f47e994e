#include "topology/routes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "topology/registry.hpp"

using topology::LinkId;
using topology::NodeId;
using topology::Routing;

namespace {

/// The names of the nodes on a path, the source included.
std::vector<std::string> names(const topology::Topology& topology, NodeId from,
                               const std::vector<LinkId>& path) {
  std::vector<std::string> out{topology.node(from).name};
  for (const LinkId id : path) {
    out.push_back(topology.node(topology.link(id).to).name);
  }
  return out;
}

std::vector<LinkId> path(const topology::Topology& topology, Routing routing, std::size_t from,
                         std::size_t to, std::uint64_t label = 0) {
  return topology::path(topology, routing, 1,
                        {topology.endpoints()[from], topology.endpoints()[to], label, {}});
}

}  // namespace

TEST_CASE("routes: dimension order goes the short way round, first dimension first") {
  const auto torus = topology::load("test", "torus:4x5");
  // From (0,0) to (3,2): rows 0 -> 3 by the wrap link, then two columns up.
  const auto links = path(torus, Routing::dimension_order, 0, 17);
  CHECK(names(torus, torus.endpoints()[0], links) ==
        std::vector<std::string>{"gpu0", "gpu15", "gpu16", "gpu17"});
  // On a mesh there is no wrap link.
  const auto mesh = topology::load("test", "mesh:4x5");
  CHECK(path(mesh, Routing::dimension_order, 0, 17).size() == 5);
}

TEST_CASE("routes: on an extent of 2 both cables are used, which one depends on the label") {
  const auto torus = topology::load("test", "torus:2");
  CHECK(torus.links().size() == 4);
  std::set<LinkId> used;
  for (const std::uint64_t label : {0U, 1U}) {
    const auto there = path(torus, Routing::dimension_order, 0, 1, label);
    REQUIRE(there.size() == 1);
    CHECK(torus.link(there[0]).from == torus.endpoints()[0]);
    used.insert(there[0]);
  }
  CHECK(used.size() == 2);
}

TEST_CASE("routes: every routing finds a shortest path, on every kind of network") {
  for (const std::string name :
       {"ring:7", "torus:4x4", "mesh:3x4", "fully-connected:5", "switch:6", "fat-tree:4",
        "fat-tree:4,levels=3", "bigraph:2x4", "hypercube:4", "dragonfly:2x2x1", "gpu-cluster:3x4",
        "gpu-cluster:4x4,fabric=leaf-spine,nodes_per_leaf=2"}) {
    CAPTURE(name);
    const auto net = topology::load("test", name);
    for (std::size_t to = 0; to < net.endpoints().size(); ++to) {
      const auto hops = topology::hops_to(net, net.endpoints()[to]);
      for (std::size_t from = 0; from < net.endpoints().size(); ++from) {
        if (from == to) {
          continue;
        }
        for (const auto routing : {Routing::automatic, Routing::shortest, Routing::ecmp}) {
          const auto links = path(net, routing, from, to, (from * 1000) + to);
          REQUIRE(static_cast<std::int32_t>(links.size()) ==
                  hops[topology::index(net.endpoints()[from])]);
          NodeId at = net.endpoints()[from];
          for (const LinkId id : links) {
            REQUIRE(net.link(id).from == at);
            at = net.link(id).to;
          }
          REQUIRE(at == net.endpoints()[to]);
        }
      }
    }
  }
}

TEST_CASE("routes: static routes of a non-blocking tree spread a shift over all spines") {
  // Every host of leaf 0 sends to the host with the same place in leaf 1: by destination, all go
  // over different spines.
  const auto tree = topology::load("test", "fat-tree:4x4");
  std::set<NodeId> spines;
  for (std::size_t host = 0; host < 4; ++host) {
    spines.insert(tree.link(path(tree, Routing::shortest, host, host + 4)[1]).to);
  }
  CHECK(spines.size() == 4);
}

TEST_CASE("routes: ECMP spreads by label, and depends on the seed and nothing else") {
  const auto tree = topology::load("test", "fat-tree:8x8");
  std::map<NodeId, int> spines;
  for (std::uint64_t label = 0; label < 800; ++label) {
    const auto links = path(tree, Routing::ecmp, 0, 63, label);
    ++spines[tree.link(links[1]).to];
    CHECK(links == path(tree, Routing::ecmp, 0, 63, label));
  }
  CHECK(spines.size() == 8);
  for (const auto& [spine, count] : spines) {
    CHECK(count > 60);  // 100 expected, standard deviation 9.4: 4 of them
    CHECK(count < 140);
  }
}

TEST_CASE("routes: by source, all that a sender sends leaves its switch by one link") {
  const auto tree = topology::load("test", "fat-tree:4");
  for (const auto& [routing, spines_expected] :
       {std::pair{Routing::source, 1U}, std::pair{Routing::shortest, 4U}}) {
    std::set<NodeId> spines;
    for (std::size_t to = 4; to < 16; ++to) {
      spines.insert(tree.link(path(tree, routing, 1, to)[1]).to);
    }
    CHECK(spines.size() == spines_expected);
  }
  // Those of one leaf share none.
  std::set<NodeId> spines;
  for (std::size_t from = 0; from < 4; ++from) {
    spines.insert(tree.link(path(tree, Routing::source, from, 15)[1]).to);
  }
  CHECK(spines.size() == 4);
}

TEST_CASE("routes: split shares a message equally over all shortest paths") {
  // Torus 4x4, from (0,0) to (1,1): two paths of two hops. To (2,0): two rows, up or down.
  const auto torus = topology::load("test", "torus:4x4");
  const std::vector<topology::LaneRequest> requests{
      {torus.endpoints()[0], torus.endpoints()[5], 0, {}},
      {torus.endpoints()[0], torus.endpoints()[8], 0, {}},
      {torus.endpoints()[0], torus.endpoints()[1], 0, {}}};
  const auto fabric = topology::lower(torus, {.routing = Routing::split}, requests);
  const auto shares = [&](std::uint32_t lane) {
    std::vector<double> out;
    for (auto hop = fabric.hops_begin(sim::Lane{lane}); hop < fabric.hops_end(sim::Lane{lane});
         ++hop) {
      out.push_back(fabric.hop_share(hop));
    }
    return out;
  };
  CHECK(shares(0) == std::vector<double>{0.5, 0.5, 0.5, 0.5});
  CHECK(shares(1) == std::vector<double>{0.5, 0.5, 0.5, 0.5});
  CHECK(shares(2) == std::vector<double>{1.0});
  // Twice the rate of one path, for both halves run at once.
  CHECK(fabric.lone_rate(sim::Lane{0}) == doctest::Approx(2 * fabric.lone_rate(sim::Lane{2})));
}

TEST_CASE("routes: the shares into a node equal the shares out of it") {
  const auto tree = topology::load("test", "fat-tree:4,levels=3");
  const std::vector<topology::LaneRequest> requests{
      {tree.endpoints()[0], tree.endpoints()[15], 0, {}}};
  const auto fabric = topology::lower(tree, {.routing = Routing::split}, requests);
  std::map<NodeId, double> balance;
  for (auto hop = fabric.hops_begin(sim::Lane{0}); hop < fabric.hops_end(sim::Lane{0}); ++hop) {
    const auto& link = tree.link(LinkId{static_cast<std::int32_t>(fabric.hop_link(hop))});
    balance[link.from] -= fabric.hop_share(hop);
    balance[link.to] += fabric.hop_share(hop);
  }
  for (const auto& [node, sum] : balance) {
    const double expected = node == tree.endpoints()[0] ? -1 : node == tree.endpoints()[15] ? 1 : 0;
    CHECK(sum == doctest::Approx(expected));
  }
  // Four paths over two aggregation switches and four cores: 1 + 2 + 4 + 4 + 2 + 1 links.
  CHECK(fabric.hop_count() == 14);
}

TEST_CASE("routes: a fixed route is taken as it is, and injection limits stand at both ends") {
  const auto net = topology::load("test", "ring:4,injection=1GB/s");
  const std::vector<LinkId> long_way{net.out_links(net.endpoints()[0])[0],
                                     net.out_links(net.endpoints()[3])[0],
                                     net.out_links(net.endpoints()[2])[0]};
  const std::vector<topology::LaneRequest> requests{
      {net.endpoints()[0], net.endpoints()[1], 0, long_way}};
  const auto fabric = topology::lower(net, {}, requests);
  REQUIRE(fabric.links() == net.links().size() + 8);
  std::vector<std::uint32_t> hops;
  for (std::uint32_t hop = 0; hop < fabric.hop_count(); ++hop) {
    hops.push_back(fabric.hop_link(hop));
  }
  CHECK(hops == std::vector<std::uint32_t>{8, 0, 6, 4, 8 + 2 + 1});
  CHECK(fabric.latency(sim::Lane{0}) == 3 * net.links()[0].spec.latency);
}

TEST_CASE("routes: two GPUs that share a NIC talk through NVSwitch, not through the NIC") {
  const auto net = topology::load("test", "gpu-cluster:2x4,nics=2");
  for (const auto routing : {Routing::shortest, Routing::ecmp}) {
    for (std::size_t to = 1; to < 4; ++to) {
      const auto links = path(net, routing, 0, to, to);
      CHECK(names(net, net.endpoints()[0], links)[1] == "node0.nvswitch");
    }
    CHECK(names(net, net.endpoints()[0], path(net, routing, 0, 5))[1] == "node0.nic0");
  }
}

namespace {

/// Follows every way of a lane to its end; calls `on_way` with its links.
template <class OnWay>
void follow(const sim::Fabric& fabric, sim::Lane lane, OnWay on_way) {
  std::vector<std::vector<std::uint32_t>> open;
  for (std::uint32_t i = 0; i < fabric.first_hops(lane); ++i) {
    open.push_back({fabric.hops_begin(lane) + i});
  }
  while (!open.empty()) {
    const std::vector<std::uint32_t> way = open.back();
    open.pop_back();
    if (fabric.is_last(lane, way.back())) {
      std::vector<std::uint32_t> links;
      for (const std::uint32_t hop : way) {
        links.push_back(fabric.hop_link(hop));
      }
      on_way(links);
    }
    for (const std::uint32_t next : fabric.next_hops(way.back())) {
      open.push_back(way);
      open.back().push_back(next);
    }
  }
}

}  // namespace

TEST_CASE("routes: ways that packets choose lead from one end to the other, and are the shortest") {
  for (const std::string name : {"torus:4x4", "fat-tree:4,levels=3", "gpu-cluster:2x4",
                                 "dragonfly:2x2x1", "torus:4x4,injection=1GB/s"}) {
    CAPTURE(name);
    const auto net = topology::load("test", name);
    std::vector<topology::LaneRequest> requests;
    for (std::size_t to = 1; to < net.endpoints().size(); ++to) {
      requests.push_back({net.endpoints()[0], net.endpoints()[to], to, {}});
    }
    const std::uint32_t ends = net.injection() ? 1 : 0;
    for (const Routing routing : {Routing::split, Routing::adaptive, Routing::valiant}) {
      const auto fabric = topology::lower(net,
                                          {.routing = routing,
                                           .circles = topology::Circles::avoided,
                                           .ways = topology::Ways::chosen},
                                          requests);
      REQUIRE(fabric.forks());
      for (std::uint32_t lane = 0; lane < requests.size(); ++lane) {
        const auto hops = topology::hops_to(net, requests[lane].to);
        const auto shortest =
            static_cast<std::size_t>(hops[static_cast<std::size_t>(requests[lane].from)]);
        std::size_t ways = 0;
        follow(fabric, sim::Lane{lane}, [&](const std::vector<std::uint32_t>& links) {
          ++ways;
          NodeId at = requests[lane].from;
          std::set<NodeId> seen{at};
          for (std::size_t i = ends; i + ends < links.size(); ++i) {
            const auto& link = net.link(LinkId{static_cast<std::int32_t>(links[i])});
            CHECK(link.from == at);
            at = link.to;
            CHECK(seen.insert(at).second);  // no loops
          }
          CHECK(at == requests[lane].to);
          if (routing == Routing::valiant) {
            CHECK(links.size() >= shortest + (2 * ends));
          } else {
            CHECK(links.size() == shortest + (2 * ends));
          }
        });
        CHECK(ways >= 1);
        if (routing == Routing::valiant) {
          CHECK(ways <= 16);
        }
      }
    }
  }
}

TEST_CASE("routes: the number of ways is that of the shortest paths") {
  const auto net = topology::load("test", "torus:4x4");
  // To (1,1): 2 ways. To (2,2): both dimensions either way round, 4 * 6 orders.
  const std::vector<topology::LaneRequest> requests{
      {net.endpoints()[0], net.endpoints()[5], 0, {}},
      {net.endpoints()[0], net.endpoints()[10], 0, {}}};
  const auto fabric = topology::lower(
      net, {.routing = Routing::adaptive, .ways = topology::Ways::chosen}, requests);
  for (const auto& [lane, expected] : {std::pair{0U, 2}, std::pair{1U, 24}}) {
    int ways = 0;
    follow(fabric, sim::Lane{lane}, [&](const std::vector<std::uint32_t>&) { ++ways; });
    CHECK(ways == expected);
  }
  CHECK(fabric.choice() == sim::Choice::least_loaded);
}
