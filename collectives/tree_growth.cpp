#include "collectives/tree_growth.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "collectives/locality.hpp"
#include "sim/error.hpp"

namespace collectives {
namespace {

using topology::LinkId;
using topology::NodeId;
using topology::Relay;
using topology::Topology;

/// The links that are left in one time step, and the search for a way over them.
class StepGraph {
 public:
  StepGraph(const Topology& topology, const Group& group, std::int32_t interfaces)
      : topology_{&topology},
        group_{&group},
        rank_of_(topology.nodes().size(), -1),
        has_ranks_(topology.nodes().size(), false),
        uses_full_(topology.links().size()),
        mark_(topology.nodes().size(), 0),
        entered_by_(topology.nodes().size()) {
    for (std::int32_t rank = 0; rank < group.size(); ++rank) {
      const NodeId node = group.node(Rank{rank});
      rank_of_[topology::index(node)] = rank;
      for (const LinkId id : topology.in_links(node)) {
        const NodeId neighbour = topology.link(id).from;
        has_ranks_[topology::index(neighbour)] =
            has_ranks_[topology::index(neighbour)] ||
            std::ranges::any_of(topology.out_links(node),
                                [&](LinkId out) { return topology.link(out).to == neighbour; });
      }
    }
    constexpr std::int64_t uses_max = 1'000'000;  // more than any step has messages
    std::int64_t slowest = std::numeric_limits<std::int64_t>::max();
    for (const auto& link : topology.links()) {
      slowest = std::min(slowest, link.spec.bandwidth.count());
    }
    for (std::size_t i = 0; i < uses_full_.size(); ++i) {
      uses_full_[i] = static_cast<std::int32_t>(
          std::min(uses_max, topology.links()[i].spec.bandwidth.count() / slowest));
    }
    const std::int32_t ports =
        interfaces > 0 ? interfaces : std::numeric_limits<std::int32_t>::max();
    ports_full_.assign(static_cast<std::size_t>(group.size()), ports);
    refill();
  }

  /// A fresh copy of the network.
  void refill() {
    uses_ = uses_full_;
    sends_ = ports_full_;
    receives_ = ports_full_;
  }

  [[nodiscard]] bool can_send(Rank rank) const {
    return sends_[index(rank)] > 0 &&
           std::ranges::any_of(topology_->out_links(group_->node(rank)),
                               [&](LinkId id) { return uses_[topology::index(id)] > 0; });
  }

  /// Are all neighbours of a rank ranks, and all of them in the tree? Then it gets no more
  /// children.
  template <class InTree>
  [[nodiscard]] bool is_surrounded(Rank rank, const InTree& in_tree) const {
    return std::ranges::all_of(topology_->out_links(group_->node(rank)), [&](LinkId id) {
      const std::int32_t neighbour = rank_of_[topology::index(topology_->link(id).to)];
      return neighbour >= 0 && in_tree(Rank{neighbour});
    });
  }

  /// A rank that `wanted` accepts, over a shortest free way from `parent`; the way is taken.
  template <class Wanted>
  std::optional<TreeEdge> reach(Rank parent, NodeId start, const Wanted& wanted) {
    const auto [child, end] = search(start, wanted);
    if (child < 0) {
      return std::nullopt;
    }
    TreeEdge edge{.child = Rank{child}, .parent = parent, .step = 0, .route = {}};
    for (NodeId at = end; at != start;) {
      const LinkId id = entered_by_[topology::index(at)];
      edge.route.push_back(id);
      --uses_[topology::index(id)];
      at = topology_->link(id).from;
    }
    std::ranges::reverse(edge.route);
    --sends_[index(parent)];
    --receives_[static_cast<std::size_t>(child)];
    return edge;
  }

