#include "topology/router.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "sim/contract.hpp"

namespace topology {
namespace {

/// A mixer of 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace

std::vector<std::uint64_t> rank_of_nodes(const Topology& topology) {
  std::vector<std::uint64_t> ranks(topology.nodes().size());
  for (std::size_t rank = 0; rank < topology.endpoints().size(); ++rank) {
    ranks[index(topology.endpoints()[rank])] = rank;
  }
  return ranks;
}

Router::Router(const Topology& topology, Routing routing, std::uint64_t seed)
    : topology_{&topology},
      routing_{resolve(routing, topology)},
      seed_{mix(seed)},
      field_{topology},
      ranks_{rank_of_nodes(topology)},
      stop_of_(topology.nodes().size(), -1) {}

void Router::aim(NodeId to, std::span<const NodeId> sources) {
  if (routing_ != Routing::dimension_order) {
    field_.aim(to, sources);
  }
}

Way Router::find(const LaneRequest& request) {
  hops_.clear();
  latency_ = {};
  if (!request.route.empty()) {
    std::ranges::for_each(request.route, [&](LinkId id) { take(id); });
  } else if (routing_ == Routing::dimension_order) {
    walk_lattice(request);
  } else if (routing_ == Routing::split) {
    split_shortest(request);
  } else {
    walk_shortest(request);
  }
  return {hops_, latency_};
}

void Router::take(LinkId id, std::uint8_t channel_class) {
  hops_.push_back({static_cast<std::uint32_t>(index(id)), 1.0, channel_class});
  latency_ += topology_->link(id).spec.latency;
}

void Router::walk_shortest(const LaneRequest& request) {
  sim::require(field_.hops(request.from) > 0, "a path leads from one endpoint to the other");
  std::uint64_t digits = ranks_[index(request.to)];
  for (NodeId at = request.from; at != request.to;) {
    choices_.clear();
    for (const LinkId id : topology_->out_links(at)) {
      if (field_.leads(id, request.to)) {
        choices_.push_back(id);
      }
    }
    const std::uint64_t count = choices_.size();
    std::uint64_t choice = 0;
    if (routing_ == Routing::ecmp) {
      choice = mix(request.label ^ mix(seed_ + index(at))) % count;
    } else {
      choice = digits % count;  // the destination's rank, read as mixed-radix digits hop by hop
      digits /= count;
    }
    take(choices_[choice]);
    at = topology_->link(choices_[choice]).to;
  }
}

LinkId Router::lattice_link(NodeId from, NodeId to, Direction direction) const {
  // Where an extent of 2 gives two cables to the same neighbour, the first goes down.
  std::optional<LinkId> found;
  for (const LinkId id : topology_->out_links(from)) {
    if (topology_->link(id).to == to && (!found || direction == Direction::up)) {
      found = id;
    }
  }
  sim::require(found.has_value(), "neighbours on a lattice are joined");
  return *found;
}

std::int32_t Router::channel_classes() const {
  return routing_ == Routing::dimension_order && topology_->lattice()->wraps ? 2 : 1;
}

void Router::walk_lattice(const LaneRequest& request) {
  const Lattice& lattice = *topology_->lattice();
  const auto goal = static_cast<std::int32_t>(ranks_[index(request.to)]);
  auto at = static_cast<std::int32_t>(ranks_[index(request.from)]);
  auto stride = static_cast<std::int32_t>(topology_->endpoints().size());
  for (const std::int32_t extent : lattice.shape) {
    stride /= extent;
    const std::int32_t to = (goal / stride) % extent;
    std::int32_t x = (at / stride) % extent;
    const std::int32_t ahead = (to - x + extent) % extent;
    // Half way round both ways are as short: the label picks one, so that channels spread.
    const bool tie_up = std::popcount(request.label) % 2 == 1;
    const bool around_up = 2 * ahead < extent || (2 * ahead == extent && tie_up);
    const bool up = lattice.wraps ? around_up : to > x;
    // Packets around a ring of links could wait for each other in a circle. Those that pass from
    // the last place to the first, or back, change class there (W. Dally and C. Seitz,
    // "Deadlock-free message routing in multiprocessor interconnection networks", IEEE TC 36(5),
    // 1987).
    std::uint8_t channel_class = 0;
    while (x != to) {
      const std::int32_t next_x = (x + (up ? 1 : extent - 1)) % extent;
      const std::int32_t next = at + ((next_x - x) * stride);
      take(lattice_link(topology_->endpoints()[static_cast<std::size_t>(at)],
                        topology_->endpoints()[static_cast<std::size_t>(next)],
                        up ? Direction::up : Direction::down),
           channel_class);
      if (next_x == (up ? 0 : extent - 1)) {
        channel_class = 1;
      }
      at = next;
      x = next_x;
    }
  }
}

/// Breadth first from the source, along links that lead on: the destination comes last.
void Router::find_stops(const LaneRequest& request) {
  for (const Stop& stop : stops_) {
    stop_of_[index(stop.node)] = -1;
  }
  stops_.clear();
  const auto add = [&](NodeId node) {
    std::int32_t& stop = stop_of_[index(node)];
    if (stop < 0) {
      stop = static_cast<std::int32_t>(stops_.size());
      stops_.push_back({.node = node});
    }
  };
  add(request.from);
  // NOLINTNEXTLINE(modernize-loop-convert): add() appends to the stops while they are walked
  for (std::size_t i = 0; i < stops_.size(); ++i) {
    for (const LinkId id : topology_->out_links(stops_[i].node)) {
      if (field_.leads(id, request.to)) {
        add(topology_->link(id).to);
      }
    }
  }
}

/// The number of paths from each stop to the destination, then the share of all paths that crosses
/// each link.
void Router::split_shortest(const LaneRequest& request) {
  sim::require(field_.hops(request.from) > 0, "a path leads from one endpoint to the other");
  find_stops(request);
  const auto stop_at = [&](LinkId id) -> Stop& {
    return stops_[static_cast<std::size_t>(stop_of_[index(topology_->link(id).to)])];
  };
  stops_.back().paths = 1;
  for (std::size_t i = stops_.size() - 1; i-- > 0;) {
    for (const LinkId id : topology_->out_links(stops_[i].node)) {
      if (field_.leads(id, request.to)) {
        stops_[i].paths += stop_at(id).paths;
      }
    }
  }
  stops_.front().share = 1;
  for (const Stop& stop : std::span{stops_}.first(stops_.size() - 1)) {
    for (const LinkId id : topology_->out_links(stop.node)) {
      if (!field_.leads(id, request.to)) {
        continue;
      }
      Stop& next = stop_at(id);
      const double share = stop.share * next.paths / stop.paths;
      hops_.push_back({static_cast<std::uint32_t>(index(id)), std::min(share, 1.0)});
      next.share += share;
      next.latency = std::max(next.latency, stop.latency + topology_->link(id).spec.latency);
    }
  }
  latency_ = stops_.back().latency;  // the last part arrives by the slowest path
}

}  // namespace topology
