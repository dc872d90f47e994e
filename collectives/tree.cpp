#include "collectives/tree.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <ranges>

#include "collectives/locality.hpp"

namespace collectives {

std::vector<std::int32_t> binary_tree(std::int32_t n) {
  std::vector<std::int32_t> parent(static_cast<std::size_t>(n), -1);
  for (std::int32_t node = 1; node < n; ++node) {
    // The parent differs in the lowest set bit: move it up, unless that leaves the tree.
    const std::int32_t bit = node & -node;
    const std::int32_t up = (node ^ bit) | (bit << 1);
    parent[static_cast<std::size_t>(node)] = up < n ? up : node ^ bit;
  }
  return parent;
}

std::vector<std::int32_t> complementary_tree(std::int32_t n) {
  const std::vector<std::int32_t> tree = binary_tree(n);
  const auto moved = [n](std::int32_t node) { return n % 2 == 0 ? n - 1 - node : (node + 1) % n; };
  std::vector<std::int32_t> parent(tree.size(), -1);
  for (std::int32_t node = 1; node < n; ++node) {
    parent[static_cast<std::size_t>(moved(node))] = moved(tree[static_cast<std::size_t>(node)]);
  }
  return parent;
}

namespace {

/// Parents per rank; the root has none (-1).
using Parents = std::vector<std::int32_t>;

/// The pieces that travel over a tree.
struct TreePieces {
  std::int32_t base = 0;
  std::int32_t count = 1;
  std::int32_t channel = 0;

