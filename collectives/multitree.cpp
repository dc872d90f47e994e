#include "collectives/multitree.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "collectives/intake.hpp"
#include "collectives/tree_growth.hpp"

namespace collectives {
namespace {

using topology::LinkId;
using topology::NodeId;
using topology::Topology;

/// For each link the one that goes back along the same cable: the i-th from v to u for the i-th
/// from u to v. Empty where there is none.
std::vector<std::optional<LinkId>> opposite_links(const Topology& topology) {
  std::map<std::pair<NodeId, NodeId>, std::vector<LinkId>> between;
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    const auto& link = topology.links()[i];
    between[{link.from, link.to}].push_back(LinkId{static_cast<std::int32_t>(i)});
  }
  std::vector<std::optional<LinkId>> opposite(topology.links().size());
  for (const auto& [ends, links] : between) {
    const auto back = between.find({ends.second, ends.first});
    for (std::size_t i = 0; back != between.end() && i < links.size(); ++i) {
      if (i < back->second.size()) {
        opposite[topology::index(links[i])] = back->second[i];
      }
    }
  }
  return opposite;
}

enum class Phase : std::uint8_t { reduce_scatter, all_gather };

/// Turns trees into transfers, in the order of the time steps.
class Writer {
 public:
  Writer(Schedule& schedule, const Request& request, const Trees& trees, std::int32_t channel)
      : schedule_{&schedule},
        trees_{&trees},
        routes_{request.tree_routes},
        pieces_{std::max(request.pieces, 1)},
        channel_{channel},
        base_{channel * pieces_ * schedule.ranks()},
        opposite_{opposite_links(*request.topology)} {
    for (std::size_t root = 0; root < trees.edges.size(); ++root) {
      for (std::size_t i = 0; i < trees.edges[root].size(); ++i) {
        by_step_.push_back({root, i});
      }
    }
    std::ranges::sort(by_step_, {}, [&](const Place& place) {
      return std::tuple{edge(place).step, place.root, place.edge};
    });
    const auto ranks = static_cast<std::size_t>(schedule.ranks());
    into_.assign(ranks * ranks, Intake{});
  }

  void write(Phase phase) {
    if (phase == Phase::reduce_scatter) {
      std::ranges::reverse(by_step_);
    }
    for (const Place& place : by_step_) {
      add(place, phase);
    }
    if (phase == Phase::reduce_scatter) {
      std::ranges::reverse(by_step_);
    }
  }

 private:
  struct Place {
    std::size_t root;
    std::size_t edge;
  };
  /// The transfers that start on a link: of the current time step, and of the one before it.
  struct Turns {
    std::int32_t step = -1;
    std::vector<TransferId> now;
    std::vector<TransferId> before;
  };

  [[nodiscard]] const TreeEdge& edge(const Place& place) const {
    return trees_->edges[place.root][place.edge];
  }

  /// What has come of tree `root`'s chunk at `rank` so far.
  Intake& into(std::size_t root, Rank rank) {
    return into_[(root * trees_->edges.size()) + index(rank)];
  }

  void add(const Place& place, Phase phase) {
    const TreeEdge& tree_edge = edge(place);
    const bool up = phase == Phase::reduce_scatter;
    const Rank from = up ? tree_edge.child : tree_edge.parent;
    const Rank to = up ? tree_edge.parent : tree_edge.child;
    std::vector<LinkId> route;  // none: the network's
    if (routes_ == TreeRoutes::planned) {
      route = up ? back(tree_edge.route) : tree_edge.route;
    }
    Intake& taken = into(place.root, to);
    if (!up) {
      taken = {};  // the sum takes the place of what was there
    }
    std::vector<After> after = into(place.root, from).all();
    const auto in_order = taken.before_next();
    after.insert(after.end(), in_order.begin(), in_order.end());
    const std::int32_t step =
        up ? trees_->steps - 1 - tree_edge.step : trees_->steps + tree_edge.step;
    if (!route.empty()) {
      take_turn(last_on_[route.front()], step, after);
    }
    const TransferId id = schedule_->add(
        {.from = from,
         .to = to,
         .combine = up ? Combine::reduce : Combine::copy,
         .messages = pieces_,
         .channel = channel_,
         .step = step,
         .step_stride = 0,
         .chunks = {.base = base_ + (static_cast<std::int32_t>(place.root) * pieces_),
                    .stride = 1,
                    .modulus = pieces_}},
        after, route);
    taken.note(id);
  }

  /// Steps keep their order on a link: what a later one sends may not take an earlier one's turn.
  void take_turn(Turns& turns, std::int32_t step, std::vector<After>& after) {
    if (turns.step != step) {
      turns.before = std::move(turns.now);
      turns.now.clear();
      turns.step = step;
    }
    for (const TransferId id : turns.before) {
      after.push_back({id, lag_all});
    }
    turns.now.push_back(schedule_->next_id());
  }

  /// The way back; empty, for the network's routing to decide, if a link has no opposite.
  [[nodiscard]] std::vector<LinkId> back(const std::vector<LinkId>& route) const {
    std::vector<LinkId> out;
    for (const LinkId link : route) {
      const auto opposite = opposite_[topology::index(link)];
      if (!opposite) {
        return {};
      }
      out.push_back(*opposite);
    }
    std::ranges::reverse(out);
    return out;
  }

  Schedule* schedule_;
  const Trees* trees_;
  TreeRoutes routes_;
  std::int32_t pieces_;
  std::int32_t channel_;
  std::int32_t base_;
  std::vector<std::optional<LinkId>> opposite_;
  std::vector<Place> by_step_;
  std::vector<Intake> into_;  // per root and rank
  std::map<LinkId, Turns> last_on_;
};

Schedule write_phases(const Request& request, std::span<const Phase> phases) {
  const Trees trees =
      build_trees(*request.topology, *request.group, request.tree_order, request.interfaces);
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_of(request);
  const std::int32_t pieces = std::max(request.pieces, 1);
  const std::int32_t parts = channels * pieces * n;
  Schedule schedule = cut(request, parts);
  schedule.set_pieces(pieces);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    Writer writer{schedule, request, trees, channel};
    for (const Phase phase : phases) {
      writer.write(phase);
    }
  }
  return schedule;
}

}  // namespace

Schedule multitree_all_reduce(const Request& request) {
  return write_phases(request, std::array{Phase::reduce_scatter, Phase::all_gather});
}

Schedule multitree_reduce_scatter(const Request& request) {
  return write_phases(request, std::array{Phase::reduce_scatter});
}

Schedule multitree_all_gather(const Request& request) {
  return write_phases(request, std::array{Phase::all_gather});
}

}  // namespace collectives
