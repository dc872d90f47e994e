#include "collectives/nvls.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "sim/contract.hpp"

namespace collectives {
namespace {

using topology::LinkId;
using topology::NodeId;
using topology::Topology;

/// The first of the links of `from` that lead to `to`.
std::optional<LinkId> link_between(const Topology& topology, NodeId from, NodeId to) {
  for (const LinkId id : topology.out_links(from)) {
    if (topology.link(id).to == to) {
      return id;
    }
  }
  return std::nullopt;
}

/// The first switch with a cable to every rank.
std::optional<NodeId> common_switch(const Topology& topology, const Group& group) {
  for (const LinkId id : topology.out_links(group.node(Rank{0}))) {
    const NodeId middle = topology.link(id).to;
    const bool joins_all =
        topology.node(middle).kind == topology::NodeKind::switching &&
        std::ranges::all_of(group.nodes, [&](NodeId node) {
          return link_between(topology, node, middle) && link_between(topology, middle, node);
        });
    if (joins_all) {
      return middle;
    }
  }
  return std::nullopt;
}

/// The cables of a group to its switch.
struct Cables {
  std::vector<LinkId> up;  // per rank
  std::vector<LinkId> down;
};

Cables cables_of(const Topology& topology, const Group& group, NodeId middle) {
  Cables cables;
  for (const NodeId node : group.nodes) {
    cables.up.push_back(*link_between(topology, node, middle));
    cables.down.push_back(*link_between(topology, middle, node));
  }
  return cables;
}

/// Adds the messages of one block.
class Block {
 public:
  Block(Schedule& schedule, const Cables& cables, Rank middle, std::int32_t pieces)
      : schedule_{&schedule}, cables_{&cables}, middle_{middle}, pieces_{pieces} {}

  void add(Rank owner) {
    const auto first = static_cast<std::int32_t>(index(owner)) * pieces_;
    const ChunkWalk chunks{.base = first, .start = 0, .stride = 1, .modulus = pieces_, .width = 1};
    std::vector<After> added_up;
    for (std::int32_t rank = 0; rank < schedule_->ranks(); ++rank) {
      added_up.push_back({up(Rank{rank}, Combine::reduce, chunks, {}), 0});
    }
    const After summed{down(owner, chunks, added_up), 0};
    const After handed_back{up(owner, Combine::copy, chunks, {&summed, 1}), 0};
    for (std::int32_t k = 1; k < schedule_->ranks(); ++k) {
      const auto next = (static_cast<std::int32_t>(index(owner)) + k) % schedule_->ranks();
      static_cast<void>(down(Rank{next}, chunks, {&handed_back, 1}));
    }
  }

 private:
  TransferId up(Rank rank, Combine combine, const ChunkWalk& chunks, std::span<const After> after) {
    return schedule_->add(
        {.from = rank, .to = middle_, .combine = combine, .messages = pieces_, .chunks = chunks},
        after, {&cables_->up[index(rank)], 1});
  }
  TransferId down(Rank rank, const ChunkWalk& chunks, std::span<const After> after) {
    return schedule_->add({.from = middle_,
                           .to = rank,
                           .combine = Combine::copy,
                           .messages = pieces_,
                           .chunks = chunks},
                          after, {&cables_->down[index(rank)], 1});
  }

  Schedule* schedule_;
  const Cables* cables_;
  Rank middle_;
  std::int32_t pieces_;
};

}  // namespace

Schedule nvls_all_reduce(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t pieces = request.pieces > 0 ? request.pieces : nvls_pieces;
  Schedule schedule = cut(request, n * pieces);
  if (n < 2) {
    return schedule;
  }
  const auto middle = common_switch(*request.topology, *request.group);
  sim::require(middle.has_value(), "a group whose ranks share a switch");
  const Cables cables = cables_of(*request.topology, *request.group, *middle);
  Block block{schedule, cables, schedule.add_switch(*middle), pieces};
  for (std::int32_t owner = 0; owner < n; ++owner) {
    block.add(Rank{owner});
  }
  return schedule;
}

std::optional<std::string> nvls_misfit(const Topology& topology, const Group& group) {
  if (group.size() < 2 || common_switch(topology, group)) {
    return std::nullopt;
  }
  return "needs one switch with a cable to every GPU of the group";
}

}  // namespace collectives