  [[nodiscard]] ChunkWalk walk() const { return {.base = base, .stride = 1, .modulus = count}; }
};

/// Ranks so that every parent stands before its children.
std::vector<std::int32_t> top_down(const Parents& parents) {
  std::vector<std::int32_t> order;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    if (parents[i] < 0) {
      order.push_back(static_cast<std::int32_t>(i));
    }
  }
  std::vector<std::vector<std::int32_t>> children(parents.size());
  for (std::size_t i = 0; i < parents.size(); ++i) {
    if (parents[i] >= 0) {
      children[static_cast<std::size_t>(parents[i])].push_back(static_cast<std::int32_t>(i));
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& next = children[static_cast<std::size_t>(order[i])];
    order.insert(order.end(), next.begin(), next.end());
  }
  return order;
}

/// The time steps of a pipelined tree, per rank: when it sends piece 0 to its parent, and when it
/// gets it back. A rank sends, and receives, one message a step: its two children take even and odd
/// ones. (The colouring of P. Sanders, J. Speck and J. Traeff, "Two-tree algorithms for full
/// bandwidth broadcast, reduction and scan", Parallel Computing 35(12), 2009, without its
/// exchange of colours between the trees.)
struct TreeSteps {
  std::vector<std::int32_t> up;
  std::vector<std::int32_t> down;
};

TreeSteps steps_of(const Parents& parents, std::int32_t first_colour) {
  TreeSteps steps{std::vector<std::int32_t>(parents.size(), 0),
                  std::vector<std::int32_t>(parents.size(), 0)};
  const std::vector<std::int32_t> order = top_down(parents);
  std::vector<std::int32_t> colour(parents.size(), 0);
  std::vector<std::int32_t> children(parents.size(), 0);
  for (const std::int32_t rank : order) {
    const std::int32_t parent = parents[static_cast<std::size_t>(rank)];
    if (parent >= 0) {
      colour[static_cast<std::size_t>(rank)] =
          (first_colour + children[static_cast<std::size_t>(parent)]++) % 2;
    }
  }
  // The first step from `earliest` on that has the rank's colour.
  const auto next = [&](std::int32_t earliest, std::int32_t rank) {
    return earliest + ((earliest + colour[static_cast<std::size_t>(rank)]) % 2);
  };
  for (const std::int32_t rank : std::views::reverse(order)) {
    const auto at = static_cast<std::size_t>(rank);
    steps.up[at] = next(steps.up[at], rank);
    if (parents[at] >= 0) {
      auto& above = steps.up[static_cast<std::size_t>(parents[at])];
      above = std::max(above, steps.up[at] + 1);
    }
  }
  for (const std::int32_t rank : order) {
    const std::int32_t parent = parents[static_cast<std::size_t>(rank)];
    if (parent >= 0) {
      steps.down[static_cast<std::size_t>(rank)] =
          next(steps.down[static_cast<std::size_t>(parent)] + 1, rank);
    }
  }
  return steps;
}

/// Every rank but the root sends each piece to its parent when it has come from all its children.
/// Returns, per rank, what leads to it.
std::vector<std::vector<After>> add_tree_reduce(Schedule& schedule, const Parents& parents,
                                                const TreePieces& pieces, const TreeSteps& steps) {
  std::vector<std::vector<After>> into(parents.size());
  std::vector<std::int32_t> order = top_down(parents);
  std::ranges::reverse(order);
  for (const std::int32_t rank : order) {
    const auto at = static_cast<std::size_t>(rank);
    if (parents[at] >= 0) {
      const TransferId id = schedule.add({.from = Rank{rank},
                                          .to = Rank{parents[at]},
                                          .combine = Combine::reduce,
                                          .messages = pieces.count,
                                          .channel = pieces.channel,
                                          .step = steps.up[at],
                                          .step_stride = 2,
                                          .chunks = pieces.walk()},
                                         into[at]);
      into[static_cast<std::size_t>(parents[at])].push_back({id, 0});
    }
  }
  return into;
}

/// Every rank sends each piece to its children when it has it; the root under `root_after`. Nobody
/// does before what `gates` says, per rank.
void add_tree_broadcast(Schedule& schedule, const Parents& parents, const TreePieces& pieces,
                        const TreeSteps& steps, const std::vector<After>& root_after,
                        const std::vector<std::vector<After>>& gates) {
  std::vector<std::vector<After>> held(parents.size());
  for (const std::int32_t rank : top_down(parents)) {
    const auto at = static_cast<std::size_t>(rank);
    if (parents[at] < 0) {
      held[at] = root_after;
      continue;
    }
    const auto parent = static_cast<std::size_t>(parents[at]);
    std::vector<After> after = held[parent];
    after.insert(after.end(), gates[parent].begin(), gates[parent].end());
    const TransferId id = schedule.add({.from = Rank{parents[at]},
                                        .to = Rank{rank},
                                        .combine = Combine::copy,
                                        .messages = pieces.count,
                                        .channel = pieces.channel,
                                        .step = steps.down[at],
                                        .step_stride = 2,
                                        .chunks = pieces.walk()},
                                       after);
    held[at] = {{id, 0}};
  }
}

/// A tree over units (servers, or single ranks) as one over ranks: inside a unit the ranks form a
/// chain from its leader, which differs by channel.
Parents over_units(const std::vector<std::int32_t>& unit_tree,
                   const std::vector<std::vector<Rank>>& units, std::int32_t channel,
                   std::int32_t channels, std::int32_t ranks) {
  Parents parents(static_cast<std::size_t>(ranks), -1);
  const auto member = [&](std::size_t unit, std::size_t place) {
    const auto count = static_cast<std::int32_t>(units[unit].size());
    const auto turn = static_cast<std::size_t>(channel_turn(channel, channels, count));
    return units[unit][(place + turn) % units[unit].size()];
  };
  for (std::size_t unit = 0; unit < units.size(); ++unit) {
    if (unit_tree[unit] >= 0) {
      parents[index(member(unit, 0))] =
          static_cast<std::int32_t>(index(member(static_cast<std::size_t>(unit_tree[unit]), 0)));
    }
    for (std::size_t place = 1; place < units[unit].size(); ++place) {
      parents[index(member(unit, place))] =
          static_cast<std::int32_t>(index(member(unit, place - 1)));
    }
  }
  return parents;
}

std::vector<std::vector<Rank>> units_of(const Request& request) {
  std::vector<std::vector<Rank>> units =
      blocks_of(*request.topology, *request.group, "server").members;
  if (units.size() < 2) {
    units.clear();
    for (std::int32_t rank = 0; rank < request.ranks(); ++rank) {
      units.push_back({Rank{rank}});
    }
  }
  return units;
}

}  // namespace

Schedule double_binary_tree_all_reduce(const Request& request) {
  const auto units = units_of(request);
  const auto count = static_cast<std::int32_t>(units.size());
  const std::int32_t channels = channels_for(request);
  const auto depth = static_cast<std::int32_t>(std::bit_width(static_cast<unsigned>(count)) +
                                               units.front().size() - 1);
  const std::int32_t pieces =
      pipeline_pieces(request, request.bytes / (2 * std::int64_t{channels}), 2 * depth);
  const std::int32_t parts = 2 * channels * pieces;
  Schedule schedule = cut(request, parts);
  struct Tree {
    Parents parents;
    TreePieces pieces;
    TreeSteps steps;
    std::vector<After> root_after;
  };
  std::vector<Tree> trees;
  std::int32_t reduced = 0;  // the step after the last one of the reduction
  std::vector<std::vector<After>> gates(static_cast<std::size_t>(request.ranks()));
  for (std::int32_t i = 0; i < 2 * channels; ++i) {
    const std::int32_t channel = i / 2;
    const Parents parents = over_units(i % 2 == 0 ? binary_tree(count) : complementary_tree(count),
                                       units, channel, channels, request.ranks());
    const TreePieces tree{i * pieces, pieces, i};
    const TreeSteps steps = steps_of(parents, i % 2);
    const auto into = add_tree_reduce(schedule, parents, tree, steps);
    const auto root = std::ranges::find(parents, -1) - parents.begin();
    trees.push_back({parents, tree, steps, into[static_cast<std::size_t>(root)]});
    reduced = std::max(reduced, steps.up[static_cast<std::size_t>(root)] + (2 * pieces));
    for (std::size_t rank = 0; rank < into.size(); ++rank) {
      for (const After& after : into[rank]) {
        gates[rank].push_back({after.transfer, lag_all});
      }
    }
  }
  if (request.phases == Phases::overlapped) {
    gates.assign(gates.size(), {});
  }
  for (Tree& tree : trees) {
    std::ranges::for_each(tree.steps.down, [&](std::int32_t& step) { step += reduced; });
    add_tree_broadcast(schedule, tree.parents, tree.pieces, tree.steps, tree.root_after, gates);
  }
  return schedule;
}

namespace {

/// One round of a binomial tree, counted from the root: rank v sends to rank v + `distance`, for
/// every v that is a multiple of 2 * `distance`.
template <class Visit>
void for_each_pair(const Request& request, std::int32_t distance, Visit visit) {
  const std::int32_t n = request.ranks();
  const auto rank = [&](std::int32_t v) {
    return Rank{(v + static_cast<std::int32_t>(index(request.root))) % n};
  };
  for (std::int32_t v = 0; v + distance < n; v += 2 * distance) {
    visit(rank(v), rank(v + distance));
  }
}

}  // namespace

Schedule binomial_broadcast(const Request& request) {
  const std::int32_t channels = channels_of(request);
  const std::int32_t pieces = std::max(request.pieces, 1);
  Schedule schedule = cut(request, channels * pieces);
  const auto n = static_cast<unsigned>(request.ranks());
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    const TreePieces tree{channel * pieces, pieces, channel};
    // Per rank: what has come, and what was sent last. The farthest first, one after the other.
    std::vector<std::vector<After>> before(n);
    for (auto distance = static_cast<std::int32_t>(std::bit_ceil(n) / 2); distance > 0;
         distance /= 2) {
      for_each_pair(request, distance, [&](Rank from, Rank to) {
        const TransferId id = schedule.add({.from = from,
                                            .to = to,
                                            .combine = Combine::copy,
                                            .messages = pieces,
                                            .channel = channel,
                                            .chunks = tree.walk()},
                                           before[index(from)]);
        before[index(from)].push_back({id, lag_all});
        before[index(to)] = {{id, 0}};
      });
    }
  }
  return schedule;
}

Schedule binomial_reduce(const Request& request) {
  const std::int32_t channels = channels_of(request);
  const std::int32_t pieces = std::max(request.pieces, 1);
  Schedule schedule = cut(request, channels * pieces);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    const TreePieces tree{channel * pieces, pieces, channel};
    std::vector<std::vector<After>> into(static_cast<std::size_t>(request.ranks()));
    for (std::int32_t distance = 1; distance < request.ranks(); distance *= 2) {
      for_each_pair(request, distance, [&](Rank to, Rank from) {
        into[index(to)].push_back({schedule.add({.from = from,
                                                 .to = to,
                                                 .combine = Combine::reduce,
                                                 .messages = pieces,
                                                 .channel = channel,
                                                 .chunks = tree.walk()},
                                                into[index(from)]),
                                   0});
      });
    }
  }
  return schedule;
}

}  // namespace collectives
