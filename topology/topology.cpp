#include "topology/topology.hpp"

#include <utility>

#include <fmt/format.h>

#include "sim/contract.hpp"

namespace topology {

NodeId Topology::add_node(Node node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  if (node.kind == NodeKind::gpu) {
    endpoints_.push_back(id);
  }
  nodes_.push_back(std::move(node));
  out_.emplace_back();
  in_.emplace_back();
  return id;
}

LinkId Topology::add_link(NodeId from, NodeId to, LinkSpec spec) {
  sim::require(from != to, "a link joins two different nodes");
  sim::require(spec.bandwidth > sim::Bandwidth{0}, "a link carries something");
  const auto id = static_cast<LinkId>(links_.size());
  links_.push_back({from, to, spec});
  out_[index(from)].push_back(id);
  in_[index(to)].push_back(id);
  return id;
}

void Topology::connect(NodeId from, NodeId to, LinkSpec spec) {
  add_link(from, to, spec);
  add_link(to, from, spec);
}

void Topology::add_partition(Partition partition) {
  sim::require(partition.block_of.size() == nodes_.size(), "a partition covers every node");
  partitions_.push_back(std::move(partition));
}

std::string Topology::summary() const {
  return fmt::format("{} of {} GPUs, {} links", kind_, endpoints_.size(), links_.size());
}

std::string_view name_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::gpu:
      return "gpu";
    case NodeKind::nic:
      return "nic";
    case NodeKind::switching:
      return "switch";
  }
  return "";
}

}  // namespace topology
