#include "topology/routes.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

#include "sim/contract.hpp"

namespace topology {
namespace {

/// Distances to one destination, over nodes that relay: in hops, and among the shortest ways in
/// NICs passed. Two GPUs behind one NIC could talk through it, but do not where a switch is as
/// near.
class HopField {
 public:
  explicit HopField(const Topology& topology)
      : topology_{&topology},
        hops_(topology.nodes().size(), -1),
        nics_(topology.nodes().size(), 0),
        wanted_(topology.nodes().size(), 0) {}

  /// Labels every node that is no farther than the farthest of `sources`; all, if that is empty.
  void aim(NodeId to, std::span<const NodeId> sources) {
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

  [[nodiscard]] std::int32_t hops(NodeId node) const { return hops_[index(node)]; }

  /// Does this link lead one step on along a best way to `to`, through nodes that may relay?
  [[nodiscard]] bool leads(LinkId id, NodeId to) const {
    const Link& link = topology_->link(id);
    return hops_[index(link.to)] >= 0 && hops_[index(link.to)] == hops_[index(link.from)] - 1 &&
           nics_through(link.to) == nics_[index(link.from)] &&
           (link.to == to || topology_->node(link.to).relay == Relay::yes);
  }

 private:
  /// The NICs on a best way from a node, itself included.
  [[nodiscard]] std::int32_t nics_through(NodeId node) const {
    return nics_[index(node)] + (topology_->node(node).kind == NodeKind::nic ? 1 : 0);
  }

  /// `next` has a link to `node`, whose own labels are final: breadth first, level by level.
  void label(NodeId next, NodeId node) {
    if (hops_[index(next)] < 0) {
      hops_[index(next)] = hops_[index(node)] + 1;
      nics_[index(next)] = nics_through(node);
      queue_.push_back(next);
    } else if (hops_[index(next)] == hops_[index(node)] + 1) {
      nics_[index(next)] = std::min(nics_[index(next)], nics_through(node));
    }
  }

  const Topology* topology_;
  std::vector<std::int32_t> hops_;
  std::vector<std::int32_t> nics_;
  std::vector<std::uint32_t> wanted_;  // the round in which a node was last a source
  std::uint32_t round_ = 0;
  std::vector<NodeId> queue_;  // every node that has a label
};

/// A mixer of 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Where each node stands among the endpoints; 0 for the others.
std::vector<std::uint64_t> rank_of_nodes(const Topology& topology) {
  std::vector<std::uint64_t> ranks(topology.nodes().size());
  for (std::size_t rank = 0; rank < topology.endpoints().size(); ++rank) {
    ranks[index(topology.endpoints()[rank])] = rank;
  }
  return ranks;
}

class Router {
 public:
  Router(const Topology& topology, Routing routing, std::uint64_t seed)
      : topology_{&topology},
        routing_{resolve(routing, topology)},
        seed_{mix(seed)},
        field_{topology},
        ranks_{rank_of_nodes(topology)} {}

  void aim(NodeId to, std::span<const NodeId> sources) {
    if (routing_ != Routing::dimension_order) {
      field_.aim(to, sources);
    }
  }

  /// Appends the hops of `request`, whose destination was aimed at. Returns the latency.
  sim::Duration append(const LaneRequest& request, std::vector<sim::Hop>& hops);

 private:
  sim::Duration append_link(LinkId id, std::vector<sim::Hop>& hops) const {
    hops.push_back({static_cast<std::uint32_t>(index(id)), 1.0});
    return topology_->link(id).spec.latency;
  }
  sim::Duration append_shortest(const LaneRequest& request, std::vector<sim::Hop>& hops);
  sim::Duration append_lattice(const LaneRequest& request, std::vector<sim::Hop>& hops) const;
  sim::Duration append_split(const LaneRequest& request, std::vector<sim::Hop>& hops);
  [[nodiscard]] LinkId lattice_link(NodeId from, NodeId to, bool up) const;

