#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// 2^D endpoints, each joined to the D others whose number differs in one bit. Endpoints relay.
/// Out-links come in the order of the bits, lowest first.
///
/// Takes `shape` (D, 0 to 17), `link`, `injection`.
[[nodiscard]] Topology build_hypercube(const sim::ConfigNode& spec);

}  // namespace topology
