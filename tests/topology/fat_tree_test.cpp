#include "topology/fat_tree.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology::NodeKind;
using topology_test::built;
using topology_test::count;
using topology_test::error_of;
using topology_test::link_between;
using topology_test::members;
using topology_test::neighbours;
using Names = std::vector<std::string>;

TEST_CASE("fat tree: two levels of K are K leaves, K spines and K^2 endpoints") {
  const auto tree = built("fat-tree:4");
  CHECK(count(tree, NodeKind::gpu) == 16);
  CHECK(count(tree, NodeKind::switching) == 4 + 4);
  // 16 cables to hosts and 4 * 4 between leaves and spines, two links each.
  CHECK(tree.links().size() == 2 * (16 + 16));
  CHECK(neighbours(tree, "leaf1") ==
        Names{"gpu4", "gpu5", "gpu6", "gpu7", "spine0", "spine1", "spine2", "spine3"});
  CHECK(neighbours(tree, "spine2") == Names{"leaf0", "leaf1", "leaf2", "leaf3"});
  CHECK(neighbours(tree, "gpu7") == Names{"leaf1"});
  CHECK(tree.node(topology_test::node_named(tree, "gpu7")).relay == topology::Relay::no);
  CHECK(tree.node(topology_test::node_named(tree, "leaf1")).relay == topology::Relay::yes);
  CHECK(members(tree, "leaf", 1) == Names{"gpu4", "gpu5", "gpu6", "gpu7", "leaf1"});
  CHECK(members(tree, "leaf", -1) == Names{"spine0", "spine1", "spine2", "spine3"});
}

TEST_CASE("fat tree: L leaves of H endpoints have H / oversubscription spines") {
  // 3 leaves of 8, 4:1: 2 spines, so 24 host cables and 3 * 2 above.
  const auto tree = built("fat-tree:3x8,oversubscription=4");
  CHECK(count(tree, NodeKind::gpu) == 24);
  CHECK(count(tree, NodeKind::switching) == 3 + 2);
  CHECK(tree.links().size() == 2 * (24 + 6));
}

TEST_CASE("fat tree: the number of spines can be given instead") {
  const auto tree = built("fat-tree:3x8,spines=5");
  CHECK(count(tree, NodeKind::switching) == 3 + 5);
  CHECK(error_of([] {
          return built("fat-tree:4,spines=2,oversubscription=2");
        }).find("spines: give 'spines' or 'oversubscription', not both") != std::string::npos);
}

TEST_CASE("fat tree: the fabric is as the host links unless given") {
  const auto same = built("fat-tree:2,link=1GB/s,1us");
  CHECK(link_between(same, "leaf0", "spine1") == topology::LinkSpec{1_GBps, 1us});
  const auto own = built("fat-tree:2,link=1GB/s,1us,fabric=4GB/s,3us");
  CHECK(link_between(own, "gpu0", "leaf0") == topology::LinkSpec{1_GBps, 1us});
  CHECK(link_between(own, "spine1", "leaf0") == topology::LinkSpec{4_GBps, 3us});
}

TEST_CASE("fat tree: three levels of k-port switches are those of Al-Fares et al.") {
  // k = 4: 4 pods of 2 leaves and 2 aggregation switches, 4 cores, 4^3/4 = 16 endpoints;
  // 16 cables at each of the three levels.
  const auto tree = built("fat-tree:4,levels=3");
  CHECK(count(tree, NodeKind::gpu) == 16);
  CHECK(count(tree, NodeKind::switching) == 8 + 8 + 4);
  CHECK(tree.links().size() == 2 * 3 * 16);
  CHECK(neighbours(tree, "gpu5") == Names{"pod1.leaf0"});
  CHECK(neighbours(tree, "pod1.leaf0") == Names{"gpu4", "gpu5", "pod1.agg0", "pod1.agg1"});
  CHECK(neighbours(tree, "pod1.agg1") == Names{"pod1.leaf0", "pod1.leaf1", "core2", "core3"});
  // A core meets each pod once.
  CHECK(neighbours(tree, "core3") == Names{"pod0.agg1", "pod1.agg1", "pod2.agg1", "pod3.agg1"});
  CHECK(members(tree, "leaf", 2) == Names{"gpu4", "gpu5", "pod1.leaf0"});
  CHECK(members(tree, "pod", 1) == Names{"gpu4", "gpu5", "gpu6", "gpu7", "pod1.leaf0", "pod1.leaf1",
                                         "pod1.agg0", "pod1.agg1"});
  CHECK(members(tree, "pod", -1) == Names{"core0", "core1", "core2", "core3"});
  CHECK(tree.partitions().front().name == "leaf");
}

