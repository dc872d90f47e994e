#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "topology/topology.hpp"

namespace collectives {

enum class Axis : std::uint8_t { row, column };

/// Ranks in rows and columns.
struct Grid {
  std::int32_t rows = 0;
  std::int32_t columns = 0;
  std::vector<Rank> ranks;  // row-major

  [[nodiscard]] Rank at(std::int32_t row, std::int32_t column) const {
    const std::int32_t place = (row * columns) + column;
    return ranks[static_cast<std::size_t>(place)];
  }

  /// The rows or the columns, each in the direction asked for.
  [[nodiscard]] std::vector<std::vector<Rank>> lines(Axis axis, bool backward) const;
};

/// The grid of a 2D torus or mesh that the group spans, or servers x GPUs of a cluster with equal
/// servers; nothing if it is neither.
[[nodiscard]] std::optional<Grid> grid_of(const topology::Topology& topology, const Group& group);

/// Why there is no grid, if there is none: "needs ...".
[[nodiscard]] std::optional<std::string> grid_misfit(const topology::Topology& topology,
                                                     const Group& group);

}  // namespace collectives
