#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// N endpoints, every two of them joined by a cable: N (N - 1) links. Endpoints relay. Out-links
/// come in the order of the neighbours' ranks.
///
/// Takes `shape` (N), `link`, `injection`. Throws sim::Error if there would be too many links
/// (N > 4096).
[[nodiscard]] Topology build_fully_connected(const sim::ConfigNode& spec);

}  // namespace topology