TEST_CASE("fat tree: no switch of three levels has more than k ports, for every even k") {
  for (std::size_t k = 2; k <= 12; k += 2) {
    CAPTURE(k);
    const auto tree = built("fat-tree:" + std::to_string(k) + ",levels=3");
    CHECK(tree.endpoints().size() == k * k * k / 4);
    for (std::size_t i = tree.endpoints().size(); i < tree.nodes().size(); ++i) {
      CHECK(tree.out_links(static_cast<topology::NodeId>(i)).size() == k);
    }
    CHECK(topology_test::goes_both_ways(tree));
  }
}

TEST_CASE("fat tree: oversubscription thins the levels above the leaves") {
  // k = 8, 2:1: 8 pods of 4 leaves and 2 aggregation switches; 2 * 4 cores; 128 endpoints.
  // Cables: 128 to hosts, 8 * 4 * 2 above the leaves, 8 * 2 * 4 above the aggregation switches.
  const auto tree = built("fat-tree:8,levels=3,oversubscription=2");
  CHECK(count(tree, NodeKind::gpu) == 128);
  CHECK(count(tree, NodeKind::switching) == 32 + 16 + 8);
  CHECK(tree.links().size() == 2 * (128 + 64 + 64));
  // Aggregation switch 1 of every pod leads to the cores 4 to 7.
  CHECK(neighbours(tree, "core3") == neighbours(tree, "core0"));
  CHECK(neighbours(tree, "core4") == Names{"pod0.agg1", "pod1.agg1", "pod2.agg1", "pod3.agg1",
                                           "pod4.agg1", "pod5.agg1", "pod6.agg1", "pod7.agg1"});
}

TEST_CASE("fat tree: shapes and ratios that do not work out are refused") {
  CHECK(error_of([] {
          return topology_test::built_from_yaml("kind: fat-tree\nshape: 8\noversubscription: 3\n");
        }) ==
        "net.yaml:3:19: error: oversubscription: 8 endpoints on a leaf cannot be divided by 3\n"
        "    3 | oversubscription: 3\n"
        "      |                   ^");
  CHECK(error_of([] {
          return built("fat-tree:5,levels=3");
        }).find("shape: expected an even number of ports, got 5") != std::string::npos);
  CHECK(error_of([] {
          return built("fat-tree:4x4,levels=3");
        }).find("expected a shape of 1 extent") != std::string::npos);
  CHECK(error_of([] {
          return built("fat-tree:4,levels=3,spines=2");
        }).find("only a tree of two levels has spines") != std::string::npos);
  CHECK(error_of([] {
          return built("fat-tree:4,levels=4");
        }).find("levels: expected a whole number from 2 to 3, got '4'") != std::string::npos);
}

TEST_CASE("fat tree: one that is too large is refused, with its size") {
  // 200000^2 endpoints
  CHECK(error_of([] {
          return built("fat-tree:200000");
        }).find("there would be 40000000000 endpoints; at most 262144 are built") !=
        std::string::npos);
  // 102^3 / 4 = 265302
  CHECK(error_of([] {
          return built("fat-tree:102,levels=3");
        }).find("there would be 265302 endpoints") != std::string::npos);
  // 262144 leaves of one endpoint, and 262144 spines
  CHECK(error_of([] {
          return built("fat-tree:262144x1,spines=262144");
        }).find("links; at most 16777216 are built") != std::string::npos);
}
