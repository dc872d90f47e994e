#include "topology/hop_field.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace topology {

HopField::HopField(const Topology& topology)
    : topology_{&topology},
      hops_(topology.nodes().size(), -1),
      nics_(topology.nodes().size(), 0),
      wanted_(topology.nodes().size(), 0) {}

void HopField::aim(NodeId to, std::span<const NodeId> sources) {
  for (const NodeId node : queue_) {
    hops_[index(node)] = -1;
  }
  queue_.assign(1, to);
  hops_[index(to)] = 0;
  nics_[index(to)] = 0;
  ++round_;
  std::size_t unseen = 0;
  for (const NodeId source : sources) {
    unseen += std::exchange(wanted_[index(source)], round_) == round_ ? 0U : 1U;
  }
  std::int32_t farthest = std::numeric_limits<std::int32_t>::max();
  // NOLINTNEXTLINE(modernize-loop-convert): label() appends to the queue while it is walked
  for (std::size_t head = 0; head < queue_.size(); ++head) {
    const NodeId node = queue_[head];
    if (hops_[index(node)] >= farthest) {
      return;
    }
    if (node != to && topology_->node(node).relay == Relay::no) {
      continue;
    }
    for (const LinkId id : topology_->in_links(node)) {
      const NodeId next = topology_->link(id).from;
      const bool is_new = hops_[index(next)] < 0;
      label(next, node);
      if (is_new && wanted_[index(next)] == round_ && --unseen == 0) {
        farthest = hops_[index(next)];
      }
    }
  }
}

bool HopField::leads(LinkId id, NodeId to) const {
  const Link& link = topology_->link(id);
  return hops_[index(link.to)] >= 0 && hops_[index(link.to)] == hops_[index(link.from)] - 1 &&
         nics_through(link.to) == nics_[index(link.from)] &&
         (link.to == to || topology_->node(link.to).relay == Relay::yes);
}

std::int32_t HopField::nics_through(NodeId node) const {
  return nics_[index(node)] + (topology_->node(node).kind == NodeKind::nic ? 1 : 0);
}

void HopField::label(NodeId next, NodeId node) {
  if (hops_[index(next)] < 0) {
    hops_[index(next)] = hops_[index(node)] + 1;
    nics_[index(next)] = nics_through(node);
    queue_.push_back(next);
  } else if (hops_[index(next)] == hops_[index(node)] + 1) {
    nics_[index(next)] = std::min(nics_[index(next)], nics_through(node));
  }
}

}  // namespace topology
