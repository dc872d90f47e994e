#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// Any network, written out.
///
///     kind: custom
///     nodes:
///       - { name: a, kind: gpu }                 # kind: gpu, nic or switch
///       - { name: b, kind: gpu, relay: true }    # relay: false for a gpu, true for others
///       - { name: s, kind: switch }
///     links:
///       - { from: a, to: s, bandwidth: 50 GB/s, latency: 500 ns }
///       - { from: s, to: b, bandwidth: 50 GB/s, count: 2, direction: one }
///     partitions:                                # innermost first; may be left out
///       - { name: server, blocks: [[a], [b]] }
///
/// A link is a cable, both ways, unless `direction` is `one`; `count` of them lie in parallel;
/// `latency` is 0 if left out. Also takes `injection`. Ranks follow the order of the GPUs.
///
/// Throws sim::Error at a repeated or unknown name, and at a link from a node to itself.
[[nodiscard]] Topology build_custom(const sim::ConfigNode& spec);

}  // namespace topology
