#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "collectives/schedule.hpp"
#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// The ranks of a communicator and where each one sits: rank r is the endpoint `nodes[r]`.
struct Group {
  std::vector<topology::NodeId> nodes;

  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(nodes.size()); }
  [[nodiscard]] topology::NodeId node(Rank rank) const { return nodes[index(rank)]; }
};

/// Every endpoint, in order.
[[nodiscard]] Group whole_group(const topology::Topology& topology);

/// "0..15", "0,2,5..9": endpoints by number, in the order written. Throws sim::Error at `node` for
/// numbers out of range or given twice.
[[nodiscard]] Group read_group(const topology::Topology& topology, const sim::ConfigNode& node);

}  // namespace collectives
