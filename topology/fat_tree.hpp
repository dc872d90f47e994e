#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// A folded Clos network of two or three levels of switches. Endpoints do not relay.
///
/// Two levels: L leaves of H endpoints, every leaf joined to every spine by one cable.
///
///   shape      LxH, or K for the k-ary 2-tree KxK
///   spines     H / oversubscription, or the key `spines`
///   partition  "leaf": a leaf and its endpoints
///
/// Three levels: k-port switches in K pods of K/2 leaves of K/2 endpoints.
///
///   shape      K, even; K^3 / 4 endpoints
///   pod        K/2 leaves, each joined to each of (K/2) / oversubscription aggregation switches
///   cores      K/2 for each aggregation switch of a pod: switch j of every pod is joined to the
///              cores j K/2 .. j K/2 + K/2 - 1
///   partition  "leaf", and "pod": a pod's endpoints, leaves and aggregation switches
///
/// Takes `shape`, `levels` (2 if left out), `oversubscription` (1 if left out; must divide the
/// endpoints of a leaf), `spines` (instead of `oversubscription`), `link` (endpoint to leaf),
/// `fabric` (between switches; as `link` if left out), `injection`.
///
/// Two levels: Petrini and Vanneschi, "k-ary n-trees: high performance networks for massively
/// parallel architectures", IPPS 1997. Three: Al-Fares, Loukissas and Vahdat, "A scalable,
/// commodity data center network architecture", SIGCOMM 2008.
[[nodiscard]] Topology build_fat_tree(const sim::ConfigNode& spec);

}  // namespace topology
