#include "topology/changes.hpp"

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "topology/registry.hpp"
#include "topology/routes.hpp"

using namespace topology;

namespace {

Topology after(const Topology& network, const std::string& changes) {
  return changed(network, sim::ConfigNode::parse("changes", changes));
}

NodeId named(const Topology& network, const std::string& name) {
  for (std::size_t i = 0; i < network.nodes().size(); ++i) {
    if (network.nodes()[i].name == name) {
      return static_cast<NodeId>(i);
    }
  }
  FAIL("no node " << name);
  return NodeId{};
}

}  // namespace

TEST_CASE("changes: without a spine what goes from leaf to leaf takes the other one") {
  // 4 leaves of 2 GPUs, 2 spines: a cable up from each leaf to each spine.
  const Topology whole = load("test", "fat-tree:4x2");
  const Topology cut = after(whole, "[{fail: spine0}]");
  CHECK(cut.nodes().size() == whole.nodes().size());
  CHECK(cut.links().size() == whole.links().size() - (2 * 4));
  for (int gpu = 2; gpu < 8; ++gpu) {
    const auto way = path(cut, Routing::shortest, 1, {NodeId{0}, NodeId{gpu}});
    REQUIRE(way.size() == 4);
    CHECK(cut.node(cut.link(way[1]).to).name == "spine1");
  }
  CHECK_THROWS_WITH_AS(after(cut, "[{fail: spine1}]"),
                       doctest::Contains("nothing leads from 'gpu0' to 'gpu2' any more"),
                       sim::Error);
}

TEST_CASE("changes: a cable that failed is gone both ways, a slow one is slow both ways") {
  const Topology whole = load("test", "torus:4x4,link=16GB/s,150ns");
  const Topology cut = after(whole, "[{fail: gpu0 - gpu1}]");
  CHECK(cut.links().size() == whole.links().size() - 2);
  CHECK(!cut.lattice().has_value());
  // gpu0 to gpu1: round by the row above or below, or the other way round the circle.
  CHECK(path(cut, Routing::shortest, 1, {NodeId{0}, NodeId{1}}).size() == 3);
  const Topology slow = after(whole, "[{slow: gpu0 - gpu1, bandwidth: 1 GB/s}]");
  const auto between = [&](NodeId from, NodeId to) {
    for (const LinkId id : slow.out_links(from)) {
      if (slow.link(id).to == to) {
        return slow.link(id).spec;
      }
    }
    return LinkSpec{};
  };
  CHECK(between(NodeId{0}, NodeId{1}).bandwidth == sim::Bandwidth{1'000'000'000});
  CHECK(between(NodeId{1}, NodeId{0}).bandwidth == sim::Bandwidth{1'000'000'000});
  CHECK(between(NodeId{0}, NodeId{1}).latency == sim::Duration{150'000});
  CHECK(between(NodeId{1}, NodeId{2}).bandwidth == sim::Bandwidth{16'000'000'000});
  CHECK_THROWS_WITH_AS(after(whole, "[{slow: gpu0 - gpu1, bandwidth: 17 GB/s}]"),
                       doctest::Contains("more than the 16.00 GB/s of that cable"), sim::Error);
  CHECK_THROWS_WITH_AS(after(whole, "[{slow: gpu0 - gpu1, latency: 1 ns}]"),
                       doctest::Contains("less than the 150.0 ns of that cable"), sim::Error);
}

TEST_CASE("changes: servers stay servers") {
  const Topology whole = load("test", "gpu-cluster:2x4");
  const Topology slow = after(whole, "[{slow: node0.nic0, latency: 5 us}]");
  REQUIRE(!slow.partitions().empty());
  CHECK(slow.partitions().front().name == "server");
  CHECK(slow.partitions().front().block_of == whole.partitions().front().block_of);
  CHECK(slow.out_links(named(slow, "node0.nic0")).size() ==
        whole.out_links(named(whole, "node0.nic0")).size());
}

TEST_CASE("changes: what is not there is said, with what comes near") {
  const Topology whole = load("test", "gpu-cluster:2x4");
  const auto refused = [&](const std::string& text, const std::string& why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(after(whole, text), doctest::Contains(why.c_str()), sim::Error);
  };
  refused("[{fail: leaf9}]", "there is no node 'leaf9'");
  refused("[{fail: node0.nik0}]", "did you mean 'node0.nic0'?");
  refused("[{fail: leaf0 - leaf1}]", "there is no cable 'leaf0 - leaf1'");
  refused("[{fail: node0.gpu1}]", "is a GPU, whose rank would be missing");
  refused("[{slow: leaf0}]", "expected a bandwidth, a latency or both");
  refused("[{slow: leaf0 - node0.gpu0, latency: 1 us}]", "there is no cable");
  refused("[{fails: leaf0}]", "did you mean 'fail'?");
}
