#include "planning/parts.hpp"

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace planning;
using namespace sim::literals;
using topology_test::built;
using topology_test::built_from_yaml;

TEST_CASE("parts: a cluster on rails, counted by hand") {
  // 4 servers of 8 GPUs and 8 NICs, NVLink and PCI Express inside, which count as the server.
  // Leaf i joins the NICs i of the 4 servers: 8 leaves, 32 cables. As many uplinks as NICs on a
  // leaf, so 4 spines, and a cable from each leaf to each: 32.
  const Parts parts = count_parts(built("gpu-cluster:4x8"));
  CHECK(parts.gpus == 32);
  CHECK(parts.servers == 4);
  CHECK(parts.nics == 32);
  CHECK(parts.switches == 8 + 4);
  CHECK(parts.cables == std::vector{Cables{CableKind::host, 400_Gbps, 32},
                                    Cables{CableKind::fabric, 400_Gbps, 32}});
  CHECK(cable_count(parts) == 64);
  // A cable from a NIC is in one port, one between switches in two.
  CHECK(switch_ports(parts).count == 32 + (2 * 32));
  CHECK(switch_ports(parts).gbps == 96 * 400);
}

TEST_CASE("parts: transceivers are two a cable, and none on copper") {
  const Parts parts = count_parts(built("gpu-cluster:4x8,fabric_link=800Gbps"));
  CHECK(transceivers(parts, Copper::none).count == 2 * (32 + 32));
  CHECK(transceivers(parts, Copper::none).gbps == 64 * (400 + 800));
  CHECK(transceivers(parts, Copper::nic).count == 2 * 32);
  CHECK(transceivers(parts, Copper::nic).gbps == 64 * 800);
}

TEST_CASE("parts: a single server has no cable, whatever joins its GPUs") {
  for (const char* text : {"gpu-cluster:1x8", "gpu-cluster:1x8,scale_up=direct"}) {
    CAPTURE(text);
    const Parts parts = count_parts(built(text));
    CHECK(parts.servers == 1);
    CHECK(parts.switches == 0);
    CHECK(parts.cables.empty());
    CHECK(switch_ports(parts).count == 0);
  }
}

TEST_CASE("parts: a fat tree has every port of its switches in use") {
  // 4-port switches in three levels: 4 pods of 2 leaves and 2 aggregation switches, and 4 cores.
  // 16 GPUs; 16 cables a level; all 4 ports of all 20 switches.
  const Parts parts = count_parts(built("fat-tree:4,levels=3"));
  CHECK(parts.gpus == 16);
  CHECK_FALSE(parts.servers.has_value());
  CHECK(parts.nics == 0);
  CHECK(parts.switches == 20);
  CHECK(parts.cables == std::vector{Cables{CableKind::host, 100_Gbps, 16},
                                    Cables{CableKind::fabric, 100_Gbps, 32}});
  CHECK(switch_ports(parts).count == 4 * 20);
}

TEST_CASE("parts: a dragonfly has cables of three makes") {
  // Routers with 2 GPUs and 2 global cables each, 4 a group: 4 x 2 + 1 = 9 groups, 36 routers.
  // 72 cables to GPUs; 6 a group between its routers, 54; one between any two groups, 36.
  const Parts parts = count_parts(built("dragonfly:2x4x2,local=200Gbps,global=400Gbps"));
  CHECK(parts.gpus == 72);
  CHECK(parts.switches == 36);
  CHECK(parts.cables == std::vector{Cables{CableKind::host, 100_Gbps, 72},
                                    Cables{CableKind::fabric, 200_Gbps, 54},
                                    Cables{CableKind::fabric, 400_Gbps, 36}});
  CHECK(switch_ports(parts).count == 36 * (2 + 3 + 2));
}

TEST_CASE("parts: a torus has cables between GPUs, and neither ports nor transceivers") {
  // Each GPU has one cable to the right and one down. Where two GPUs are a circle, two cables join
  // them: also one a GPU.
  for (const auto& [text, cables] :
       {std::pair{"torus:4x4", 2 * 16}, std::pair{"torus:4x2", 2 * 8}, std::pair{"ring:2", 2}}) {
    CAPTURE(text);
    const Parts parts = count_parts(built(text));
    CHECK(parts.cables == std::vector{Cables{CableKind::direct, 100_Gbps, cables}});
    CHECK(parts.switches == 0);
    CHECK(switch_ports(parts).count == 0);
    CHECK(transceivers(parts, Copper::none).count == 0);
  }
}

TEST_CASE("parts: every shipped kind of network is counted") {
  struct Case {
    const char* text;
    std::int64_t gpus;
    std::int64_t switches;
    std::int64_t cables;
  };
  for (const Case& each : {
           Case{"mesh:4x4", 16, 0, 24},          // 3 a row and column, of 8
           Case{"hypercube:3", 8, 0, 12},        // edges of a cube
           Case{"fully-connected:5", 5, 0, 10},  // pairs
           Case{"switch:8", 8, 1, 8},            // a star
           Case{"fat-tree:4x2", 8, 6, 8 + 8},    // 4 leaves of 2, and 2 spines
           Case{"bigraph:2x4", 8, 4, 8 + 4},     // 2 rows of 2 switches, joined across
       }) {
    CAPTURE(each.text);
    const Parts parts = count_parts(built(each.text));
    CHECK(parts.gpus == each.gpus);
    CHECK(parts.switches == each.switches);
    CHECK(cable_count(parts) == each.cables);
  }
}

TEST_CASE("parts: what a file lists is told apart by servers, and paired by bandwidth") {
  // a and b are a server with a switch of its own, which also has a cable to the outer switch; c
  // is alone with a NIC that no server has. d and c are joined by two lanes there and one back: two
  // cables; c and s by lanes of different bandwidth: two again.
  const Parts parts = count_parts(built_from_yaml(R"(
kind: custom
nodes:
  - { name: a, kind: gpu }
  - { name: b, kind: gpu }
  - { name: inner, kind: switch }
  - { name: c, kind: gpu, relay: true }
  - { name: n, kind: nic }
  - { name: s, kind: switch }
  - { name: d, kind: gpu, relay: true }
links:
  - { from: a, to: inner, bandwidth: 400 GB/s }
  - { from: b, to: inner, bandwidth: 400 GB/s }
  - { from: inner, to: s, bandwidth: 400 Gbps }
  - { from: c, to: n, bandwidth: 64 GB/s }
  - { from: n, to: s, bandwidth: 400 Gbps, count: 2 }
  - { from: s, to: c, bandwidth: 100 Gbps, direction: one }
  - { from: c, to: s, bandwidth: 200 Gbps, direction: one }
  - { from: d, to: c, bandwidth: 100 Gbps, direction: one, count: 2 }
  - { from: c, to: d, bandwidth: 100 Gbps, direction: one }
partitions:
  - { name: server, blocks: [[a, b, inner], [], [d]] }
)"));
  CHECK(parts.gpus == 4);
  CHECK(parts.servers == 2);  // an empty block is none
  CHECK(parts.nics == 1);
  CHECK(parts.switches == 1);
  CHECK(parts.cables ==
        std::vector{Cables{CableKind::host, 100_Gbps, 1}, Cables{CableKind::host, 200_Gbps, 1},
                    Cables{CableKind::host, 400_Gbps, 3}, Cables{CableKind::direct, 100_Gbps, 2}});
}
