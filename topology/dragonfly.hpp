#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// Groups of routers: fully connected inside, and every two groups joined by at least one cable.
/// Endpoints do not relay.
///
///   shape       PxAxH: P endpoints on each router, A routers in each group, H global cables on
///               each router (so A H leave a group)
///   groups      G = 2 .. A H + 1, the largest if left out; ranks go through routers, then groups
///   global      the palmtree arrangement: cable k of group g (at its router k / H) goes to group
///               g + 1 + k mod (G - 1). With fewer than A H + 1 groups the cables are spread
///               evenly: every two groups have c or c + 1 of them, and one port of each group is
///               left free if the numbers are odd
///   partitions  "router": a router and its endpoints; "group": all of a group
///
/// Takes `shape`, `groups`, `link` (endpoint to router), `local` and `global` (router to router; as
/// `link` if left out), `injection`.
///
/// Kim, Dally, Scott and Abts, "Technology-driven, highly-scalable dragonfly topology", ISCA 2008;
/// palmtree: Camarero, Vallejo and Beivide, "Topological characterization of Hamming and dragonfly
/// networks and its implications on routing", ACM TACO 11(4), 2014.
[[nodiscard]] Topology build_dragonfly(const sim::ConfigNode& spec);

}  // namespace topology
