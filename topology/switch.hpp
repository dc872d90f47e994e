#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// A star: N endpoints with one cable each to a switch, "switch0". Endpoints do not relay.
///
/// Takes `shape` (N), `link`, `injection`.
[[nodiscard]] Topology build_switch(const sim::ConfigNode& spec);

}  // namespace topology
