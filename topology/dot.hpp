#pragma once
// Pictures of networks, for Graphviz.
//
//     espalier ... > network.dot
//     dot -Kneato -Tsvg network.dot         # -K as dot_engine() says
//
// Grids of up to three dimensions are laid out as such; the cables that close a torus are drawn as
// dashed stubs at both ends. A ring, and a network without levels of switches (fully connected,
// hypercube, dragonfly), is a circle. Switch networks have their GPUs at the bottom and a row for
// every level of switches, and boxes around the blocks of their innermost partition.

#include <span>
#include <string>
#include <string_view>

#include "topology/topology.hpp"

namespace topology {

/// How busy a link was: 0 to 1 of its bandwidth (more is drawn as 1).
struct LinkShade {
  LinkId link{};
  double utilisation = 0;
};

/// The topology in Graphviz's language.
///
/// All links between two nodes are one edge: "2x" if there are two in a direction, an arrow if they
/// lead only one way. With shades, an edge has the colour (grey, green, yellow, red) and the width
/// of the busiest of its links, and the picture a legend; a link without a shade was idle.
[[nodiscard]] std::string write_dot(const Topology& topology, std::span<const LinkShade> shades);

/// The Graphviz layout engine that the picture is made for: "neato" (positions are fixed) or "dot".
[[nodiscard]] std::string_view dot_engine(const Topology& topology);

}  // namespace topology
