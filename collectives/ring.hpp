#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

/// Ring all-reduce: a reduce-scatter and an all-gather around one ring (Patarasuk and Yuan,
/// "Bandwidth optimal all-reduce algorithms for clusters of workstations", JPDC 69(2), 2009).
///
///   time   2 (n - 1) (alpha + S / (n B)) on an uncongested ring
///
/// Each channel has S / channels of the data and a ring of its own (see `ring_order`).
[[nodiscard]] Schedule ring_all_reduce(const Request& request);

/// Two rings in opposite directions, each with half of the data: both directions of every link
/// work.
[[nodiscard]] Schedule bidirectional_ring_all_reduce(const Request& request);

/// The halves of ring all-reduce: (n - 1) (alpha + S / (n B)) each.
[[nodiscard]] Schedule ring_reduce_scatter(const Request& request);
[[nodiscard]] Schedule ring_all_gather(const Request& request);

/// Pipelined along the ring from the root on, in pieces: (n - 2 + P) (alpha + S / (P B)).
[[nodiscard]] Schedule ring_broadcast(const Request& request);

/// The same towards the root, reducing on the way.
[[nodiscard]] Schedule ring_reduce(const Request& request);

/// The chunks that one ring works on: ring position i's slot is the `width` chunks from
/// `base + width * i` on.
struct RingChunks {
  std::int32_t base = 0;
  std::int32_t width = 1;
  std::int32_t step = 0;  // the time step in which they set out
  // Of the schedule table: the flow of what position 0 sums, and from there to the next position's.
  std::int32_t flow = 0;
  std::int32_t flow_stride = 1;
};

/// The transfers of one ring, by position: position i sends to position i + 1.
struct RingPhase {
  std::vector<TransferId> out;

  /// What reaches position i.
  [[nodiscard]] TransferId into(std::size_t position) const {
    return out[(position + out.size() - 1) % out.size()];
  }
};

/// Appends a reduce-scatter over the ranks in `order`, after which position i holds slot i +
/// `ahead` summed. Position i works on them under the conditions `before(i)`.
[[nodiscard]] RingPhase add_ring_reduce_scatter(Schedule& schedule, std::span<const Rank> order,
                                                RingChunks chunks, std::int32_t ahead,
                                                std::int32_t channel,
                                                std::span<const std::vector<After>> before = {});

/// Appends an all-gather over the ranks in `order` of which position i holds slot i + `ahead`.
/// `before(i)` are the conditions under which it does.
[[nodiscard]] RingPhase add_ring_all_gather(Schedule& schedule, std::span<const Rank> order,
                                            RingChunks chunks, std::int32_t ahead,
                                            std::int32_t channel,
                                            std::span<const std::vector<After>> before = {});

/// Both, one after the other. Requires at least two ranks.
[[nodiscard]] RingPhase add_ring_all_reduce(Schedule& schedule, std::span<const Rank> order,
                                            RingChunks chunks, std::int32_t channel,
                                            std::span<const std::vector<After>> before = {});

}  // namespace collectives
