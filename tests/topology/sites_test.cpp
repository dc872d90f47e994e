#include "topology/sites.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "topology/registry.hpp"
#include "topology/routes.hpp"

using namespace topology;

namespace {

Topology sites_of(const std::string& keys) {
  return build(sim::ConfigNode::parse("sites", "{kind: sites, " + keys + "}"));
}

}  // namespace

TEST_CASE("sites: equal networks, a border switch each, and long cables between every two") {
  // A site: 2 servers of 4 GPUs, 4 rails, and above their leaves 2 spines.
  const Topology one = load("test", "gpu-cluster:2x4,nic=400Gbps,500ns");
  const Topology three = sites_of(
      "site: 'gpu-cluster:2x4,nic=400Gbps,500ns', count: 3, distance_km: 100, cables: 2, "
      "bandwidth: 800 Gbps");
  CHECK(three.endpoints().size() == 3 * one.endpoints().size());
  CHECK(three.nodes().size() == (3 * one.nodes().size()) + 3);
  // Up from 2 spines each, and 3 pairs of sites with 2 cables each, both ways.
  CHECK(three.links().size() == (3 * one.links().size()) + (2 * 3 * 2) + (2 * 3 * 2));
  CHECK(three.node(three.endpoints()[0]).name == "site0.node0.gpu0");
  CHECK(three.node(three.endpoints()[8]).name == "site1.node0.gpu0");
  CHECK(three.node(three.endpoints()[23]).name == "site2.node1.gpu3");
  const auto& servers = three.partitions().front();
  CHECK(servers.name == "server");
  CHECK(*std::ranges::max_element(servers.block_of) == 5);
  CHECK(three.partitions().back().name == "site");
}

TEST_CASE("sites: a kilometre takes 4.9 us, and only between sites") {
  const Topology two =
      sites_of("site: 'gpu-cluster:2x4,nic=400Gbps,500ns', distance_km: 1000, bandwidth: 800 Gbps");
  const auto from_first = latency_from(two, two.endpoints()[0], Through::relays);
  const auto to = [&](std::size_t endpoint) {
    return from_first[index(two.endpoints()[endpoint])];
  };
  // The same rail: GPU to NIC, leaf, NIC, GPU. Beside that, across: from the leaf to a spine and
  // the border and back down (500 ns each), and 1000 km.
  CHECK(to(8) - to(4) == sim::Duration{4'897'000'000 + (4 * 500'000)});
  CHECK(sim::seconds(to(8)) == doctest::Approx(4.9e-3).epsilon(0.01));
}

TEST_CASE("sites: above spines where there are any") {
  // 4 servers in 2 pods of 2: a spine per leaf of the pod's rails.
  const Topology two =
      sites_of("site: 'gpu-cluster:4x2,nodes_per_leaf=2', distance_km: 10, bandwidth: 400 Gbps");
  for (const Link& link : two.links()) {
    if (two.node(link.to).name == "site0.border" && two.node(link.from).name != "site1.border") {
      CHECK(two.node(link.from).name.find("spine") != std::string::npos);
    }
  }
}

TEST_CASE("sites: what is none is refused") {
  const auto refused = [](const std::string& keys, const std::string& why) {
    CAPTURE(keys);
    CHECK_THROWS_WITH_AS(sites_of(keys), doctest::Contains(why.c_str()), sim::Error);
  };
  refused("site: 'torus:2x2', distance_km: 10, bandwidth: 1 GB/s", "a site needs a switch");
  refused("site: 'switch:4', count: 1, distance_km: 10, bandwidth: 1 GB/s", "count");
  refused("site: 'switch:4', distance_km: -1, bandwidth: 1 GB/s", "distance_km");
  refused("site: 'switch:4', distance_km: 10", "missing key 'bandwidth'");
  refused("site: 'swich:4', distance_km: 10, bandwidth: 1 GB/s", "did you mean 'switch'?");
}
