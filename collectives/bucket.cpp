#include "collectives/bucket.hpp"

#include <array>
#include <utility>
#include <vector>

#include "collectives/grid.hpp"
#include "collectives/ring.hpp"
#include "sim/contract.hpp"

namespace collectives {
namespace {

/// What a rank must have done before it goes on, per rank.
using Conditions = std::vector<std::vector<After>>;

Conditions along(const Conditions& all, const std::vector<Rank>& line) {
  Conditions out;
  for (const Rank rank : line) {
    out.push_back(all[index(rank)]);
  }
  return out;
}

/// A phase of one part: lines that work at once, each on chunks of its own.
struct Phase {
  std::vector<std::vector<Rank>> lines;
  std::vector<RingChunks> chunks;  // per line
  std::int32_t channel = 0;
};

enum class Kind : std::uint8_t { scatter, gather };

/// Runs the phase under the conditions `before`; returns those under which a rank has done its
/// part.
Conditions add_phase(Schedule& schedule, const Phase& phase, Kind kind, const Conditions& before) {
  Conditions done{before};
  for (std::size_t i = 0; i < phase.lines.size(); ++i) {
    const std::vector<Rank>& line = phase.lines[i];
    if (line.size() == 1) {
      continue;
    }
    const auto conditions = along(before, line);
    const RingPhase ring =
        kind == Kind::scatter
            ? add_ring_reduce_scatter(schedule, line, phase.chunks[i], 1, phase.channel, conditions)
            : add_ring_all_gather(schedule, line, phase.chunks[i], 1, phase.channel, conditions);
    for (std::size_t place = 0; place < line.size(); ++place) {
      // It has the last message, and has sent its own: what it sent may be overwritten.
      done[index(line[place])] = {{ring.into(place), lag_all}, {ring.out[place], lag_all}};
    }
  }
  return done;
}

/// The two phases of a part, first along one axis, then the other, of which each line works on what
/// the first has left it.
std::pair<Phase, Phase> phases_of(const Grid& grid, Axis first, bool backward,
                                  std::int32_t channel) {
  const std::int32_t all = grid.rows * grid.columns;
  const Axis second = first == Axis::row ? Axis::column : Axis::row;
  Phase across{grid.lines(first, backward), {}, channel};
  Phase along_rest{grid.lines(second, backward), {}, channel};
  const auto length = static_cast<std::int32_t>(across.lines.front().size());
  const std::int32_t width = all / length;
  across.chunks.assign(across.lines.size(), {.base = channel * all, .width = width});
  for (std::int32_t line = 0; line < length; ++line) {
    // The ranks of this line stand at place p of the first axis and hold slot p + 1 there.
    const std::int32_t place = backward ? length - 1 - line : line;
    const std::int32_t slot = (place + 1) % length;
    along_rest.chunks.push_back({.base = (channel * all) + (slot * width), .width = 1});
  }
  return {std::move(across), std::move(along_rest)};
}

void set_step(Phase& phase, std::int32_t step) {
  for (RingChunks& chunks : phase.chunks) {
    chunks.step = step;
  }
}

}  // namespace

Schedule bucket_all_reduce(const Request& request) {
  const auto grid = grid_of(*request.topology, *request.group);
  sim::require(grid.has_value(), "bucket was asked whether it fits");
  const std::int32_t channels = channels_of(request);
  const std::int32_t all = grid->rows * grid->columns;
  Schedule schedule = cut(request, 4 * all * channels);
  constexpr std::array<std::pair<Axis, bool>, 4> starts{
      {{Axis::row, false}, {Axis::row, true}, {Axis::column, false}, {Axis::column, true}}};
  for (std::int32_t part = 0; part < 4 * channels; ++part) {
    const auto [axis, backward] = starts.at(static_cast<std::size_t>(part % 4));
    auto [first, second] = phases_of(*grid, axis, backward, part);
    const std::int32_t long_steps = static_cast<std::int32_t>(first.lines.front().size()) - 1;
    const std::int32_t rest_steps = static_cast<std::int32_t>(second.lines.front().size()) - 1;
    Conditions ready(static_cast<std::size_t>(request.ranks()));
    ready = add_phase(schedule, first, Kind::scatter, ready);
    set_step(second, long_steps);
    ready = add_phase(schedule, second, Kind::scatter, ready);
    set_step(second, long_steps + rest_steps);
    ready = add_phase(schedule, second, Kind::gather, ready);
    set_step(first, long_steps + (2 * rest_steps));
    add_phase(schedule, first, Kind::gather, ready);
  }
  return schedule;
}

}  // namespace collectives
