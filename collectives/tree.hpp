#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

/// Double binary tree all-reduce, pipelined: each of two trees reduces half of the data to its root
/// and broadcasts the sum back, in pieces (Sanders, Speck and Traeff, "Two-tree algorithms for full
/// bandwidth broadcast, reduction and scan", Parallel Computing 35(12), 2009; the trees are those
/// of NCCL: a rank that is inner in one is a leaf of the other).
///
///   time   about 2 S / (2 B) + 2 depth (alpha + piece / B) with S / B each way per rank
///
/// In a cluster the trees join servers, and a chain runs inside each, from the GPU `channel` on.
[[nodiscard]] Schedule double_binary_tree_all_reduce(const Request& request);

/// Binomial tree from the root, whole message at each hop: ceil(log2 n) (alpha + S / B).
[[nodiscard]] Schedule binomial_broadcast(const Request& request);

/// The same towards the root.
[[nodiscard]] Schedule binomial_reduce(const Request& request);

/// The parent of each of `n` nodes in the in-order binary tree whose root is 0; -1 for the root.
/// Odd nodes are leaves.
[[nodiscard]] std::vector<std::int32_t> binary_tree(std::int32_t n);

/// Its complement: mirrored for even n, shifted by one for odd n, so that leaves become inner
/// nodes.
[[nodiscard]] std::vector<std::int32_t> complementary_tree(std::int32_t n);

}  // namespace collectives
