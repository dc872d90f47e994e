#include "collectives/direct.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "collectives/intake.hpp"
#include "collectives/locality.hpp"

namespace collectives {
namespace {

/// Visits every ordered pair of distinct ranks, each rank's peers from the next one on: no receiver
/// is first in everybody's list.
template <class Visit>
void for_each_pair(std::int32_t ranks, Visit visit) {
  for (std::int32_t from = 0; from < ranks; ++from) {
    for (std::int32_t k = 1; k < ranks; ++k) {
      visit(Rank{from}, Rank{(from + k) % ranks});
    }
  }
}

std::int32_t number(Rank rank) {
  return static_cast<std::int32_t>(rank);
}

}  // namespace

Schedule one_shot_all_reduce(const Request& request) {
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    for_each_pair(request.ranks(), [&](Rank from, Rank to) {
      schedule.add({.from = from,
                    .to = to,
                    .combine = Combine::reduce,
                    .source = Source::input,
                    .channel = channel,
                    .chunks = fixed_chunks(channel, 1)});
    });
  }
  return schedule;
}

Schedule two_shot_all_reduce(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels * n);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    std::vector<Intake> summed(static_cast<std::size_t>(n));
    for_each_pair(n, [&](Rank from, Rank to) {
      summed[index(to)].note(schedule.add({.from = from,
                                           .to = to,
                                           .combine = Combine::reduce,
                                           .channel = channel,
                                           .chunks = fixed_chunks((channel * n) + number(to), 1)},
                                          summed[index(to)].before_next()));
    });
    for_each_pair(n, [&](Rank from, Rank to) {
      schedule.add({.from = from,
                    .to = to,
                    .combine = Combine::copy,
                    .channel = channel,
                    .chunks = fixed_chunks((channel * n) + number(from), 1)},
                   summed[index(from)].all());
    });
  }
  return schedule;
}

Schedule direct_reduce_scatter(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels * n);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    for_each_pair(n, [&](Rank from, Rank to) {
      schedule.add({.from = from,
                    .to = to,
                    .combine = Combine::reduce,
                    .channel = channel,
                    .chunks = fixed_chunks((channel * n) + number(to), 1)});
    });
  }
  return schedule;
}

Schedule direct_all_gather(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels * n);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    for_each_pair(n, [&](Rank from, Rank to) {
      schedule.add({.from = from,
                    .to = to,
                    .combine = Combine::copy,
                    .channel = channel,
                    .chunks = fixed_chunks((channel * n) + number(from), 1)});
    });
  }
  return schedule;
}

namespace {

/// Every rank has a buffer of its own, cut in channels * n chunks.
Schedule all_to_all_schedule(const Request& request, std::int32_t parts) {
  return {request.collective, request.ranks(), request.ranks() * parts, {request.bytes, parts}};
}

}  // namespace

Schedule direct_all_to_all(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t parts = channels_of(request) * n;
  Schedule schedule = all_to_all_schedule(request, parts);
  for (std::int32_t channel = 0; channel < channels_of(request); ++channel) {
    for_each_pair(n, [&](Rank from, Rank to) {
      const std::int32_t chunk = (number(from) * parts) + (channel * n) + number(to);
      schedule.add({.from = from,
                    .to = to,
                    .combine = Combine::copy,
                    .channel = channel,
                    .chunks = fixed_chunks(chunk, 1)});
    });
  }
  return schedule;
}

namespace {

/// Per round and rank, whom it sends to: everybody once. With servers of as many ranks each, first
/// those of its own one, then those of the next, and so on, so that in a round either all messages
/// stay inside servers or all leave them.
std::vector<std::vector<Rank>> rounds_of(const Request& request) {
  const std::int32_t n = request.ranks();
  Blocks servers = blocks_of(*request.topology, *request.group, "server");
  if (!servers.is_even()) {
    servers.members.assign(1, {});
    for (std::int32_t rank = 0; rank < n; ++rank) {
      servers.members.front().push_back(Rank{rank});
    }
  }
  const std::size_t count = servers.members.size();
  const std::size_t each = servers.members.front().size();
  std::vector<std::vector<Rank>> rounds;
  for (std::size_t k = 1; k < count * each; ++k) {
    std::vector<Rank>& round = rounds.emplace_back(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < count * each; ++i) {
      const Rank from = servers.members[i / each][i % each];
      round[index(from)] =
          servers.members[((i / each) + (k / each)) % count][((i % each) + (k % each)) % each];
    }
  }
  return rounds;
}

}  // namespace

