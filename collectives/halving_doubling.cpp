#include "collectives/halving_doubling.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "collectives/locality.hpp"
#include "sim/contract.hpp"

namespace collectives {
namespace {

bool is_power_of_two(std::int32_t n) {
  return std::has_single_bit(static_cast<unsigned>(n));
}

/// Halving and doubling among 2^k of the ranks, its members. Chunks are cut so that member m ends
/// the halving with chunk `reversed bits of m`: it always keeps one half of a contiguous range.
class Cube {
 public:
  Cube(Schedule& schedule, std::vector<Rank> members, std::int32_t base, std::int32_t channel)
      : schedule_{&schedule},
        members_{std::move(members)},
        base_{base},
        channel_{channel},
        log_{std::countr_zero(members_.size())},
        kept_(members_.size(), {base, static_cast<std::int32_t>(members_.size())}),
        into_(members_.size()) {}

  /// What must hold before member m sends anything.
  void require_first(std::size_t member, After condition) { into_[member].push_back(condition); }

  void halve() {
    for (int step = 0; step < log_; ++step) {
      std::vector<After> arrivals(members_.size());
      const std::vector<ChunkRange> before = kept_;
      for (std::size_t m = 0; m < members_.size(); ++m) {
        const bool keeps_low = (m >> static_cast<unsigned>(step) & 1U) == 0;
        const std::int32_t half = before[m].count / 2;
        const ChunkRange low{before[m].first, half};
        const ChunkRange high{before[m].first + half, half};
        kept_[m] = keeps_low ? low : high;
        arrivals[m ^ (std::size_t{1} << static_cast<unsigned>(step))] =
            send(m, step, keeps_low ? high : low, Combine::reduce);
      }
      collect(arrivals);
    }
  }

  void double_up() {
    for (int step = log_ - 1; step >= 0; --step) {
      std::vector<After> arrivals(members_.size());
      for (std::size_t m = 0; m < members_.size(); ++m) {
        arrivals[m ^ (std::size_t{1} << static_cast<unsigned>(step))] =
            send(m, step, kept_[m], Combine::copy);
      }
      for (ChunkRange& range : kept_) {
        range.first -= (range.first - base_) % (2 * range.count);
        range.count *= 2;
      }
      collect(arrivals);
    }
  }

  /// The state between the two phases: each member holds its own chunk.
  void start_halved() {
    for (std::size_t m = 0; m < members_.size(); ++m) {
      std::size_t bits = 0;
      for (int step = 0; step < log_; ++step) {
        bits = bits << 1U | (m >> static_cast<unsigned>(step) & 1U);
      }
      kept_[m] = {base_ + static_cast<std::int32_t>(bits), 1};
    }
  }

  [[nodiscard]] const std::vector<After>& arrivals(std::size_t member) const {
    return into_[member];
  }
  [[nodiscard]] std::int32_t first_chunk(std::size_t member) const { return kept_[member].first; }

 private:
  After send(std::size_t member, int step, ChunkRange range, Combine combine) {
    const std::size_t partner = member ^ (std::size_t{1} << static_cast<unsigned>(step));
    return {schedule_->add({.from = members_[member],
                            .to = members_[partner],
                            .combine = combine,
                            .channel = channel_,
                            .chunks = fixed_chunks(range.first, range.count)},
                           into_[member]),
            0};
  }

  void collect(const std::vector<After>& arrivals) {
    for (std::size_t m = 0; m < members_.size(); ++m) {
      into_[m].push_back(arrivals[m]);
    }
  }

  Schedule* schedule_;
  std::vector<Rank> members_;
  std::int32_t base_;
  std::int32_t channel_;
  int log_;
  std::vector<ChunkRange> kept_;          // per member: what it holds a sum of
  std::vector<std::vector<After>> into_;  // per member: all that has come
};

void add_cube_all_reduce(Schedule& schedule, const std::vector<Rank>& members, std::int32_t base,
                         std::int32_t channel) {
  Cube cube{schedule, members, base, channel};
  cube.halve();
  cube.double_up();
}

std::vector<Rank> all_ranks(const Request& request) {
  std::vector<Rank> ranks;
  for (std::int32_t rank = 0; rank < request.ranks(); ++rank) {
    ranks.push_back(Rank{rank});
  }
  return ranks;
}

}  // namespace

Schedule halving_doubling_all_reduce(const Request& request) {
  const std::int32_t n = request.ranks();
  const auto cube_size = static_cast<std::int32_t>(std::bit_floor(static_cast<unsigned>(n)));
  const std::int32_t extra = n - cube_size;
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels * cube_size);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    const std::int32_t base = channel * cube_size;
    std::vector<Rank> members;
    for (std::int32_t rank = 0; rank < n; ++rank) {
      if (rank >= 2 * extra || rank % 2 == 1) {
        members.push_back(Rank{rank});
      }
    }
    Cube cube{schedule, members, base, channel};
    const ChunkWalk everything = fixed_chunks(base, cube_size);
    for (std::int32_t i = 0; i < extra; ++i) {
      const TransferId folded = schedule.add({.from = Rank{2 * i},
                                              .to = Rank{(2 * i) + 1},
                                              .combine = Combine::reduce,
                                              .channel = channel,
                                              .chunks = everything});
      cube.require_first(static_cast<std::size_t>(i), {folded, 0});
    }
    cube.halve();
    cube.double_up();
    for (std::int32_t i = 0; i < extra; ++i) {
      schedule.add({.from = Rank{(2 * i) + 1},
                    .to = Rank{2 * i},
                    .combine = Combine::copy,
                    .channel = channel,
                    .chunks = everything},
                   cube.arrivals(static_cast<std::size_t>(i)));
    }
  }
  return schedule;
}

