#pragma once
// The trees of MultiTree (multitree.hpp).

#include <cstdint>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/request.hpp"
#include "collectives/schedule.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// An edge of a tree: in time step `step` of the all-gather `parent` sends to `child` over `route`.
struct TreeEdge {
  Rank child{};
  Rank parent{};
  std::int32_t step = 0;
  std::vector<topology::LinkId> route;
};

struct Trees {
  std::int32_t steps = 0;                    // per phase
  std::vector<std::vector<TreeEdge>> edges;  // per root, in the order in which they were added
};

/// Builds the trees of a group. `interfaces` limits what a rank sends, and receives, per step; 0
/// for as many as it has links.
///
/// A link that is k times as fast as the slowest one of the network can be taken k times a step.
/// Ways lead through switches and through relaying endpoints outside the group, never through a
/// rank, nor through a second switch that has ranks of its own.
[[nodiscard]] Trees build_trees(const topology::Topology& topology, const Group& group,
                                TreeOrder order, std::int32_t interfaces);

}  // namespace collectives
