#include "topology/gpu_cluster.hpp"

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

TEST_CASE("gpu cluster: by default servers of a DGX's make on one pod of rails") {
  // 4 servers of 2 GPUs: 2 NICs and an NVSwitch each; leaf i joins the NICs i of all four; each
  // leaf has 4 NICs below, so 4 spines above.
  const auto net = built("gpu-cluster:4x2");
  CHECK(count(net, NodeKind::gpu) == 8);
  CHECK(count(net, NodeKind::nic) == 8);
  CHECK(count(net, NodeKind::switching) == 4 + 2 + 4);
  // Cables: 8 NVLink, 8 PCIe, 8 to leaves, 2 * 4 to spines.
  CHECK(net.links().size() == 2 * (8 + 8 + 8 + 8));
  CHECK(topology_test::goes_both_ways(net));
  CHECK(neighbours(net, "node1.gpu0") == Names{"node1.nvswitch", "node1.nic0"});
  CHECK(neighbours(net, "node1.nvswitch") == Names{"node1.gpu0", "node1.gpu1"});
  CHECK(neighbours(net, "node1.nic1") == Names{"node1.gpu1", "leaf1"});
  CHECK(neighbours(net, "leaf1") == Names{"node0.nic1", "node1.nic1", "node2.nic1", "node3.nic1",
                                          "spine0", "spine1", "spine2", "spine3"});
  CHECK(neighbours(net, "spine2") == Names{"leaf0", "leaf1"});
  CHECK(link_between(net, "node0.gpu0", "node0.nvswitch").bandwidth == 450_GBps);
  CHECK(link_between(net, "node0.nic0", "leaf0").bandwidth == 400_Gbps);
  CHECK(link_between(net, "leaf0", "spine0") == link_between(net, "node0.nic0", "leaf0"));
}

TEST_CASE("gpu cluster: GPUs do not relay, all else does; ranks go through a server first") {
  const auto net = built("gpu-cluster:2x2");
  for (const auto& node : net.nodes()) {
    CHECK((node.relay == topology::Relay::no) == (node.kind == NodeKind::gpu));
  }
  Names ranks;
  for (const topology::NodeId id : net.endpoints()) {
    ranks.push_back(net.node(id).name);
  }
  CHECK(ranks == Names{"node0.gpu0", "node0.gpu1", "node1.gpu0", "node1.gpu1"});
}

TEST_CASE("gpu cluster: a single server has no NIC unless asked for") {
  CHECK(built("gpu-cluster:1x8").nodes().size() == 8 + 1);
  CHECK(built("gpu-cluster:1x8").links().size() == 16);
  CHECK(built("gpu-cluster:1x1").nodes().size() == 1);
  const auto net = built("gpu-cluster:1x2,nics=2");
  CHECK(count(net, NodeKind::nic) == 2);
  // Two rails of one NIC each, joined by a spine.
  CHECK(count(net, NodeKind::switching) == 1 + 2 + 1);
}

TEST_CASE("gpu cluster: direct scale-up joins every two GPUs of a server and no others") {
  const auto net = built("gpu-cluster:2x4,scale_up=direct,nics=1");
  CHECK(neighbours(net, "node1.gpu2") ==
        Names{"node1.gpu0", "node1.gpu1", "node1.gpu3", "node1.nic0"});
  // 450 GB/s for three cables.
  CHECK(link_between(net, "node1.gpu2", "node1.gpu0").bandwidth == 150_GBps);
  CHECK(count(net, NodeKind::switching) == 1);  // the one leaf: no NVSwitch, no spine
}

TEST_CASE("gpu cluster: servers of one GPU have no scale-up network") {
  for (const std::string scale_up : {"nvswitch", "direct"}) {
    const auto net = built("gpu-cluster:3x1,scale_up=" + scale_up);
    CHECK(neighbours(net, "node1.gpu0") == Names{"node1.nic0"});
    CHECK(count(net, NodeKind::switching) == 1);
  }
}

TEST_CASE("gpu cluster: fewer NICs are shared by neighbouring GPUs, more are owned by one each") {
  const auto fewer = built("gpu-cluster:2x4,nics=2");
  CHECK(neighbours(fewer, "node1.nic0") == Names{"node1.gpu0", "node1.gpu1", "leaf0"});
  CHECK(neighbours(fewer, "node1.nic1") == Names{"node1.gpu2", "node1.gpu3", "leaf1"});
  const auto more = built("gpu-cluster:2x2,nics=4");
  CHECK(neighbours(more, "node1.gpu1") == Names{"node1.nvswitch", "node1.nic2", "node1.nic3"});
  CHECK(neighbours(more, "node1.nic2") == Names{"node1.gpu1", "leaf2"});
  CHECK(error_of([] {
          return built("gpu-cluster:2x4,nics=3");
        }).find("nics: 3 NICs cannot be shared evenly by 4 GPUs") != std::string::npos);
}

