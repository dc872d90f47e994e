#pragma once

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// Equal networks in several places, joined by long links.
///
///   site         one of them: a short form ("gpu-cluster:8x8"), or a mapping
///   count        how many sites, 2 if left out: "site0.node0.gpu0" ..., ranks go through a site
///   distance_km  between every two of them; light takes 4.9 us a kilometre in fibre
///   cables       between every two of them, 1 if left out; each is a link of its own
///   bandwidth    of each of these cables, and of those from a site's highest switches to its
///                border switch, "site0.border", where the long ones end
///
/// The highest switches are those farthest from GPUs: spines, or leaves where there are none.
///
/// Partitions: "server" if a site has it, then "site".
[[nodiscard]] Topology build_sites(const sim::ConfigNode& spec);

}  // namespace topology