  const Topology* topology_;
  Routing routing_;
  std::uint64_t seed_;
  HopField field_;
  std::vector<std::uint64_t> ranks_;
  std::vector<LinkId> choices_;
};

sim::Duration Router::append(const LaneRequest& request, std::vector<sim::Hop>& hops) {
  if (!request.route.empty()) {
    sim::Duration latency{};
    for (const LinkId id : request.route) {
      latency += append_link(id, hops);
    }
    return latency;
  }
  switch (routing_) {
    case Routing::dimension_order:
      return append_lattice(request, hops);
    case Routing::split:
      return append_split(request, hops);
    case Routing::automatic:
    case Routing::shortest:
    case Routing::ecmp:
      break;
  }
  return append_shortest(request, hops);
}

sim::Duration Router::append_shortest(const LaneRequest& request, std::vector<sim::Hop>& hops) {
  sim::require(field_.hops(request.from) > 0, "a path leads from one endpoint to the other");
  sim::Duration latency{};
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
    latency += append_link(choices_[choice], hops);
    at = topology_->link(choices_[choice]).to;
  }
  return latency;
}

LinkId Router::lattice_link(NodeId from, NodeId to, bool up) const {
  // Where an extent of 2 gives two cables to the same neighbour, the first goes down.
  LinkId found{};
  bool any = false;
  for (const LinkId id : topology_->out_links(from)) {
    if (topology_->link(id).to == to && (!any || up)) {
      found = id;
      any = true;
    }
  }
  sim::require(any, "neighbours on a lattice are joined");
  return found;
}

sim::Duration Router::append_lattice(const LaneRequest& request,
                                     std::vector<sim::Hop>& hops) const {
  const Lattice& lattice = *topology_->lattice();
  const auto goal = static_cast<std::int32_t>(ranks_[index(request.to)]);
  auto at = static_cast<std::int32_t>(ranks_[index(request.from)]);
  auto stride = static_cast<std::int32_t>(topology_->endpoints().size());
  sim::Duration latency{};
  for (const std::int32_t extent : lattice.shape) {
    stride /= extent;
    const std::int32_t to = (goal / stride) % extent;
    std::int32_t x = (at / stride) % extent;
    const std::int32_t ahead = (to - x + extent) % extent;
    // Half way round both ways are as short: the label picks one, so that channels spread.
    const bool tie_up = std::popcount(request.label) % 2 == 1;
    const bool around_up = 2 * ahead < extent || (2 * ahead == extent && tie_up);
    const bool up = lattice.wraps ? around_up : to > x;
    while (x != to) {
      const std::int32_t next_x = (x + (up ? 1 : extent - 1)) % extent;
      const std::int32_t next = at + ((next_x - x) * stride);
      const LinkId id = lattice_link(topology_->endpoints()[static_cast<std::size_t>(at)],
                                     topology_->endpoints()[static_cast<std::size_t>(next)], up);
      latency += append_link(id, hops);
      at = next;
      x = next_x;
    }
  }
  return latency;
}

/// Walks the shortest-path graph from its far end: the number of paths from each node to the
/// destination, then the share of all paths that crosses each link.
sim::Duration Router::append_split(const LaneRequest& request, std::vector<sim::Hop>& hops) {
  sim::require(field_.hops(request.from) > 0, "a path leads from one endpoint to the other");
  struct Stop {
    NodeId node;
    double paths = 0;  // from here to the destination
    double share = 0;  // of all paths, through here
    sim::Duration latency{};
  };
  // Stops by falling distance: breadth-first order from the source is just that.
  std::vector<Stop> stops{{request.from, 0, 1, {}}};
  const auto find = [&](NodeId node) { return std::ranges::find(stops, node, &Stop::node); };
  for (std::size_t i = 0; i < stops.size(); ++i) {
    for (const LinkId id : topology_->out_links(stops[i].node)) {
      const NodeId next = topology_->link(id).to;
      if (field_.leads(id, request.to) && find(next) == stops.end()) {
        stops.push_back({next, 0, 0, {}});
      }
    }
  }
  stops.back().paths = 1;  // the destination is the only one at distance 0
  for (std::size_t i = stops.size() - 1; i-- > 0;) {
    for (const LinkId id : topology_->out_links(stops[i].node)) {
      if (field_.leads(id, request.to)) {
        stops[i].paths += find(topology_->link(id).to)->paths;
      }
    }
  }
  for (std::size_t i = 0; i + 1 < stops.size(); ++i) {
    for (const LinkId id : topology_->out_links(stops[i].node)) {
      if (!field_.leads(id, request.to)) {
        continue;
      }
      const auto next = find(topology_->link(id).to);
      const double share = stops[i].share * next->paths / stops[i].paths;
      hops.push_back({static_cast<std::uint32_t>(index(id)), std::min(share, 1.0)});
      next->share += share;
      next->latency = std::max(next->latency, stops[i].latency + topology_->link(id).spec.latency);
    }
  }
  return stops.back().latency;  // the last part arrives by the slowest path
}

}  // namespace

Routing resolve(Routing routing, const Topology& topology) {
  if (routing != Routing::automatic) {
    return routing;
  }
  return topology.lattice() ? Routing::dimension_order : Routing::shortest;
}

namespace {

/// The hops of every request, found destination by destination, so that each one's hop counts are
/// worked out once.
class Lowering {
 public:
  Lowering(const Topology& topology, Routing routing, std::uint64_t seed,
           std::span<const LaneRequest> requests)
      : topology_{&topology},
        requests_{requests},
        router_{topology, routing, seed},
        injection_begin_{static_cast<std::uint32_t>(topology.links().size())},
        found_(requests.size()) {
    for (const Link& link : topology.links()) {
      fabric_.add_link(link.spec.bandwidth);
    }
    if (topology.injection()) {
      ranks_ = rank_of_nodes(topology);
      for (std::size_t i = 0; i < 2 * topology.endpoints().size(); ++i) {
        fabric_.add_link(*topology.injection());
      }
    }
  }

