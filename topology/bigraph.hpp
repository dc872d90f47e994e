#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// S switches in two halves; every switch of the upper half is joined to every one of the lower by
/// one cable, and M endpoints hang on each switch. Endpoints do not relay.
///
///   endpoints  M S: endpoint p M + j is at local port j (the out-link j) of switch p
///   switches   0 .. S/2 - 1 are the upper half ("upper0"), the others the lower ("lower0")
///   links      2 M S + S^2 / 2
///   partition  "switch": a switch and its endpoints
///
/// Takes `shape` (MxS, S even), `link` (endpoint to switch), `fabric` (switch to switch; as `link`
/// if left out), `injection`.
///
/// Dong et al., "EFLOPS: Algorithm and system co-design for a high performance distributed training
/// platform", HPCA 2020.
[[nodiscard]] Topology build_bigraph(const sim::ConfigNode& spec);

}  // namespace topology
