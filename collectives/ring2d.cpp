#include "collectives/ring2d.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "collectives/locality.hpp"
#include "collectives/ring.hpp"
#include "sim/contract.hpp"

namespace collectives {
namespace {

/// Ranks in rows and columns.
struct Grid {
  std::int32_t rows = 0;
  std::int32_t columns = 0;
  std::vector<Rank> ranks;  // row-major

  [[nodiscard]] Rank at(std::int32_t row, std::int32_t column) const {
    const std::int32_t place = (row * columns) + column;
    return ranks[static_cast<std::size_t>(place)];
  }
};

std::optional<Grid> grid_of(const topology::Topology& topology, const Group& group) {
  if (spans_lattice(topology, group) && topology.lattice()->shape.size() == 2) {
    Grid grid{topology.lattice()->shape[0], topology.lattice()->shape[1], {}};
    for (std::int32_t rank = 0; rank < group.size(); ++rank) {
      grid.ranks.push_back(Rank{rank});
    }
    return grid;
  }
  const Blocks servers = blocks_of(topology, group, "server");
  if (!servers.is_even()) {
    return std::nullopt;
  }
  Grid grid{static_cast<std::int32_t>(servers.members.size()),
            static_cast<std::int32_t>(servers.members.front().size()),
            {}};
  for (const auto& members : servers.members) {
    grid.ranks.insert(grid.ranks.end(), members.begin(), members.end());
  }
  return grid;
}

enum class Axis : std::uint8_t { row, column };

/// The lines of the grid along an axis, each in the direction asked for.
std::vector<std::vector<Rank>> lines(const Grid& grid, Axis axis, bool backward) {
  std::vector<std::vector<Rank>> out(
      static_cast<std::size_t>(axis == Axis::row ? grid.rows : grid.columns));
  for (std::int32_t row = 0; row < grid.rows; ++row) {
    for (std::int32_t column = 0; column < grid.columns; ++column) {
      out[static_cast<std::size_t>(axis == Axis::row ? row : column)].push_back(
          grid.at(row, column));
    }
  }
  if (backward) {
    std::ranges::for_each(out, [](auto& line) { std::ranges::reverse(line); });
  }
  return out;
}

/// All-reduces the chunks along every line. `before` holds, per rank, the conditions under which it
/// may work on them; returns those under which it has finished.
std::vector<std::vector<After>> add_phase(Schedule& schedule,
                                          const std::vector<std::vector<Rank>>& all_lines,
                                          ChunkRange chunks, std::int32_t step,
                                          std::int32_t channel,
                                          const std::vector<std::vector<After>>& before) {
  std::vector<std::vector<After>> done(before.size());
  for (const auto& line : all_lines) {
    if (line.size() == 1) {
      done[index(line[0])] = before[index(line[0])];
      continue;
    }
    std::vector<std::vector<After>> line_before;
    for (const Rank rank : line) {
      line_before.push_back(before[index(rank)]);
    }
    const RingPhase gather = add_ring_all_reduce(
        schedule, line, {chunks.first, chunks.count / static_cast<std::int32_t>(line.size()), step},
        channel, line_before);
    for (std::size_t i = 0; i < line.size(); ++i) {
      // All has come, and all that it had to pass on has left: the next phase may change it.
      done[index(line[i])] = {{gather.into(i), lag_all}, {gather.out[i], lag_all}};
    }
  }
  return done;
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
  for (std::int32_t part = 0; part < 4 * channels; ++part) {
    const auto [axis, backward] = starts.at(static_cast<std::size_t>(part % 4));
    const ChunkRange chunks{part * quarter, quarter};
    std::vector<std::vector<After>> done(static_cast<std::size_t>(request.ranks()));
    const std::int32_t length = axis == Axis::row ? grid->columns : grid->rows;
    const std::int32_t steps = 2 * (length - 1);  // of the first phase
    done = add_phase(schedule, lines(*grid, axis, backward), chunks, 0, part, done);
    const Axis other = axis == Axis::row ? Axis::column : Axis::row;
    static_cast<void>(
        add_phase(schedule, lines(*grid, other, backward), chunks, steps, part, done));
  }
  return schedule;
}

std::optional<std::string> ring2d_misfit(const topology::Topology& topology, const Group& group) {
  if (grid_of(topology, group)) {
    return std::nullopt;
  }
  return "needs all GPUs of a 2D torus or mesh, or servers with equally many GPUs, at least two";
}

}  // namespace collectives