 private:
  /// Breadth first. A switch that has ranks is not passed through, unless it is the first one.
  template <class Wanted>
  std::pair<std::int32_t, NodeId> search(NodeId start, const Wanted& wanted) {
    ++round_;
    queue_.assign(1, {start, 0});
    mark_[topology::index(start)] = round_;
    for (std::size_t head = 0; head < queue_.size(); ++head) {
      const auto [node, depth] = queue_[head];
      const bool ends_here = depth >= 2 && has_ranks_[topology::index(node)];
      // Ranks first, then other nodes: the same switch before any other.
      for (const LinkId id : topology_->out_links(node)) {
        const NodeId next = topology_->link(id).to;
        const std::int32_t rank = rank_of_[topology::index(next)];
        if (rank >= 0 && uses_[topology::index(id)] > 0 &&
            receives_[static_cast<std::size_t>(rank)] > 0 && wanted(Rank{rank}) &&
            !turns_in_nic(start, node, next)) {
          entered_by_[topology::index(next)] = id;
          return {rank, next};
        }
      }
      for (const LinkId id : topology_->out_links(node)) {
        const NodeId next = topology_->link(id).to;
        if (!ends_here && uses_[topology::index(id)] > 0 &&
            mark_[topology::index(next)] != round_ && rank_of_[topology::index(next)] < 0 &&
            topology_->node(next).relay == Relay::yes) {
          mark_[topology::index(next)] = round_;
          entered_by_[topology::index(next)] = id;
          queue_.emplace_back(next, depth + 1);
        }
      }
    }
    return {-1, start};
  }

  /// Would this go from one rank to another through a NIC that they share, past a switch that joins
  /// them? Routing does not do that either.
  [[nodiscard]] bool turns_in_nic(NodeId from, NodeId node, NodeId to) const {
    if (node == from || topology_->node(node).kind != topology::NodeKind::nic) {
      return false;
    }
    return std::ranges::any_of(topology_->out_links(from), [&](LinkId id) {
      const NodeId other = topology_->link(id).to;
      return topology_->node(other).kind == topology::NodeKind::switching &&
             std::ranges::any_of(topology_->out_links(other),
                                 [&](LinkId last) { return topology_->link(last).to == to; });
    });
  }

  const Topology* topology_;
  const Group* group_;
  std::vector<std::int32_t> rank_of_;     // per node; -1 outside the group
  std::vector<bool> has_ranks_;           // per node: is a rank attached?
  std::vector<std::int32_t> uses_full_;   // per link, in a fresh copy
  std::vector<std::int32_t> ports_full_;  // per rank, likewise
  std::vector<std::int32_t> uses_;
  std::vector<std::int32_t> sends_;
  std::vector<std::int32_t> receives_;
  std::vector<std::uint32_t> mark_;  // per node: the last search that saw it
  std::vector<LinkId> entered_by_;   // per node: how that search came to it
  std::uint32_t round_ = 0;
  std::vector<std::pair<NodeId, std::int32_t>> queue_;
};

/// The authors give the trees of a mesh turns by this number: the largest over the corners (x, y)
/// of |row - x| + |x - y|. Their second term was surely meant to be |column - y|; it is kept,
/// because the published schedules come from it.
std::vector<std::int32_t> mesh_priorities(const Topology& topology, const Group& group) {
  std::vector<std::int32_t> priorities(static_cast<std::size_t>(group.size()), 0);
  if (!spans_lattice(topology, group) || topology.lattice()->wraps ||
      topology.lattice()->shape.size() != 2) {
    return priorities;
  }
  const std::int32_t rows = topology.lattice()->shape[0];
  const std::int32_t columns = topology.lattice()->shape[1];
  for (std::int32_t rank = 0; rank < group.size(); ++rank) {
    for (const std::int32_t x : {0, rows - 1}) {
      for (const std::int32_t y : {0, columns - 1}) {
        std::int32_t& priority = priorities[static_cast<std::size_t>(rank)];
        priority = std::max(priority, std::abs((rank / columns) - x) + std::abs(x - y));
      }
    }
  }
  return priorities;
}

class Grower {
 public:
  Grower(const Topology& topology, const Group& group, TreeOrder order, std::int32_t interfaces)
      : topology_{&topology},
        group_{&group},
        order_{order},
        graph_{topology, group, interfaces},
        turns_(static_cast<std::size_t>(group.size())),
        states_(static_cast<std::size_t>(group.size())) {
    std::iota(turns_.begin(), turns_.end(), 0);
    for (std::int32_t root = 0; root < group.size(); ++root) {
      State& state = states_[static_cast<std::size_t>(root)];
      state.has.resize(static_cast<std::size_t>(group.size()));
      state.has[static_cast<std::size_t>(root)] = true;
      state.open.push_back(Rank{root});
    }
    trees_.edges.resize(states_.size());
    unfinished_ = group.size() > 1 ? states_.size() : 0;
  }