Schedule pairwise_all_to_all(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::vector<std::vector<Rank>> rounds = rounds_of(request);
  const std::int32_t parts = channels_of(request) * n;
  Schedule schedule = all_to_all_schedule(request, parts);
  for (std::int32_t channel = 0; channel < channels_of(request); ++channel) {
    std::vector<std::vector<After>> over(static_cast<std::size_t>(n));
    for (const std::vector<Rank>& round : rounds) {
      std::vector<std::vector<After>> next(over.size());
      for (std::int32_t from = 0; from < n; ++from) {
        const Rank to = round[static_cast<std::size_t>(from)];
        const std::int32_t chunk = (from * parts) + (channel * n) + number(to);
        const TransferId id = schedule.add({.from = Rank{from},
                                            .to = to,
                                            .combine = Combine::copy,
                                            .channel = channel,
                                            .chunks = fixed_chunks(chunk, 1)},
                                           over[static_cast<std::size_t>(from)]);
        next[static_cast<std::size_t>(from)].push_back({id, 0});
        next[index(to)].push_back({id, 0});
      }
      over = std::move(next);
    }
  }
  return schedule;
}

namespace {

enum class Direction : std::uint8_t { to_root, from_root };
enum class Cut : std::uint8_t { whole, blocks };

/// Between the root and all others, under the conditions `after`. Returns the condition under which
/// the root has taken in everything, channel by channel; of use only towards the root.
std::vector<Intake> add_star(Schedule& schedule, const Request& request, Direction direction,
                             Cut cut_as, Combine combine, std::span<const Intake> after = {}) {
  const std::int32_t n = request.ranks();
  std::vector<Intake> taken(static_cast<std::size_t>(channels_of(request)));
  const bool inward = direction == Direction::to_root;
  for (std::int32_t channel = 0; channel < channels_of(request); ++channel) {
    Intake& intake = taken[static_cast<std::size_t>(channel)];
    const auto outward =
        after.empty() ? std::vector<After>{} : after[static_cast<std::size_t>(channel)].all();
    for (std::int32_t k = 1; k < n; ++k) {
      const Rank other{(number(request.root) + k) % n};
      const ChunkWalk chunks = cut_as == Cut::whole
                                   ? fixed_chunks(channel, 1)
                                   : fixed_chunks((channel * n) + number(other), 1);
      intake.note(schedule.add({.from = inward ? other : request.root,
                                .to = inward ? request.root : other,
                                .combine = combine,
                                .channel = channel,
                                .chunks = chunks},
                               inward ? intake.before_next() : outward));
    }
  }
  return taken;
}

}  // namespace

Schedule direct_broadcast(const Request& request) {
  Schedule schedule = cut(request, channels_of(request));
  add_star(schedule, request, Direction::from_root, Cut::whole, Combine::copy);
  return schedule;
}

Schedule direct_reduce(const Request& request) {
  Schedule schedule = cut(request, channels_of(request));
  add_star(schedule, request, Direction::to_root, Cut::whole, Combine::reduce);
  return schedule;
}

Schedule direct_gather(const Request& request) {
  Schedule schedule = cut(request, channels_of(request) * request.ranks());
  add_star(schedule, request, Direction::to_root, Cut::blocks, Combine::copy);
  return schedule;
}

Schedule direct_scatter(const Request& request) {
  Schedule schedule = cut(request, channels_of(request) * request.ranks());
  add_star(schedule, request, Direction::from_root, Cut::blocks, Combine::copy);
  return schedule;
}

Schedule star_all_reduce(const Request& request) {
  Schedule schedule = cut(request, channels_of(request));
  const auto summed = add_star(schedule, request, Direction::to_root, Cut::whole, Combine::reduce);
  add_star(schedule, request, Direction::from_root, Cut::whole, Combine::copy, summed);
  return schedule;
}

Schedule shift_send_receive(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_of(request);
  Schedule schedule{request.collective, n, n * channels, {request.bytes, channels}};
  for (std::int32_t rank = 0; n > 1 && rank < n; ++rank) {
    for (std::int32_t channel = 0; channel < channels; ++channel) {
      schedule.add({.from = Rank{rank},
                    .to = Rank{(rank + 1) % n},
                    .combine = Combine::copy,
                    .channel = channel,
                    .chunks = fixed_chunks((rank * channels) + channel, 1)});
    }
  }
  return schedule;
}

}  // namespace collectives