Schedule halving_reduce_scatter(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels * n);
  std::vector<Rank> owners(static_cast<std::size_t>(channels * n));
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    Cube cube{schedule, all_ranks(request), channel * n, channel};
    cube.halve();
    for (std::int32_t rank = 0; rank < n; ++rank) {
      owners[static_cast<std::size_t>(cube.first_chunk(static_cast<std::size_t>(rank)))] =
          Rank{rank};
    }
  }
  schedule.set_owners(std::move(owners));
  return schedule;
}

Schedule doubling_all_gather(const Request& request) {
  const std::int32_t n = request.ranks();
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels * n);
  std::vector<Rank> owners(static_cast<std::size_t>(channels * n));
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    Cube cube{schedule, all_ranks(request), channel * n, channel};
    cube.start_halved();
    for (std::int32_t rank = 0; rank < n; ++rank) {
      owners[static_cast<std::size_t>(cube.first_chunk(static_cast<std::size_t>(rank)))] =
          Rank{rank};
    }
    cube.double_up();
  }
  schedule.set_owners(std::move(owners));
  return schedule;
}

std::optional<std::string> power_of_two_misfit(const topology::Topology& /*topology*/,
                                               const Group& group) {
  if (is_power_of_two(group.size())) {
    return std::nullopt;
  }
  return fmt::format("needs a power of two of ranks, got {}", group.size());
}

std::vector<std::int32_t> hdrm_positions(std::int32_t gpus_per_switch, std::int32_t switches) {
  const std::int32_t half = switches / 2;
  const auto is_odd = [](std::int32_t x) {
    return std::popcount(static_cast<unsigned>(x)) % 2 == 1;
  };
  std::vector<std::int32_t> even_ranks;  // those with an even number of ones
  std::vector<std::int32_t> odd_ranks;
  for (std::int32_t i = 0; i < half; ++i) {
    even_ranks.push_back((2 * i) + (is_odd(i) ? 1 : 0));
    odd_ranks.push_back((2 * i) + (is_odd(i) ? 0 : 1));
  }
  std::vector<std::int32_t> positions(static_cast<std::size_t>(gpus_per_switch * switches));
  for (std::int32_t port = 0; port < gpus_per_switch; ++port) {
    // Upper switches take one parity, turned by the port; lower switches the other, in order.
    const bool odd = is_odd(port);
    const std::int32_t turn = ((half - port) % half + half) % half;
    for (std::int32_t i = 0; i < half; ++i) {
      const auto upper = static_cast<std::size_t>((i + turn) % half);
      const std::int32_t upper_rank = (odd ? odd_ranks : even_ranks)[upper];
      const std::int32_t lower_rank = (odd ? even_ranks : odd_ranks)[static_cast<std::size_t>(i)];
      const std::int32_t offset = port * switches;
      const std::int32_t upper_place = upper_rank + offset;
      const std::int32_t lower_place = lower_rank + offset;
      positions[static_cast<std::size_t>(upper_place)] = (i * gpus_per_switch) + port;
      positions[static_cast<std::size_t>(lower_place)] = ((half + i) * gpus_per_switch) + port;
    }
  }
  return positions;
}

Schedule hdrm_all_reduce(const Request& request) {
  const Blocks switches = blocks_of(*request.topology, *request.group, "switch");
  const auto count = static_cast<std::int32_t>(switches.members.size());
  const std::int32_t n = request.ranks();
  const std::vector<std::int32_t> positions = hdrm_positions(n / count, count);
  std::vector<Rank> members;
  for (const std::int32_t position : positions) {
    members.push_back(Rank{position});
  }
  const std::int32_t channels = channels_of(request);
  Schedule schedule = cut(request, channels * n);
  for (std::int32_t channel = 0; channel < channels; ++channel) {
    add_cube_all_reduce(schedule, members, channel * n, channel);
  }
  return schedule;
}

std::optional<std::string> hdrm_misfit(const topology::Topology& topology, const Group& group) {
  const Blocks switches = blocks_of(topology, group, "switch");
  const auto count = static_cast<std::int32_t>(switches.members.size());
  const bool whole = std::ranges::equal(group.nodes, topology.endpoints());
  if (topology.kind() != "bigraph" || !whole) {
    return "needs all GPUs of a bigraph";
  }
  const std::int32_t ports = group.size() / count;
  if (!is_power_of_two(count) || !is_power_of_two(ports) || 2 * ports > count) {
    return fmt::format(
        "needs powers of two, at most half as many GPUs per switch as switches; got {} GPUs on "
        "each of {} switches",
        ports, count);
  }
  return std::nullopt;
}

}  // namespace collectives
