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
        channels_{options.channels},
        ways_{options.ways},
        routing_{resolve(options.routing, topology)},
        keeps_next_{forks(routing_) || circles_ == Circles::avoided},
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
    fabric_.set_choice(routing_ == Routing::adaptive ? sim::Choice::least_loaded
                                                     : sim::Choice::random);
    for (std::size_t lane = 0; lane < found_.size(); ++lane) {
      add_lane(found_[lane], requests_[lane].urgency);
    }
    return std::move(fabric_);
  }

 private:
  struct Found {
    std::size_t begin;  // of hops
    std::size_t end;
    std::size_t next_begins;  // where its part of `next_begin_` begins
    std::size_t next;         // ... of `next_`
    std::uint32_t firsts;
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
      const Way way = router_.find(requests_[lane]);
      found_[lane] = {.begin = hops_.size(),
                      .end = 0,
                      .next_begins = next_begin_.size(),
                      .next = next_.size(),
                      .firsts = way.fork.firsts,
                      .latency = way.latency};
      if (topology_->injection()) {
        take_between_ports(requests_[lane], way);
        const int ports =
            (has_ports(requests_[lane].from) ? 1 : 0) + (has_ports(requests_[lane].to) ? 1 : 0);
        found_[lane].firsts = has_ports(requests_[lane].from) ? 1 : way.fork.firsts;
        found_[lane].latency += ports * topology_->injection()->latency;
      } else {
        hops_.insert(hops_.end(), way.hops.begin(), way.hops.end());
      }
      if (!topology_->injection() && keeps_next_) {
        next_begin_.insert(next_begin_.end(), way.fork.next_begin.begin(),
                           way.fork.next_begin.end());
        next_.insert(next_.end(), way.fork.next.begin(), way.fork.next.end());
      }
      found_[lane].end = hops_.size();
    }
  }

  /// The sender's port, the ways, the receiver's port; switches have none.
  void take_between_ports(const LaneRequest& request, const Way& way) {
    const bool from_port = has_ports(request.from);
    const bool to_port = has_ports(request.to);
    const std::uint32_t before = from_port ? 1 : 0;
    const auto last = static_cast<std::uint32_t>(way.hops.size()) + before;
    if (from_port) {
      hops_.push_back({port(request.from, request.to), 1.0});
    }
    hops_.insert(hops_.end(), way.hops.begin(), way.hops.end());
    if (to_port) {
      hops_.push_back({port(request.to, request.from) + ports_, 1.0});
    }
    if (!keeps_next_) {
      return;
    }
    const std::size_t start = next_.size();
    for (std::uint32_t first = 0; from_port && first < way.fork.firsts; ++first) {
      next_.push_back(first + 1);
    }
    if (from_port) {
      next_begin_.push_back(0);
    }
    for (std::size_t hop = 0; hop < way.hops.size(); ++hop) {
      next_begin_.push_back(static_cast<std::uint32_t>(next_.size() - start));
      for (std::uint32_t k = way.fork.next_begin[hop]; k < way.fork.next_begin[hop + 1]; ++k) {
        next_.push_back(way.fork.next[k] + before);
      }
      if (to_port && way.fork.next_begin[hop] == way.fork.next_begin[hop + 1]) {
        next_.push_back(last);
      }
    }
    if (to_port) {
      next_begin_.push_back(static_cast<std::uint32_t>(next_.size() - start));
    }
    next_begin_.push_back(static_cast<std::uint32_t>(next_.size() - start));
  }

  [[nodiscard]] bool has_ports(NodeId node) const {
    return topology_->node(node).kind == NodeKind::gpu;
  }

  void add_lane(const Found& lane, std::int32_t urgency) {
    if (!forks(routing_)) {
      fabric_.add_lane(hops_of(lane), lane.latency, urgency);
    } else if (ways_ == Ways::chosen) {
      fabric_.add_lane(hops_of(lane), lane.latency, urgency, fork_of(lane));
    } else {
      merge_shares(hops_of(lane));
      fabric_.add_lane(merged_, lane.latency, urgency);
    }
  }

  [[nodiscard]] sim::Fork fork_of(const Found& lane) const {
    return {
        .firsts = lane.firsts,
        .next_begin = std::span{next_begin_}.subspan(lane.next_begins, lane.end - lane.begin + 1),
        .next = std::span{next_}.subspan(lane.next)};
  }

  /// Each link once, with all that crosses it.
  void merge_shares(std::span<const sim::Hop> hops) {
    merged_.assign(hops.begin(), hops.end());
    std::ranges::stable_sort(merged_, {}, &sim::Hop::link);
    std::size_t kept = 0;
    for (std::size_t i = 1; i < merged_.size(); ++i) {
      if (merged_[i].link == merged_[kept].link) {
        merged_[kept].share = std::min(merged_[kept].share + merged_[i].share, 1.0);
      } else {
        merged_[++kept] = merged_[i];
      }
    }
    merged_.resize(kept + 1);
  }

  std::span<sim::Hop> hops_of(const Found& lane) {
    return std::span{hops_}.subspan(lane.begin, lane.end - lane.begin);
  }

  /// Every layer of lanes gets classes of its own. Of Valiant's ways, to which packets keep once
  /// they are on them, each counts as a lane.
  void avoid_circles() {
    if (hops_.empty()) {
      return;
    }
    classes_ = 1 + std::ranges::max(hops_, {}, &sim::Hop::channel_class).channel_class;
    ChannelLayers layers{fabric_.links(), std::max(channels_ / classes_, 1)};
    std::vector<Wait> waits;
    for (const Found& lane : found_) {
      waits.clear();
      if (routing_ == Routing::valiant) {
        const auto firsts = topology_->injection() ? next_of(lane, 0) : first_numbers(lane);
        for (const std::uint32_t first : firsts) {
          place_way(lane, first, layers);
        }
        continue;
      }
      for (std::uint32_t hop = 0; hop < lane.end - lane.begin; ++hop) {
        for (const std::uint32_t next : next_of(lane, hop)) {
          if (!next_of(lane, next).empty()) {
            waits.push_back({hops_[lane.begin + hop], hops_[lane.begin + next]});
          }
        }
      }
      const std::uint8_t layer = layers.place(waits);
      for (sim::Hop& hop : hops_of(lane)) {
        move_up(hop, layer);
      }
    }
  }

  void move_up(sim::Hop& hop, std::uint8_t layer) const {
    hop.channel_class = static_cast<std::uint8_t>(hop.channel_class + (layer * classes_));
  }

  /// The hops of the lane that may come behind one of them, counted from its first one.
  [[nodiscard]] std::span<const std::uint32_t> next_of(const Found& lane, std::uint32_t hop) const {
    const sim::Fork fork = fork_of(lane);
    return fork.next.subspan(fork.next_begin[hop], fork.next_begin[hop + 1] - fork.next_begin[hop]);
  }

  /// 0, 1, ..., as many as the lane has first hops.
  std::span<const std::uint32_t> first_numbers(const Found& lane) {
    while (counting_.size() < lane.firsts) {
      counting_.push_back(static_cast<std::uint32_t>(counting_.size()));
    }
    return std::span{counting_}.first(lane.firsts);
  }

  /// Gives the way from a hop on a layer.
  void place_way(const Found& lane, std::uint32_t first, ChannelLayers& layers) {
    std::vector<std::uint32_t> way{first};
    while (!next_of(lane, way.back()).empty()) {
      way.push_back(next_of(lane, way.back()).front());
    }
    way.pop_back();  // nobody waits behind the last one
    std::vector<Wait> waits;
    for (std::size_t i = 1; i < way.size(); ++i) {
      waits.push_back({hops_[lane.begin + way[i - 1]], hops_[lane.begin + way[i]]});
    }
    const std::uint8_t layer = layers.place(waits);
    for (const std::uint32_t hop : way) {
      move_up(hops_[lane.begin + hop], layer);
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
  std::int32_t channels_;
  Ways ways_;
  Routing routing_;
  bool keeps_next_;  // what comes behind which hop
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
  std::vector<std::uint32_t> next_begin_;  // per hop of a lane, and one more: see sim::Fork
  std::vector<std::uint32_t> next_;
  std::vector<sim::Hop> merged_;
  std::vector<std::uint32_t> counting_;
  int classes_ = 1;  // that routing gave
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
