#pragma once
// Where ranks sit: which share a server, and in which order a ring should visit them.

#include <string_view>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// The ranks of a group by the blocks of one of the topology's partitions.
struct Blocks {
  const topology::Partition* partition = nullptr;  // null: the topology has none of that name
  std::vector<std::vector<Rank>> members;          // in order of the blocks' first ranks

  /// Do all blocks hold equally many ranks, at least two blocks and at least two ranks in each?
  [[nodiscard]] bool is_even() const;
};

/// By the partition called `name`; by the innermost one if `name` is empty. Members are empty if
/// there is no such partition, or a rank is in no block of it.
[[nodiscard]] Blocks blocks_of(const topology::Topology& topology, const Group& group,
                               std::string_view name = {});

/// Is the group all endpoints of a torus or mesh, in order?
[[nodiscard]] bool spans_lattice(const topology::Topology& topology, const Group& group);

/// The order in which ring `channel` of `channels` visits the ranks.
///
///   torus, mesh   a Hamiltonian cycle, every hop one link, where one exists; of several channels
///                 every other one in the other direction, and on a torus of n x n on two cycles
///                 that share no link, so that four channels use all links
///   servers       server by server; in each, the GPUs in turn, in alternating direction, so that
///                 a ring leaves a server and enters the next one at GPUs with the same number: on
///                 one rail. The channels start at GPUs spread evenly, and so on NICs of their own
///                 where there are as many.
///   elsewhere     the order of the group: the builders number neighbours consecutively
[[nodiscard]] std::vector<Rank> ring_order(const topology::Topology& topology, const Group& group,
                                           std::int32_t channel, std::int32_t channels);

/// Which of `count` GPUs of a server a channel starts at.
[[nodiscard]] constexpr std::int32_t channel_turn(std::int32_t channel, std::int32_t channels,
                                                  std::int32_t count) {
  return channels <= count ? channel * count / channels : channel % count;
}

}  // namespace collectives
