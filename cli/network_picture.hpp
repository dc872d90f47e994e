#pragma once
// A network in a page, its links coloured by their use.

#include <string>
#include <vector>

#include "cli/link_classes.hpp"
#include "topology/topology.hpp"

namespace cli {

/// How much use the strongest colour stands for: the first of 1, 2, 5, 10, 20, 25, 50 and 100 %
/// that the busiest link does not exceed.
[[nodiscard]] double colour_scale(double busiest);

/// "load0" to "load9": the class of the style sheet with the colour for a use, of that scale.
[[nodiscard]] std::string load_class(double utilisation, double scale);

/// Line width in pixels, likewise.
[[nodiscard]] double load_width(double utilisation, double scale);

/// Can every node be drawn, and still be told from the next? Grids of up to 256 nodes can, other
/// networks of up to 40 GPUs.
[[nodiscard]] bool is_small(const topology::Topology& topology);

/// Every node, and every cable: both directions as one line, coloured by the busier one.
[[nodiscard]] std::string draw_all(const topology::Topology& topology, const LinkLoad& load,
                                   double scale);

/// One box for all nodes of a class, with how many there are; lines coloured by the mean use.
[[nodiscard]] std::string draw_classes(const topology::Topology& topology,
                                       const NetworkClasses& classes, double scale);

}  // namespace cli
