#pragma once
// Exchanges without intermediaries.

#include <optional>
#include <string>

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

/// One-shot all-reduce: every rank sends all its data to every other and sums what it gets.
/// alpha + (n - 1) S / B: the fewest steps, n / 2 times the traffic of a ring.
[[nodiscard]] Schedule one_shot_all_reduce(const Request& request);

/// Two-shot all-reduce: a direct reduce-scatter, then a direct all-gather.
/// 2 alpha + 2 (n - 1) / n S / B where the network carries it without contention.
[[nodiscard]] Schedule two_shot_all_reduce(const Request& request);

/// Every rank sends block r to rank r / its block to every rank, all at once.
[[nodiscard]] Schedule direct_reduce_scatter(const Request& request);
[[nodiscard]] Schedule direct_all_gather(const Request& request);

/// All pairs at once.
[[nodiscard]] Schedule direct_all_to_all(const Request& request);

/// In round k rank r sends to rank r + k and receives from r - k; a rank starts a round when its
/// part in the one before is over. Among servers with as many ranks each, k counts the ranks of a
/// server first, so that all ranks leave their servers in the same rounds (as NCCL orders them).
[[nodiscard]] Schedule pairwise_all_to_all(const Request& request);

/// Between the root and every other rank, all at once.
[[nodiscard]] Schedule direct_broadcast(const Request& request);
[[nodiscard]] Schedule direct_reduce(const Request& request);
[[nodiscard]] Schedule direct_gather(const Request& request);
[[nodiscard]] Schedule direct_scatter(const Request& request);

/// A reduce at the root, then a broadcast from it, both direct.
[[nodiscard]] Schedule star_all_reduce(const Request& request);

/// Every rank sends its buffer to the next one.
[[nodiscard]] Schedule shift_send_receive(const Request& request);

}  // namespace collectives
