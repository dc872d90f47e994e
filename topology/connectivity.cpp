#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/strong_components.hpp>

#include "topology/topology.hpp"

// Asking every endpoint where it can go would cost endpoints times links. Nearly every network has
// a hub instead: a relaying node that every endpoint can reach and that can reach every endpoint.
// Then all pairs are joined, and two walks prove it. The hub is looked for in the largest strongly
// connected set of relaying nodes through which the first endpoint can reach itself. Only without
// a hub (GPUs joined directly, or traffic that is only ever passed one way) each endpoint walks.

namespace topology {
namespace {

enum class Way : std::uint8_t { forward, backward };

/// Marks what a node reaches (forward), or what reaches it (backward). Can be used again and again:
/// a walk costs what it visits.
class Walk {
 public:
  explicit Walk(const Topology& topology)
      : topology_{&topology}, walk_of_(topology.nodes().size(), 0) {}

  void run(NodeId start, Way way) {
    ++walk_;
    visited_.clear();
    endpoints_ = 0;
    if (topology_->node(start).relay == Relay::yes) {
      visit(start);
    } else {
      expand(start, way);
    }
    std::size_t head = 0;
    while (head < visited_.size()) {  // it grows
      const NodeId node = visited_[head++];
      if (topology_->node(node).relay == Relay::yes) {
        expand(node, way);
      }
    }
    if (!reached(start)) {
      visit(start);
    }
  }

  /// Of the last walk; its start counts as reached.
  [[nodiscard]] bool reached(NodeId node) const { return walk_of_[index(node)] == walk_; }
  [[nodiscard]] const std::vector<NodeId>& visited() const { return visited_; }

  /// The lowest endpoint that the last walk did not reach.
  [[nodiscard]] std::optional<NodeId> first_missing() const {
    const auto endpoints = topology_->endpoints();
    if (endpoints_ == endpoints.size()) {
      return std::nullopt;
    }
    return *std::ranges::find_if(endpoints, [&](NodeId node) { return !reached(node); });
  }

 private:
  void visit(NodeId node) {
    walk_of_[index(node)] = walk_;
    visited_.push_back(node);
    endpoints_ += topology_->node(node).kind == NodeKind::gpu ? 1U : 0U;
  }

  void expand(NodeId node, Way way) {
    const auto links = way == Way::forward ? topology_->out_links(node) : topology_->in_links(node);
    for (const LinkId id : links) {
      const Link& link = topology_->link(id);
      const NodeId next = way == Way::forward ? link.to : link.from;
      if (!reached(next)) {
        visit(next);
      }
    }
  }

  const Topology* topology_;
  std::vector<std::int32_t> walk_of_;  // per node: the last walk that reached it
  std::int32_t walk_ = 0;
  std::vector<NodeId> visited_;
  std::size_t endpoints_ = 0;  // among the visited
};

/// Per node, the strongly connected component it is in when only relaying nodes are left.
std::vector<std::uint32_t> relay_components(const Topology& topology) {
  using Graph =
      boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                         boost::no_property, std::uint32_t, std::uint32_t>;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (const Link& link : topology.links()) {
    if (topology.node(link.from).relay == Relay::yes &&
        topology.node(link.to).relay == Relay::yes) {
      edges.emplace_back(static_cast<std::uint32_t>(link.from),
                         static_cast<std::uint32_t>(link.to));
    }
  }
  const Graph graph{boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(),
                    static_cast<std::uint32_t>(topology.nodes().size())};
  std::vector<std::uint32_t> component(topology.nodes().size());
  boost::strong_components(graph, boost::make_iterator_property_map(
                                      component.begin(), boost::get(boost::vertex_index, graph)));
  return component;
}

/// The relaying node that joins all endpoints, if any does and a single look is enough to find it.
std::optional<NodeId> likely_hub(const Topology& topology) {
  const NodeId first = topology.endpoints().front();
  if (topology.node(first).relay == Relay::yes) {
    return first;  // whoever joins all is joined with this one
  }
  Walk out{topology};
  Walk back{topology};
  out.run(first, Way::forward);
  back.run(first, Way::backward);
  std::vector<NodeId> between;
  std::ranges::copy_if(out.visited(), std::back_inserter(between), [&](NodeId node) {
    return back.reached(node) && topology.node(node).relay == Relay::yes;
  });
  if (between.empty()) {
    return std::nullopt;
  }
  const std::vector<std::uint32_t> component = relay_components(topology);
  std::vector<std::int32_t> size(topology.nodes().size(), 0);
  for (const NodeId node : between) {
    ++size[component[index(node)]];
  }
  return *std::ranges::max_element(between, {},
                                   [&](NodeId node) { return size[component[index(node)]]; });
}

std::optional<Unreachable> find_gap(const Topology& topology) {
  Walk walk{topology};
  if (const auto hub = likely_hub(topology)) {
    walk.run(*hub, Way::forward);
    const auto not_reached = walk.first_missing();
    walk.run(*hub, Way::backward);
    const auto not_reaching = walk.first_missing();
    if (!not_reached && !not_reaching) {
      return std::nullopt;
    }
    if (not_reached) {
      walk.run(*not_reached, Way::backward);
      if (const auto from = walk.first_missing()) {
        return Unreachable{*from, *not_reached};
      }
    }
  }
  for (const NodeId from : topology.endpoints()) {
    walk.run(from, Way::forward);
    if (const auto to = walk.first_missing()) {
      return Unreachable{from, *to};
    }
  }
  return std::nullopt;
}

/// Each endpoint joins the first group whose first member it reaches and is reached by. Exact where
/// all endpoints relay or none is on the way between others.
std::int32_t count_groups(const Topology& topology) {
  Walk out{topology};
  Walk back{topology};
  std::vector<bool> grouped(topology.nodes().size(), false);
  std::int32_t groups = 0;
  for (const NodeId first : topology.endpoints()) {
    if (grouped[index(first)]) {
      continue;
    }
    ++groups;
    out.run(first, Way::forward);
    back.run(first, Way::backward);
    for (const NodeId node : out.visited()) {
      if (back.reached(node)) {
        grouped[index(node)] = true;
      }
    }
  }
  return groups;
}

}  // namespace

std::optional<Unreachable> find_unreachable(const Topology& topology) {
  if (topology.endpoints().size() < 2) {
    return std::nullopt;
  }
  auto gap = find_gap(topology);
  if (gap) {
    // Endpoints that do not relay can reach one another only pairwise: a - b - c is one group by
    // the rule above, and two in truth.
    gap->components = std::max(count_groups(topology), std::int32_t{2});
  }
  return gap;
}

}  // namespace topology
