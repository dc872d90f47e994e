#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topology/topology.hpp"

namespace topology {

/// Distances to one destination, over nodes that relay: in hops, and among the shortest ways in
/// NICs passed. Two GPUs behind one NIC could talk through it, but do not where a switch is as
/// near.
class HopField {
 public:
  /// `topology` outlives this.
  explicit HopField(const Topology& topology);

  /// Labels every node that is no farther than the farthest of `sources`; all, if that is empty.
  void aim(NodeId to, std::span<const NodeId> sources);

  [[nodiscard]] std::int32_t hops(NodeId node) const { return hops_[index(node)]; }

  /// Does this link lead one step on along a best way to `to`, through nodes that may relay?
  [[nodiscard]] bool leads(LinkId id, NodeId to) const;

 private:
  /// The NICs on a best way from a node, itself included.
  [[nodiscard]] std::int32_t nics_through(NodeId node) const;

  /// `next` has a link to `node`, whose own labels are final: breadth first, level by level.
  void label(NodeId next, NodeId node);

  const Topology* topology_;
  std::vector<std::int32_t> hops_;
  std::vector<std::int32_t> nics_;
  std::vector<std::uint32_t> wanted_;  // the round in which a node was last a source
  std::uint32_t round_ = 0;
  std::vector<NodeId> queue_;  // every node that has a label
};

}  // namespace topology
