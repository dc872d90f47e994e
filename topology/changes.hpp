#pragma once
// A network as it was not meant to be: links and switches that failed, and cables that are slow.
//
//     changes:
//       - { fail: spine3 }                                    # a node, with all its links
//       - { fail: node0.nic2 - leaf2 }                        # a cable, both ways
//       - { slow: node1.nic0 - leaf0, bandwidth: 50 Gbps }    # and, or, latency: 10 us
//
// What is sent finds its way over what is left.

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// The network after a list of changes, in order. Of parallel cables all are meant. A grid that has
/// changed is none any more: nothing that needs one fits it.
///
/// Throws sim::Error for a node or a cable that is not there, with the nearest name; for a GPU that
/// fails, as ranks are; and where some GPU cannot reach another one any more.
[[nodiscard]] Topology changed(const Topology& topology, const sim::ConfigNode& changes);

}  // namespace topology
