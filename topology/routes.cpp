#include "topology/routes.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <queue>
#include <utility>

#include "topology/channel_layers.hpp"
#include "topology/hop_field.hpp"
#include "topology/router.hpp"

namespace topology {

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
  Lowering(const Topology& topology, const LoweringOptions& options,
           std::span<const LaneRequest> requests)
      : topology_{&topology},
        circles_{options.circles},
        requests_{requests},
        router_{topology, options.routing, options.seed},
        injection_begin_{static_cast<std::uint32_t>(topology.links().size())},
        found_(requests.size()) {
    for (const Link& link : topology.links()) {
      fabric_.add_link(link.spec.bandwidth, link.spec.latency,
                       static_cast<std::uint32_t>(index(link.from)));
    }
    if (const auto& injection = topology.injection()) {
      ranks_ = rank_of_nodes(topology);
      ports_ = static_cast<std::uint32_t>(injection->ports);
      fabric_.set_ports(injection_begin_, ports_);
      const std::size_t links = 2 * topology.endpoints().size() * ports_;
      for (std::size_t i = 0; i < links; ++i) {
        fabric_.add_link(injection->bandwidth, injection->latency);
      }
      peers_.resize(topology.endpoints().size(), 0);
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
    if (circles_ == Circles::avoided) {
      avoid_circles();
      fabric_.reserve_channel_classes(router_.channel_classes());
    }
    for (std::size_t lane = 0; lane < found_.size(); ++lane) {
      fabric_.add_lane(hops_of(found_[lane]), found_[lane].latency, requests_[lane].urgency);
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
        hops_.push_back({port(requests_[lane].from, to), 1.0});
      }
      const Way way = router_.find(requests_[lane]);
      hops_.insert(hops_.end(), way.hops.begin(), way.hops.end());
      sim::Duration latency = way.latency;
      if (const auto& injection = topology_->injection()) {
        hops_.push_back({port(to, requests_[lane].from) + ports_, 1.0});
        latency += 2 * injection->latency;
      }
      found_[lane] = {begin, hops_.size(), latency};
    }
  }

  std::span<sim::Hop> hops_of(const Found& lane) {
    return std::span{hops_}.subspan(lane.begin, lane.end - lane.begin);
  }

  /// Every layer of lanes gets classes of its own.
  void avoid_circles() {
    std::vector<std::span<const sim::Hop>> lanes;
    lanes.reserve(found_.size());
    std::ranges::transform(found_, std::back_inserter(lanes),
                           [&](const Found& lane) { return hops_of(lane); });
    const std::vector<std::uint8_t> layer = channel_layers(lanes);
    const int classes = 1 + std::ranges::max(hops_, {}, &sim::Hop::channel_class).channel_class;
    for (std::size_t lane = 0; lane < found_.size(); ++lane) {
      for (sim::Hop& hop : hops_of(found_[lane])) {
        hop.channel_class = static_cast<std::uint8_t>(hop.channel_class + (layer[lane] * classes));
      }
    }
  }

  /// The port by which an endpoint talks to `peer`, of those that send, or, `ports_` behind it, of
  /// those that receive: its peers take them in turn.
  std::uint32_t port(NodeId node, NodeId peer) {
    const auto endpoint = static_cast<std::uint32_t>(ranks_[index(node)]);
    const std::uint32_t first = injection_begin_ + (2 * ports_ * endpoint);
    if (ports_ == 1) {
      return first;
    }
    const auto [place, is_new] = port_of_.try_emplace({node, peer}, peers_[endpoint]);
    peers_[endpoint] += is_new ? 1 : 0;
    return first + (place->second % ports_);
  }

  const Topology* topology_;
  Circles circles_;
  std::span<const LaneRequest> requests_;
  Router router_;
  sim::Fabric fabric_;
  std::uint32_t injection_begin_;  // then, per endpoint: the ports that send, those that receive
  std::uint32_t ports_ = 0;
  std::vector<std::uint32_t> peers_;  // per endpoint: how many it was seen to talk to
  std::map<std::pair<NodeId, NodeId>, std::uint32_t> port_of_;  // of an endpoint, for a peer
  std::vector<std::uint64_t> ranks_;
  std::vector<NodeId> sources_;
  std::vector<sim::Hop> hops_;
  std::vector<Found> found_;
};

}  // namespace

sim::Fabric lower(const Topology& topology, const LoweringOptions& options,
                  std::span<const LaneRequest> requests) {
  return Lowering{topology, options, requests}.run();
}

std::vector<LinkId> path(const Topology& topology, Routing routing, std::uint64_t seed,
                         const LaneRequest& request) {
  Router router{topology, routing, seed};
  router.aim(request.to, std::span{&request.from, 1});
  std::vector<LinkId> links;
  std::ranges::transform(
      router.find(request).hops, std::back_inserter(links),
      [](const sim::Hop& hop) { return LinkId{static_cast<std::int32_t>(hop.link)}; });
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
