#pragma once

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

/// 2D bucket all-reduce on a grid of ranks: a reduce-scatter along every row, then one of what is
/// left along every column; then all-gathers the same way back (N. Jain and Y. Sabharwal, "Optimal
/// bucket algorithms for large MPI collectives on torus interconnects", ICS 2010; H. Mikami et al.,
/// "Massively distributed SGD: ImageNet/ResNet-50 training in a flash", 2018).
///
/// The data is quartered as in `ring2d_all_reduce`: rows or columns first, in either direction, so
/// that all four links of a node work in every phase. Unlike that one it moves no byte twice.
///
///   time   (N - 1) / N * S / (2 B) on a k x k torus of N ranks with links of B, which no algorithm
///          beats by bandwidth; plus 4 (k - 1) alpha
///
/// Fits where there is a grid: see grid.hpp.
[[nodiscard]] Schedule bucket_all_reduce(const Request& request);

}  // namespace collectives
