#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// Endpoints with a router each on a grid of any dimension, row-major; each joined to its
/// neighbours.
///
/// `torus` closes every dimension: an extent of 2 gives two parallel cables (one that goes forward,
/// one around), an extent of 1 none. Out-links come in the order first dimension down, up, second
/// dimension down, up, ...: north, south, west, east in two dimensions.
///
/// Takes `shape` (1 to 6 extents), `link`, `injection`.
[[nodiscard]] Topology build_torus(const sim::ConfigNode& spec);

/// The same grid without the links that close it.
[[nodiscard]] Topology build_mesh(const sim::ConfigNode& spec);

/// A torus of one dimension: `ring:8`.
[[nodiscard]] Topology build_ring(const sim::ConfigNode& spec);

}  // namespace topology