  Trees run() {
    while (unfinished_ > 0) {
      const std::size_t before = grown_;
      grow_step();
      if (grown_ == before) {
        throw sim::Failure{
            "MultiTree finds no way to some rank that does not lead through a switch of other "
            "ranks"};
      }
      ++trees_.steps;
    }
    return std::move(trees_);
  }

 private:
  struct State {
    std::vector<bool> has;   // per rank
    std::vector<Rank> open;  // members that may still get children, in the order added
    std::int32_t members = 1;
    std::size_t parents = 0;  // how many of the open ones were there before this step
    std::size_t next = 0;     // those before it can get no more children in this step
  };

  void grow_step() {
    graph_.refill();
    for (State& state : states_) {
      std::erase_if(state.open, [&](Rank member) {
        return graph_.is_surrounded(member, [&](Rank rank) { return state.has[index(rank)]; });
      });
      state.parents = state.open.size();
      state.next = 0;
    }
    while (unfinished_ > 0) {
      bool any = false;
      bool last = false;
      for (const std::int32_t root : turns_) {
        last = grow(root);
        any = any || last;
        if (unfinished_ == 0) {
          return;
        }
      }
      set_turns();
      if (order_ == TreeOrder::authors ? !last : !any) {
        return;
      }
    }
  }

  /// After the first round the authors' trees take turns from the highest (priority, id) down.
  void set_turns() {
    if (order_ == TreeOrder::ascending || turns_set_) {
      return;
    }
    const std::vector<std::int32_t> priorities = mesh_priorities(*topology_, *group_);
    std::ranges::sort(turns_, [&](std::int32_t a, std::int32_t b) {
      return std::pair{priorities[static_cast<std::size_t>(a)], a} >
             std::pair{priorities[static_cast<std::size_t>(b)], b};
    });
    turns_set_ = true;
  }

  /// Gives one tree at most one more member. Within a step links are only used up and trees only
  /// grow, so a parent that finds no way now will find none later in the step.
  bool grow(std::int32_t root) {
    State& state = states_[static_cast<std::size_t>(root)];
    if (is_complete(state)) {
      return false;
    }
    for (; state.next < state.parents; ++state.next) {
      const Rank parent = state.open[state.next];
      if (!graph_.can_send(parent)) {
        continue;
      }
      auto edge = graph_.reach(parent, group_->node(parent),
                               [&](Rank rank) { return !state.has[index(rank)]; });
      if (edge) {
        edge->step = trees_.steps;
        state.has[index(edge->child)] = true;
        state.open.push_back(edge->child);
        ++state.members;
        unfinished_ -= is_complete(state) ? 1U : 0U;
        ++grown_;
        trees_.edges[static_cast<std::size_t>(root)].push_back(*std::move(edge));
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_complete(const State& state) const {
    return state.members == group_->size();
  }

  const Topology* topology_;
  const Group* group_;
  TreeOrder order_;
  StepGraph graph_;
  std::vector<std::int32_t> turns_;
  bool turns_set_ = false;
  std::vector<State> states_;
  Trees trees_;
  std::size_t unfinished_ = 0;
  std::size_t grown_ = 0;
};

}  // namespace

Trees build_trees(const Topology& topology, const Group& group, TreeOrder order,
                  std::int32_t interfaces) {
  return Grower{topology, group, order, interfaces}.run();
}

}  // namespace collectives
