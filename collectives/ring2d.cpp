#include "collectives/ring2d.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "collectives/grid.hpp"
#include "collectives/ring.hpp"
#include "sim/contract.hpp"

namespace collectives {
namespace {

/// Conditions, per rank.
using Conditions = std::vector<std::vector<After>>;

/// One part of the data on its way along the lines of one axis: reduced, then gathered.
struct Part {
  std::vector<std::vector<Rank>> lines;
  ChunkRange chunks;
  std::int32_t step = 0;
  std::int32_t channel = 0;
  std::int32_t channels = 0;  // of all parts
};

/// Flows are numbered by the rank that sums them, and then by the side on which they reach it or
/// leave it: what goes to the east comes from the west.
RingChunks ring_chunks(const Part& part, const std::vector<Rank>& line, Combine combine,
                       std::int32_t step) {
  const std::int32_t side = combine == Combine::reduce ? part.channel ^ 1 : part.channel;
  const auto first = static_cast<std::int32_t>(index(line[0]));
  const auto next = static_cast<std::int32_t>(index(line[1]));
  return {.base = part.chunks.first,
          .width = part.chunks.count / static_cast<std::int32_t>(line.size()),
          .step = step,
          .flow = (part.channels * first) + side,
          .flow_stride = part.channels * (next - first)};
}

Conditions along(const Conditions& all, const std::vector<Rank>& line) {
  Conditions out;
  for (const Rank rank : line) {
    out.push_back(all[index(rank)]);
  }
  return out;
}

/// Reduces along every line under the conditions `before`; returns those under which a rank holds
/// its sum.
Conditions add_scatter(Schedule& schedule, const Part& part, const Conditions& before) {
  Conditions summed{before};
  for (const auto& line : part.lines) {
    if (line.size() == 1) {
      continue;
    }
    const RingPhase scatter =
        add_ring_reduce_scatter(schedule, line, ring_chunks(part, line, Combine::reduce, part.step),
                                1, part.channel, along(before, line));
    for (std::size_t i = 0; i < line.size(); ++i) {
      summed[index(line[i])] = {{scatter.into(i), lag_all}};
    }
  }
  return summed;
}

/// Gathers along every line under the conditions `summed`; returns those under which a rank has all
/// and has passed on what it had to, so that the next phase may change it.
Conditions add_gather(Schedule& schedule, const Part& part, const Conditions& summed) {
  Conditions done{summed};
  for (const auto& line : part.lines) {
    if (line.size() == 1) {
      continue;
    }
    const auto steps = static_cast<std::int32_t>(line.size()) - 1;
    const RingPhase gather = add_ring_all_gather(
        schedule, line, ring_chunks(part, line, Combine::copy, part.step + steps), 1, part.channel,
        along(summed, line));
    for (std::size_t i = 0; i < line.size(); ++i) {
      done[index(line[i])] = {{gather.into(i), lag_all}, {gather.out[i], lag_all}};
    }
  }
  return done;
}

/// Every part under the conditions of all.
void join(std::vector<Conditions>& parts) {
  Conditions all(parts.front().size());
  for (const Conditions& part : parts) {
    for (std::size_t rank = 0; rank < part.size(); ++rank) {
      all[rank].insert(all[rank].end(), part[rank].begin(), part[rank].end());
    }
  }
  parts.assign(parts.size(), all);
}

}  // namespace

Schedule ring2d_all_reduce(const Request& request) {
  const auto grid = grid_of(*request.topology, *request.group);
  sim::require(grid.has_value(), "ring2d was asked whether it fits");
  const std::int32_t channels = channels_of(request);
  const std::int32_t quarter = grid->rows * grid->columns;  // chunks: both phases cut it evenly
  const std::int32_t parts = 4 * quarter * channels;
  Schedule schedule = cut(request, parts);
  constexpr std::array<std::pair<Axis, bool>, 4> starts{
      {{Axis::row, false}, {Axis::row, true}, {Axis::column, false}, {Axis::column, true}}};
  const bool separate = request.phases == Phases::separate;
  std::vector<Conditions> ready(static_cast<std::size_t>(4 * channels),
                                Conditions(static_cast<std::size_t>(request.ranks())));
  for (const bool second : {false, true}) {
    std::vector<Part> moving;
    for (std::int32_t part = 0; part < 4 * channels; ++part) {
      const auto [first_axis, backward] = starts.at(static_cast<std::size_t>(part % 4));
      const Axis other = first_axis == Axis::row ? Axis::column : Axis::row;
      const std::int32_t length = first_axis == Axis::row ? grid->columns : grid->rows;
      moving.push_back({.lines = grid->lines(second ? other : first_axis, backward),
                        .chunks = {part * quarter, quarter},
                        .step = second ? 2 * (length - 1) : 0,
                        .channel = part,
                        .channels = 4 * channels});
    }
    for (std::size_t part = 0; part < moving.size(); ++part) {
      ready[part] = add_scatter(schedule, moving[part], ready[part]);
    }
    if (separate) {
      join(ready);
    }
    for (std::size_t part = 0; part < moving.size(); ++part) {
      ready[part] = add_gather(schedule, moving[part], ready[part]);
    }
    if (separate) {
      join(ready);
    }
  }
  return schedule;
}

}  // namespace collectives