  sim::Fabric run() {
    std::vector<std::uint32_t> order(requests_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::pair{requests_[i].to, i}; });
    const std::span<const std::uint32_t> all{order};
    for (std::size_t begin = 0; begin < all.size();) {
      std::size_t end = begin + 1;
      while (end < all.size() && requests_[all[end]].to == requests_[all[begin]].to) {
        ++end;
      }
      find_to(requests_[all[begin]].to, all.subspan(begin, end - begin));
      begin = end;
    }
    for (const Found& lane : found_) {
      fabric_.add_lane(std::span{hops_}.subspan(lane.begin, lane.end - lane.begin), lane.latency);
    }
    return std::move(fabric_);
  }

 private:
  struct Found {
    std::size_t begin;
    std::size_t end;
    sim::Duration latency;
  };

  void find_to(NodeId to, std::span<const std::uint32_t> lanes) {
    sources_.clear();
    for (const std::uint32_t lane : lanes) {
      if (requests_[lane].route.empty()) {
        sources_.push_back(requests_[lane].from);
      }
    }
    if (!sources_.empty()) {
      router_.aim(to, sources_);
    }
    for (const std::uint32_t lane : lanes) {
      const std::size_t begin = hops_.size();
      if (topology_->injection()) {
        hops_.push_back({injection_link(requests_[lane].from), 1.0});
      }
      const sim::Duration latency = router_.append(requests_[lane], hops_);
      if (topology_->injection()) {
        hops_.push_back({injection_link(to) + 1, 1.0});
      }
      found_[lane] = {begin, hops_.size(), latency};
    }
  }

  [[nodiscard]] std::uint32_t injection_link(NodeId node) const {
    return injection_begin_ + (2 * static_cast<std::uint32_t>(ranks_[index(node)]));
  }

  const Topology* topology_;
  std::span<const LaneRequest> requests_;
  Router router_;
  sim::Fabric fabric_;
  std::uint32_t injection_begin_;  // then, per endpoint: what it sends, what it receives
  std::vector<std::uint64_t> ranks_;
  std::vector<NodeId> sources_;
  std::vector<sim::Hop> hops_;
  std::vector<Found> found_;
};

}  // namespace

sim::Fabric lower(const Topology& topology, Routing routing, std::uint64_t seed,
                  std::span<const LaneRequest> requests) {
  return Lowering{topology, routing, seed, requests}.run();
}

std::vector<LinkId> path(const Topology& topology, Routing routing, std::uint64_t seed,
                         const LaneRequest& request) {
  Router router{topology, routing, seed};
  router.aim(request.to, std::span{&request.from, 1});
  std::vector<sim::Hop> hops;
  router.append(request, hops);
  std::vector<LinkId> links;
  std::ranges::transform(hops, std::back_inserter(links), [](const sim::Hop& hop) {
    return LinkId{static_cast<std::int32_t>(hop.link)};
  });
  return links;
}

std::vector<std::int32_t> hops_to(const Topology& topology, NodeId to) {
  HopField field{topology};
  field.aim(to, {});
  std::vector<std::int32_t> hops(topology.nodes().size());
  for (std::size_t node = 0; node < hops.size(); ++node) {
    hops[node] = field.hops(NodeId{static_cast<std::int32_t>(node)});
  }
  return hops;
}

std::vector<sim::Duration> latency_from(const Topology& topology, NodeId from, Through through) {
  using Entry = std::pair<sim::Duration, NodeId>;
  std::vector<sim::Duration> latency(topology.nodes().size(), sim::Duration{-1});
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  queue.emplace(sim::Duration{0}, from);
  while (!queue.empty()) {
    const auto [at, node] = queue.top();
    queue.pop();
    if (latency[index(node)] >= sim::Duration{0}) {
      continue;
    }
    latency[index(node)] = at;
    if (node != from && through == Through::relays && topology.node(node).relay == Relay::no) {
      continue;
    }
    for (const LinkId id : topology.out_links(node)) {
      const Link& link = topology.link(id);
      if (latency[index(link.to)] < sim::Duration{0}) {
        queue.emplace(at + link.spec.latency, link.to);
      }
    }
  }
  return latency;
}

}  // namespace topology
