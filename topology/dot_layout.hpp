#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "topology/topology.hpp"

namespace topology {

/// A place in the picture, in points (1/72 inch), y upwards.
struct Place {
  double x = 0;
  double y = 0;
};

/// Per node, its place: a grid for a lattice of up to three dimensions, circles for anything else
/// that has no levels. Nothing for a network of levels, which Graphviz's `dot` lays out better.
[[nodiscard]] std::optional<std::vector<Place>> fixed_places(const Topology& topology);

/// Per node, its row: 0 for GPUs, else the number of links to the nearest GPU; -1 for a switch that
/// only GPUs with other neighbours are connected to (an NVSwitch), which goes below them.
[[nodiscard]] std::vector<std::int32_t> levels(const Topology& topology);

}  // namespace topology
