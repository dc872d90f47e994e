#include "collectives/fold.hpp"

#include <doctest/doctest.h>

#include "collectives/execute.hpp"
#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "topology/registry.hpp"

using namespace collectives;

namespace {

/// The ranks `first`, `first + stride`, ... of a topology.
Group every(const topology::Topology& topology, std::int32_t count, std::int32_t stride) {
  Group group;
  for (std::int32_t i = 0; i < count; ++i) {
    group.nodes.push_back(topology.endpoints()[static_cast<std::size_t>(i * stride)]);
  }
  return group;
}

Schedule built(const topology::Topology& topology, const Group& group, Collective collective,
               const char* name) {
  const Request request{.topology = &topology,
                        .group = &group,
                        .collective = collective,
                        .bytes = sim::Bytes{std::int64_t{64} << 20}};
  return find_algorithm(collective, sim::ConfigNode::scalar("test", name)).build(request);
}

}  // namespace

TEST_CASE("fold: two ranks of a ring take as long as all of it") {
  const auto network = topology::load("test", "gpu-cluster:16x2,nic=200Gbps,500ns");
  const Group all = every(network, 16, 2);
  const Group two = every(network, 2, 2);
  for (const auto collective :
       {Collective::all_reduce, Collective::reduce_scatter, Collective::all_gather}) {
    const Schedule whole = built(network, all, collective, "ring");
    const auto part = folded(whole, 2);
    REQUIRE(part.has_value());
    CHECK(part->ranks() == 2);
    CHECK(part->messages() * 8 == whole.messages());
    CHECK(execute(network, two, *part, {}).time == execute(network, all, whole, {}).time);
  }
}

TEST_CASE("fold: what ranks do differently is not folded") {
  const auto network = topology::load("test", "gpu-cluster:16x2");
  const Group all = every(network, 16, 2);
  CHECK_FALSE(
      folded(built(network, all, Collective::all_reduce, "double-binary-tree"), 2).has_value());
  const Schedule ring = built(network, all, Collective::all_reduce, "ring");
  CHECK_FALSE(folded(ring, 1).has_value());  // a rank would send to itself
  CHECK_FALSE(folded(ring, 3).has_value());  // 16 are not in turns of three
}
