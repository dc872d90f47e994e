#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/fabric.hpp"

namespace topology {

/// Divides lanes into layers, such that the packets of one layer can never wait for each other in a
/// circle: lane i gets layer `result[i]`, the least possible one, in the order given.
///
///   lanes   per lane, its hops in order, with the classes of channels that routing gave them
///
/// A packet behind a link waits for room behind the next one, unless that is its last, which a host
/// empties. If these waits form no circle, as in trees and with dimension order, all lanes are in
/// layer 0. (T. Skeie, O. Lysne and I. Theiss, "Layered shortest path (LASH) routing in irregular
/// system area networks", IPDPS 2002; W. Dally and C. Seitz, IEEE TC 36(5), 1987.)
[[nodiscard]] std::vector<std::uint8_t> channel_layers(
    std::span<const std::span<const sim::Hop>> lanes);

}  // namespace topology
