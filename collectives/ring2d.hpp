#pragma once

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

/// 2D ring all-reduce on a grid of ranks: an all-reduce around every row, then one around every
/// column (Ying et al., "Image classification at supercomputer scale", 2018, as the MultiTree
/// paper's baseline runs it).
///
/// The data is quartered: two quarters go rows first, two columns first, one of each in either
/// direction, so that all four links of a node work in both phases. Each phase moves the whole
/// quarter again: some twice the traffic of an optimal all-reduce, but only 4 (k - 1) steps.
///
///   time   about (k - 1) / k * S / B on a k x k torus with links of B, plus 4 (k - 1) alpha
///
/// Fits where there is a grid: see grid.hpp. On a mesh the closing hop takes the way back.
[[nodiscard]] Schedule ring2d_all_reduce(const Request& request);

}  // namespace collectives
