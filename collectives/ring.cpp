#include "collectives/ring.hpp"

#include <algorithm>
#include <cstddef>

#include "collectives/locality.hpp"

namespace collectives {
namespace {

/// Position i sends n - 1 messages to position i + 1, the first the slot that it holds, or, if they
/// are reduced on their way, the one before it; each next one is the slot before, and is sent as
/// soon as it has come from position i - 1. Under `before(i)` position i may send, and change what
/// it has by reducing.
RingPhase add_ring(Schedule& schedule, std::span<const Rank> order, RingChunks chunks,
                   std::int32_t ahead, Combine combine, std::int32_t channel,
                   std::span<const std::vector<After>> before) {
  const auto n = static_cast<std::int32_t>(order.size());
  const auto first = static_cast<std::int32_t>(index(schedule.next_id()));
  const std::int32_t back = combine == Combine::reduce ? 1 : 0;
  RingPhase phase;
  std::vector<After> after;
  for (std::int32_t i = 0; i < n; ++i) {
    after.assign(1, {TransferId{first + ((i + n - 1) % n)}, 1});
    if (!before.empty()) {
      for (const After& condition : before[static_cast<std::size_t>(i)]) {
        after.push_back(condition);
      }
    }
    if (!before.empty() && combine == Combine::reduce) {
      for (const After& condition : before[static_cast<std::size_t>((i + 1) % n)]) {
        after.push_back({condition.transfer, condition.lag, Side::receive});
      }
    }
    phase.out.push_back(schedule.add({.from = order[static_cast<std::size_t>(i)],
                                      .to = order[static_cast<std::size_t>((i + 1) % n)],
                                      .combine = combine,
                                      .messages = n - 1,
                                      .channel = channel,
                                      .step = chunks.step,
                                      .chunks = {.base = chunks.base,
                                                 .start = (i + ahead - back + n) % n,
                                                 .stride = -1,
                                                 .modulus = n,
                                                 .width = chunks.width},
                                      .flow = ChunkWalk{.base = chunks.flow,
                                                        .start = (i - back + n) % n,
                                                        .stride = -1,
                                                        .modulus = n,
                                                        .width = chunks.flow_stride}},
                                     after));
  }
  return phase;
}

std::vector<Rank> reversed(std::vector<Rank> order) {
  std::ranges::reverse(order);
  return order;
}

/// The order of a channel's ring, turned so that it starts at the root.
std::vector<Rank> order_from_root(const Request& request, std::int32_t channel,
                                  std::int32_t channels) {
  std::vector<Rank> order = ring_order(*request.topology, *request.group, channel, channels);
  std::ranges::rotate(order, std::ranges::find(order, request.root));
  return order;
}

}  // namespace

RingPhase add_ring_reduce_scatter(Schedule& schedule, std::span<const Rank> order,
                                  RingChunks chunks, std::int32_t ahead, std::int32_t channel,
                                  std::span<const std::vector<After>> before) {
  // A slot starts at the position after its last one, and makes n - 1 hops.
  return add_ring(schedule, order, chunks, ahead, Combine::reduce, channel, before);
}

RingPhase add_ring_all_gather(Schedule& schedule, std::span<const Rank> order, RingChunks chunks,
                              std::int32_t ahead, std::int32_t channel,
                              std::span<const std::vector<After>> before) {
  return add_ring(schedule, order, chunks, ahead, Combine::copy, channel, before);
}

RingPhase add_ring_all_reduce(Schedule& schedule, std::span<const Rank> order, RingChunks chunks,
                              std::int32_t channel, std::span<const std::vector<After>> before) {
  const RingPhase scatter = add_ring_reduce_scatter(schedule, order, chunks, 1, channel, before);
  // Position i passes on its sum once the last message of the reduce-scatter is in.
  std::vector<std::vector<After>> summed;
  for (std::size_t i = 0; i < order.size(); ++i) {
    summed.push_back({{scatter.into(i), lag_all}});
  }
  chunks.step += static_cast<std::int32_t>(order.size()) - 1;
  return add_ring_all_gather(schedule, order, chunks, 1, channel, summed);
}

Schedule ring_all_reduce(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_for(request);
  Schedule schedule = cut(request, channels * n);
  for (std::int32_t channel = 0; n > 1 && channel < channels; ++channel) {
    const auto order = ring_order(*request.topology, *request.group, channel, channels);
    static_cast<void>(add_ring_all_reduce(schedule, order, {channel * n}, channel));
  }
  return schedule;
}

Schedule bidirectional_ring_all_reduce(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_for(request);
  Schedule schedule = cut(request, 2 * channels * n);
  for (std::int32_t channel = 0; n > 1 && channel < channels; ++channel) {
    const auto order = ring_order(*request.topology, *request.group, channel, channels);
    static_cast<void>(add_ring_all_reduce(schedule, order, {2 * channel * n}, 2 * channel));
    static_cast<void>(add_ring_all_reduce(schedule, reversed(order), {((2 * channel) + 1) * n},
                                          (2 * channel) + 1));
  }
  return schedule;
}

namespace {

/// A reduce-scatter or all-gather: position i's slot is the block of the rank that stands there.
Schedule ring_half(const Request& request, Combine combine) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_for(request);
  Schedule schedule = cut(request, channels * n);
  std::vector<Rank> owners;
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    const auto order = ring_order(*request.topology, *request.group, channel, channels);
    owners.insert(owners.end(), order.begin(), order.end());
    if (n == 1) {
      continue;
    }
    static_cast<void>(combine == Combine::reduce
                          ? add_ring_reduce_scatter(schedule, order, {channel * n}, 0, channel)
                          : add_ring_all_gather(schedule, order, {channel * n}, 0, channel));
  }
  schedule.set_owners(std::move(owners));
  return schedule;
}

}  // namespace

Schedule ring_reduce_scatter(const Request& request) {
  return ring_half(request, Combine::reduce);
}

Schedule ring_all_gather(const Request& request) {
  return ring_half(request, Combine::copy);
}

Schedule ring_broadcast(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_for(request);
  const std::int32_t pieces = pipeline_pieces(request, request.bytes / channels, n - 1);
  Schedule schedule = cut(request, channels * pieces);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    const auto order = order_from_root(request, channel, channels);
    std::vector<After> after;  // piece k is passed on when piece k has come
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      const TransferId id =
          schedule.add({.from = order[i],
                        .to = order[i + 1],
                        .combine = Combine::copy,
                        .messages = pieces,
                        .channel = channel,
                        .chunks = {.base = channel * pieces, .stride = 1, .modulus = pieces}},
                       after);
      after.assign(1, {id, 0});
    }
  }
  return schedule;
}

Schedule ring_reduce(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_for(request);
  const std::int32_t pieces = pipeline_pieces(request, request.bytes / channels, n - 1);
  Schedule schedule = cut(request, channels * pieces);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    const auto order = order_from_root(request, channel, channels);
    std::vector<After> after;
    for (std::size_t i = order.size() - 1; i > 0; --i) {
      const TransferId id =
          schedule.add({.from = order[i],
                        .to = order[i - 1],
                        .combine = Combine::reduce,
                        .messages = pieces,
                        .channel = channel,
                        .chunks = {.base = channel * pieces, .stride = 1, .modulus = pieces}},
                       after);
      after.assign(1, {id, 0});
    }
  }
  return schedule;
}

}  // namespace collectives