TEST_CASE("gpu cluster: rails end at the pod, and spines join the pods") {
  // 4 servers in 2 pods of 2: leaves 0 1 in pod 0, leaves 2 3 in pod 1; 2 NICs under each leaf.
  const auto net = built("gpu-cluster:4x2,nodes_per_leaf=2");
  CHECK(neighbours(net, "leaf0") == Names{"node0.nic0", "node1.nic0", "spine0", "spine1"});
  CHECK(neighbours(net, "leaf3") == Names{"node2.nic1", "node3.nic1", "spine0", "spine1"});
  CHECK(members(net, "pod", 1) == Names{"node2.gpu0", "node2.gpu1", "node3.gpu0", "node3.gpu1",
                                        "node2.nic0", "node2.nic1", "node3.nic0", "node3.nic1",
                                        "node2.nvswitch", "node3.nvswitch", "leaf2", "leaf3"});
  CHECK(members(net, "pod", -1) == Names{"spine0", "spine1"});
}

TEST_CASE("gpu cluster: in a leaf-spine fabric a leaf joins all NICs of its servers") {
  // 2 servers of 2 NICs under each leaf: 4 NICs, so 4 spines.
  const auto net = built("gpu-cluster:4x2,fabric=leaf-spine,nodes_per_leaf=2");
  CHECK(neighbours(net, "leaf1") == Names{"node2.nic0", "node2.nic1", "node3.nic0", "node3.nic1",
                                          "spine0", "spine1", "spine2", "spine3"});
  CHECK(members(net, "leaf", 1).back() == "leaf1");
  CHECK(members(net, "server", 2) ==
        Names{"node2.gpu0", "node2.gpu1", "node2.nic0", "node2.nic1", "node2.nvswitch"});
  CHECK(net.partitions().front().name == "server");
}

TEST_CASE("gpu cluster: without a second leaf there is neither a spine nor a partition of leaves") {
  const auto net = built("gpu-cluster:4x2,fabric=leaf-spine");
  CHECK(count(net, NodeKind::switching) == 4 + 1);
  CHECK(net.partitions().size() == 1);
  // A single pod of rails has spines, to go from rail to rail, but no partition either.
  CHECK(built("gpu-cluster:4x2").partitions().size() == 1);
}

TEST_CASE("gpu cluster: oversubscription divides the spines, `spines` sets them") {
  // 8 NICs under each leaf, 4:1 leaves 2 spines: 8 NVSwitches, 2 leaves and those.
  CHECK(count(built("gpu-cluster:8x2,oversubscription=4"), NodeKind::switching) == 8 + 2 + 2);
  CHECK(count(built("gpu-cluster:8x2,spines=5"), NodeKind::switching) == 8 + 2 + 5);
  CHECK(error_of([] {
          return built("gpu-cluster:8x2,oversubscription=3");
        }).find("oversubscription: 8 NICs on a leaf cannot be divided by 3") != std::string::npos);
  CHECK(error_of([] {
          return built("gpu-cluster:8x2,oversubscription=2,spines=4");
        }).find("not both") != std::string::npos);
}

TEST_CASE("gpu cluster: every kind of link can be set") {
  const auto net =
      built("gpu-cluster:2x2,nvlink=1GB/s,1us,pcie=2GB/s,2us,nic=3GB/s,3us,fabric_link=4GB/s,4us");
  CHECK(link_between(net, "node0.gpu0", "node0.nvswitch") == topology::LinkSpec{1_GBps, 1us});
  CHECK(link_between(net, "node0.nic0", "node0.gpu0") == topology::LinkSpec{2_GBps, 2us});
  CHECK(link_between(net, "node0.nic0", "leaf0") == topology::LinkSpec{3_GBps, 3us});
  CHECK(link_between(net, "spine0", "leaf0") == topology::LinkSpec{4_GBps, 4us});
}

TEST_CASE("gpu cluster: mistakes in its description are refused") {
  CHECK(error_of([] {
          return topology_test::built_from_yaml(
              "kind: gpu-cluster\nshape: 4x8\nnodes_per_leaf: 3\n");
        }) ==
        "net.yaml:3:17: error: nodes_per_leaf: 4 nodes cannot be divided by 3\n"
        "    3 | nodes_per_leaf: 3\n"
        "      |                 ^");
  CHECK(error_of([] {
          return built("gpu-cluster:4x8,fabric=rails");
        }).find("unknown fabric 'rails'\n") != std::string::npos);
  CHECK(error_of([] {
          return built("gpu-cluster:4x8,scale_up=nvlink");
        }).find("unknown scale-up network 'nvlink'") != std::string::npos);
  CHECK(error_of([] {
          return built("gpu-cluster:8");
        }).find("expected a shape of 2 extents, got '8'") != std::string::npos);
}

TEST_CASE("gpu cluster: one that is too large is refused, with its size") {
  // 5000 * 4999 direct links
  CHECK(error_of([] {
          return built("gpu-cluster:1x5000,scale_up=direct");
        }).find("there would be 24995000 links") != std::string::npos);
  CHECK(error_of([] {
          return built("gpu-cluster:200000x2");
        }).find("'200000x2' would have 400000 endpoints; at most 262144 are built") !=
        std::string::npos);
  CHECK(error_of([] {
          return built("gpu-cluster:262144x1,nics=262144");
        }).find("links; at most 16777216 are built") != std::string::npos);
}

TEST_CASE("gpu cluster: 200000 GPUs in servers of eight are built") {
  // 25000 servers in pods of 250: 100 pods of 8 leaves, 250 spines.
  // Cables: NVLink, PCIe and NIC 200000 each, 800 * 250 = 200000 to the spines.
  const auto net = built("gpu-cluster:25000x8,nodes_per_leaf=250");
  CHECK(net.links().size() == 2 * 4 * 200'000);
}
