#include "collectives/grid.hpp"

#include <algorithm>

#include "collectives/locality.hpp"

namespace collectives {

std::vector<std::vector<Rank>> Grid::lines(Axis axis, bool backward) const {
  std::vector<std::vector<Rank>> out(static_cast<std::size_t>(axis == Axis::row ? rows : columns));
  for (std::int32_t row = 0; row < rows; ++row) {
    for (std::int32_t column = 0; column < columns; ++column) {
      out[static_cast<std::size_t>(axis == Axis::row ? row : column)].push_back(at(row, column));
    }
  }
  if (backward) {
    std::ranges::for_each(out, [](auto& line) { std::ranges::reverse(line); });
  }
  return out;
}

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

std::optional<std::string> grid_misfit(const topology::Topology& topology, const Group& group) {
  if (grid_of(topology, group)) {
    return std::nullopt;
  }
  return "needs all GPUs of a 2D torus or mesh, or servers with equally many GPUs, at least two";
}

}  // namespace collectives
