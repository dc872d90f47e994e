#include "topology/router.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "sim/contract.hpp"
#include "sim/random.hpp"

namespace topology {
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
      seed_{sim::mix(seed)},
      field_{topology},
      ranks_{rank_of_nodes(topology)},
      stop_of_(topology.nodes().size(), -1) {
  if (routing_ == Routing::valiant) {
    find_middles();
  }
}

void Router::aim(NodeId to, std::span<const NodeId> sources) {
  if (routing_ != Routing::dimension_order) {
    field_.aim(to, routing_ == Routing::valiant ? std::span<const NodeId>{} : sources);
  }
}

Way Router::find(const LaneRequest& request) {
  hops_.clear();
  latency_ = {};
  firsts_ = 1;
  next_begin_.clear();
  next_.clear();
  if (!request.route.empty()) {
    std::ranges::for_each(request.route, [&](LinkId id) { take(id); });
  } else if (routing_ == Routing::dimension_order) {
    walk_lattice({request.from, request.to}, request.label, 0, hops_);
    latency_ = latency_of(hops_);
  } else if (routing_ == Routing::split || routing_ == Routing::adaptive) {
    split_shortest(request);
  } else if (routing_ == Routing::valiant) {
    wander(request);
  } else {
    walk_shortest(request);
  }
  if (next_begin_.empty()) {
    chain_hops();
  }
  return {hops_, {firsts_, next_begin_, next_}, latency_};
}

/// One hop behind the other.
void Router::chain_hops() {
  for (std::uint32_t hop = 0; hop < hops_.size(); ++hop) {
    next_begin_.push_back(hop);
    if (hop + 1 < hops_.size()) {
      next_.push_back(hop + 1);
    }
  }
  next_begin_.push_back(static_cast<std::uint32_t>(next_.size()));
}

sim::Duration Router::latency_of(std::span<const sim::Hop> way) const {
  sim::Duration latency{};
  for (const sim::Hop& hop : way) {
    latency += topology_->link(LinkId{static_cast<std::int32_t>(hop.link)}).spec.latency;
  }
  return latency;
}

void Router::take(LinkId id) {
  hops_.push_back({static_cast<std::uint32_t>(index(id)), 1.0});
  latency_ += topology_->link(id).spec.latency;
}

void Router::walk_shortest(const LaneRequest& request) {
  sim::require(field_.hops(request.from) > 0, "a path leads from one endpoint to the other");
  std::uint64_t digits = ranks_[index(routing_ == Routing::source ? request.from : request.to)];
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
      choice = sim::mix(request.label ^ sim::mix(seed_ + index(at))) % count;
    } else {
      choice = digits % count;  // the rank, read as mixed-radix digits hop by hop
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
  const bool has_datelines = topology_->lattice() && topology_->lattice()->wraps;
  if (routing_ == Routing::valiant) {
    return has_datelines ? 4 : 2;
  }
  return routing_ == Routing::dimension_order && has_datelines ? 2 : 1;
}

void Router::walk_lattice(Ends ends, std::uint64_t label, std::uint8_t first_class,
                          std::vector<sim::Hop>& way) const {
  const Lattice& lattice = *topology_->lattice();
  const auto goal = static_cast<std::int32_t>(ranks_[index(ends.to)]);
  auto at = static_cast<std::int32_t>(ranks_[index(ends.from)]);
  auto stride = static_cast<std::int32_t>(topology_->endpoints().size());
  for (const std::int32_t extent : lattice.shape) {
    stride /= extent;
    const std::int32_t to = (goal / stride) % extent;
    std::int32_t x = (at / stride) % extent;
    const std::int32_t ahead = (to - x + extent) % extent;
    // Half way round both ways are as short: the label picks one, so that channels spread.
    const bool tie_up = std::popcount(label) % 2 == 1;
    const bool around_up = 2 * ahead < extent || (2 * ahead == extent && tie_up);
    const bool up = lattice.wraps ? around_up : to > x;
    // Packets around a ring of links could wait for each other in a circle. Those that pass from
    // the last place to the first, or back, change class there (W. Dally and C. Seitz,
    // "Deadlock-free message routing in multiprocessor interconnection networks", IEEE TC 36(5),
    // 1987).
    std::uint8_t channel_class = first_class;
    while (x != to) {
      const std::int32_t next_x = (x + (up ? 1 : extent - 1)) % extent;
      const std::int32_t next = at + ((next_x - x) * stride);
      const LinkId id = lattice_link(topology_->endpoints()[static_cast<std::size_t>(at)],
                                     topology_->endpoints()[static_cast<std::size_t>(next)],
                                     up ? Direction::up : Direction::down);
      way.push_back({static_cast<std::uint32_t>(index(id)), 1.0, channel_class});
      if (next_x == (up ? 0 : extent - 1)) {
        channel_class = static_cast<std::uint8_t>(first_class + 1);
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
  for (Stop& stop : std::span{stops_}.first(stops_.size() - 1)) {
    stop.first_hop = static_cast<std::uint32_t>(hops_.size());
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
    stop.hops = static_cast<std::uint32_t>(hops_.size()) - stop.first_hop;
  }
  latency_ = stops_.back().latency;  // the last part arrives by the slowest path
  firsts_ = stops_.front().hops;
  for (const sim::Hop& hop : hops_) {
    next_begin_.push_back(static_cast<std::uint32_t>(next_.size()));
    const Stop& stop = stop_at(LinkId{static_cast<std::int32_t>(hop.link)});
    for (std::uint32_t i = 0; i < stop.hops; ++i) {
      next_.push_back(stop.first_hop + i);
    }
  }
  next_begin_.push_back(static_cast<std::uint32_t>(next_.size()));
}

/// The nodes that Valiant's ways lead by, and the distances to each: of those that relay, up to
/// `middles_max`, taken by chance.
void Router::find_middles() {
  constexpr std::size_t middles_max = 64;
  for (std::size_t node = 0; node < topology_->nodes().size(); ++node) {
    if (topology_->nodes()[node].relay == Relay::yes) {
      middles_.push_back(NodeId{static_cast<std::int32_t>(node)});
    }
  }
  std::ranges::sort(middles_, {}, [&](NodeId node) { return sim::mix(seed_ ^ index(node)); });
  middles_.resize(std::min(middles_.size(), middles_max));
  for (const NodeId middle : middles_) {
    to_middles_.emplace_back(*topology_);
    to_middles_.back().aim(middle, {});
  }
}

/// Goes down a field of distances; of several links it takes any, the same in every run.
void Router::walk_down(const HopField& field, Ends ends, std::uint8_t channel_class,
                       std::vector<sim::Hop>& way) {
  std::uint64_t chance = sim::mix(index(ends.from) ^ sim::mix(seed_ ^ index(ends.to)));
  for (NodeId at = ends.from; at != ends.to;) {
    choices_.clear();
    for (const LinkId id : topology_->out_links(at)) {
      if (field.leads(id, ends.to)) {
        choices_.push_back(id);
      }
    }
    const LinkId id = choices_[chance % choices_.size()];
    way.push_back({static_cast<std::uint32_t>(index(id)), 1.0, channel_class});
    chance = sim::mix(chance);
    at = topology_->link(id).to;
  }
}

/// L. Valiant, "A scheme for fast parallel communication", SIAM J. Computing 11(2), 1982: first to
/// a node taken by chance, then on; both by a shortest path, and with virtual channels of their
/// own, so that neither half waits for the other in a circle. A lane gets several such ways.
void Router::wander(const LaneRequest& request) {
  sim::require(field_.hops(request.from) > 0, "a path leads from one endpoint to the other");
  constexpr std::size_t ways_max = 16;
  const std::uint64_t start = sim::mix(request.label ^ sim::mix(seed_));
  std::vector<std::vector<sim::Hop>> ways;
  for (std::size_t i = 0; i < middles_.size() && ways.size() < ways_max; ++i) {
    const std::size_t middle = (start + i) % middles_.size();
    const NodeId by = middles_[middle];
    if (by == request.from || by == request.to || to_middles_[middle].hops(request.from) <= 0 ||
        field_.hops(by) <= 0) {
      continue;
    }
    std::vector<sim::Hop>& way = ways.emplace_back();
    if (topology_->lattice()) {
      walk_lattice({request.from, by}, request.label, 0, way);
      walk_lattice({by, request.to}, request.label, topology_->lattice()->wraps ? 2 : 1, way);
    } else {
      walk_down(to_middles_[middle], {request.from, by}, 0, way);
      walk_down(field_, {by, request.to}, 1, way);
    }
    cut_loops(way);
  }
  if (ways.empty()) {
    walk_down(field_, {request.from, request.to}, 0, ways.emplace_back());
  }
  put_side_by_side(ways);
}

/// Cuts out what leads back to a node where the way has been before.
void Router::cut_loops(std::vector<sim::Hop>& way) const {
  const auto link = [&](const sim::Hop& hop) -> const Link& {
    return topology_->link(LinkId{static_cast<std::int32_t>(hop.link)});
  };
  std::vector<sim::Hop> out;
  for (const sim::Hop& hop : way) {
    const auto been = std::ranges::find(out, link(hop).to,
                                        [&](const sim::Hop& before) { return link(before).from; });
    if (been == out.end()) {
      out.push_back(hop);
    } else {
      out.erase(been, out.end());
    }
  }
  way = std::move(out);
}

/// The first hops of all ways, then the rest of each.
void Router::put_side_by_side(std::span<const std::vector<sim::Hop>> ways) {
  const double share = 1.0 / static_cast<double>(ways.size());
  const auto add = [&](const sim::Hop& hop) {
    hops_.push_back({hop.link, share, hop.channel_class});
  };
  firsts_ = static_cast<std::uint32_t>(ways.size());
  std::vector<std::uint32_t> next_of(ways.size(), 0);  // per hop; 0: none
  for (const auto& way : ways) {
    add(way.front());
  }
  for (std::size_t i = 0; i < ways.size(); ++i) {
    std::size_t before = i;
    for (const sim::Hop& hop : std::span{ways[i]}.subspan(1)) {
      next_of[before] = static_cast<std::uint32_t>(hops_.size());
      before = hops_.size();
      next_of.push_back(0);
      add(hop);
    }
    latency_ = std::max(latency_, latency_of(ways[i]));
  }
  for (const std::uint32_t next : next_of) {
    next_begin_.push_back(static_cast<std::uint32_t>(next_.size()));
    if (next != 0) {
      next_.push_back(next);
    }
  }
  next_begin_.push_back(static_cast<std::uint32_t>(next_.size()));
}

}  // namespace topology
