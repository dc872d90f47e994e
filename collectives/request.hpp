#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "sim/units.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// In which order MultiTree's trees take turns, and when a time step is full.
enum class TreeOrder : std::uint8_t {
  fixpoint,   // the authors' order; a step ends when no tree can grow (the paper's text)
  authors,    // the authors' code: a step also ends when the last tree of a round fails to grow
  ascending,  // plain order of ranks, to the fixed point: fewer steps on meshes
};
inline constexpr std::array<std::string_view, 3> tree_order_names{"fixpoint", "authors",
                                                                  "ascending"};

/// Which way a tree's message goes from a rank to the next one.
enum class TreeRoutes : std::uint8_t {
  planned,  // over the links that the tree was given
  network,  // the one that the network's routing takes
};
inline constexpr std::array<std::string_view, 2> tree_routes_names{"planned", "network"};

/// When a rank turns from reducing to sending out sums, in a double binary tree or a 2D ring.
enum class Phases : std::uint8_t {
  overlapped,  // with each piece as soon as it is a whole sum, as NCCL does
  separate,    // when it has reduced all that it has to (as the MultiTree paper simulates both)
};
inline constexpr std::array<std::string_view, 2> phases_names{"overlapped", "separate"};

/// What a builder is asked for. 0 stands for "the algorithm chooses".
struct Request {
  const topology::Topology* topology = nullptr;
  const Group* group = nullptr;
  Collective collective{};
  sim::Bytes bytes;
  Rank root{};
  std::int32_t channels = 0;    // parallel instances, each with its part of the data
  std::int32_t pieces = 0;      // of a pipelined transfer
  std::int32_t interfaces = 0;  // MultiTree: messages that a rank sends, and receives, per step
  TreeOrder tree_order = TreeOrder::fixpoint;
  TreeRoutes tree_routes = TreeRoutes::planned;
  Phases phases = Phases::overlapped;

  [[nodiscard]] std::int32_t ranks() const { return group->size(); }
};

/// What a user may ask for at most.
inline constexpr std::int32_t channels_max = 64;
inline constexpr std::int32_t pieces_max = 4096;

/// An empty schedule of what is asked for, with the data cut in `parts` parts.
[[nodiscard]] Schedule cut(const Request& request, std::int32_t parts);

/// `request.channels`; 1 if that is left to the algorithm.
[[nodiscard]] std::int32_t channels_of(const Request& request);

/// The number of pieces that balances the latency of a pipeline of `depth` stages against its
/// filling: with P pieces of S / P bytes it takes (depth - 1 + P) (alpha + S / (P B)), least for
/// P = sqrt((depth - 1) S / (alpha B)). `request.pieces`, if that is given.
[[nodiscard]] std::int32_t pipeline_pieces(const Request& request, sim::Bytes bytes,
                                           std::int32_t depth);

/// `request.channels`; if that is left to the algorithm, as many as the ranks of a server have NICs
/// where the group spans servers, else 1.
[[nodiscard]] std::int32_t channels_for(const Request& request);

}  // namespace collectives
