#pragma once
// Replicas that stand for others.
//
// Data parallel replicas do the same. On servers that are all alike, around switches that all of
// them share, nothing tells one replica from the next but its number; so a few of them, whose
// collectives with the others are folded (collectives/fold.hpp), take as long as all.

#include <cstdint>

#include "topology/topology.hpp"
#include "workloads/layout.hpp"

namespace workloads {

/// Are all servers alike: as many GPUs in each, with the same links, whose NICs lead to the same
/// switches?
[[nodiscard]] bool has_like_servers(const topology::Topology& topology);

/// The fewest replicas that can stand for all of a layout, rank r of which is endpoint r: those on
/// two servers at least, with all experts of each. 0 if none can. Requires servers that are alike.
[[nodiscard]] std::int32_t replicas_for_all(const Layout& layout,
                                            const topology::Topology& topology);

}  // namespace workloads
