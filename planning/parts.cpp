#include "planning/parts.hpp"

#include <algorithm>
#include <compare>
#include <iterator>
#include <map>
#include <span>
#include <utility>

#include "planning/quantities.hpp"

namespace planning {
namespace {

using topology::NodeId;
using topology::NodeKind;
using topology::Topology;

/// A topology, and which server each node is in; -1: in none.
struct Site {
  const Topology* topology = nullptr;
  std::vector<std::int32_t> server_of;

  [[nodiscard]] std::int32_t server(NodeId id) const { return server_of[topology::index(id)]; }
  [[nodiscard]] NodeKind kind(NodeId id) const { return topology->node(id).kind; }
  [[nodiscard]] bool is_scale_out(NodeId id) const {
    return kind(id) == NodeKind::switching && server(id) < 0;
  }
};

const topology::Partition* server_partition(const Topology& topology) {
  const auto found = std::ranges::find(topology.partitions(), "server", &topology::Partition::name);
  return found == topology.partitions().end() ? nullptr : &*found;
}

std::int64_t blocks_in(const topology::Partition& partition) {
  std::vector<std::int32_t> blocks = partition.block_of;
  std::ranges::sort(blocks);
  blocks.erase(std::ranges::unique(blocks).begin(), blocks.end());
  return std::ranges::count_if(blocks, [](std::int32_t block) { return block >= 0; });
}

/// Is a link between the two part of a server? A NIC is plugged in, whoever says where.
bool is_inside(const Site& site, NodeId a, NodeId b) {
  const bool same_server = site.server(a) >= 0 && site.server(a) == site.server(b);
  const bool slot = (site.kind(a) == NodeKind::gpu && site.kind(b) == NodeKind::nic) ||
                    (site.kind(a) == NodeKind::nic && site.kind(b) == NodeKind::gpu);
  return same_server || slot;
}

CableKind kind_between(const Site& site, NodeId a, NodeId b) {
  if (site.is_scale_out(a) && site.is_scale_out(b)) {
    return CableKind::fabric;
  }
  return site.is_scale_out(a) || site.is_scale_out(b) ? CableKind::host : CableKind::direct;
}

/// One direction of a cable, as the end with the lower id sees it.
struct Lane {
  NodeId other{};
  sim::Bandwidth bandwidth;
  bool leaves = false;

  friend auto operator<=>(const Lane&, const Lane&) = default;
};

/// The lanes outside servers between `node` and those after it, sorted: every lane is met once.
std::vector<Lane> lanes_upwards(const Site& site, NodeId node) {
  std::vector<Lane> lanes;
  for (const topology::LinkId id : site.topology->out_links(node)) {
    const topology::Link& link = site.topology->link(id);
    if (link.to > node && !is_inside(site, node, link.to)) {
      lanes.push_back({link.to, link.spec.bandwidth, true});
    }
  }
  for (const topology::LinkId id : site.topology->in_links(node)) {
    const topology::Link& link = site.topology->link(id);
    if (link.from > node && !is_inside(site, node, link.from)) {
      lanes.push_back({link.from, link.spec.bandwidth, false});
    }
  }
  std::ranges::sort(lanes);
  return lanes;
}

using Tally = std::map<std::pair<CableKind, sim::Bandwidth>, std::int64_t>;

void count_cables(const Site& site, NodeId node, Tally& tally) {
  const std::vector<Lane> lanes = lanes_upwards(site, node);
  for (auto first = lanes.begin(); first != lanes.end();) {
    const auto same = [&](const Lane& lane) {
      return lane.other == first->other && lane.bandwidth == first->bandwidth;
    };
    const auto last = std::find_if_not(first, lanes.end(), same);
    const auto leaving = std::count_if(first, last, [](const Lane& lane) { return lane.leaves; });
    const auto coming = std::distance(first, last) - leaving;
    tally[{kind_between(site, node, first->other), first->bandwidth}] += std::max(leaving, coming);
    first = last;
  }
}

CableEnds times(const Cables& cables, std::int64_t ends) {
  const std::int64_t count = cables.count * ends;
  return {count, static_cast<double>(count) * gbps(cables.bandwidth)};
}

CableEnds operator+(CableEnds a, CableEnds b) {
  return {a.count + b.count, a.gbps + b.gbps};
}

}  // namespace

Parts count_parts(const Topology& topology) {
  const topology::Partition* servers = server_partition(topology);
  const Site site{.topology = &topology,
                  .server_of = servers != nullptr
                                   ? servers->block_of
                                   : std::vector<std::int32_t>(topology.nodes().size(), -1)};
  Parts parts;
  if (servers != nullptr) {
    parts.servers = blocks_in(*servers);
  }
  Tally tally;
  for (std::int32_t i = 0; i < std::ssize(topology.nodes()); ++i) {
    const NodeId node{i};
    parts.gpus += site.kind(node) == NodeKind::gpu ? 1 : 0;
    parts.nics += site.kind(node) == NodeKind::nic ? 1 : 0;
    parts.switches += site.is_scale_out(node) ? 1 : 0;
    count_cables(site, node, tally);
  }
  for (const auto& [what, count] : tally) {
    parts.cables.push_back({.kind = what.first, .bandwidth = what.second, .count = count});
  }
  return parts;
}

Parts with_servers(Parts parts, std::int64_t servers, std::int64_t gpus_per_server) {
  parts.gpus += servers * gpus_per_server;
  if (parts.servers && *parts.servers > 0) {
    parts.nics += servers * parts.nics / *parts.servers;
    *parts.servers += servers;
  }
  return parts;
}

std::int64_t cable_count(const Parts& parts) {
  std::int64_t count = 0;
  for (const Cables& cables : parts.cables) {
    count += cables.count;
  }
  return count;
}

CableEnds switch_ports(const Parts& parts) {
  CableEnds ports;
  for (const Cables& cables : parts.cables) {
    if (cables.kind != CableKind::direct) {
      ports = ports + times(cables, cables.kind == CableKind::fabric ? 2 : 1);
    }
  }
  return ports;
}

CableEnds transceivers(const Parts& parts, Copper copper) {
  CableEnds ends;
  for (const Cables& cables : parts.cables) {
    const bool optical = cables.kind == CableKind::fabric ||
                         (cables.kind == CableKind::host && copper == Copper::none);
    if (optical) {
      ends = ends + times(cables, 2);
    }
  }
  return ends;
}

}  // namespace planning
