#include "collectives/locality.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <utility>

namespace collectives {
namespace {

/// Positions on a lattice in an order in which neighbours follow each other; `closed` if the last
/// is a neighbour of the first.
struct Walk {
  std::vector<std::int32_t> order;
  bool closed = false;
};

using Cell = std::pair<std::int32_t, std::int32_t>;  // row, column

/// A closed walk over a grid of `rows` x `columns` with an even number of columns, over links
/// between neighbours only: along row 0, then back through the columns, up and down rows 1 and on.
std::vector<Cell> even_columns(std::int32_t rows, std::int32_t columns) {
  std::vector<Cell> cells;
  for (std::int32_t column = 0; column < columns; ++column) {
    cells.emplace_back(0, column);
  }
  for (std::int32_t column = columns - 1; column >= 0; --column) {
    const bool down = (columns - 1 - column) % 2 == 0;
    for (std::int32_t i = 1; i < rows; ++i) {
      cells.emplace_back(down ? i : rows - i, column);
    }
  }
  return cells;
}

/// A closed walk over a torus of odd `rows` >= odd `columns`: row after row, right or left around,
/// each row entered where the last one ended. A row to the right ends one column back, one to the
/// left one column on; (rows + columns) / 2 rows to the right, the others to the left, end
/// `columns` columns back: where they began.
std::vector<Cell> odd_torus(std::int32_t rows, std::int32_t columns) {
  std::vector<Cell> cells;
  std::int32_t column = 0;
  for (std::int32_t row = 0; row < rows; ++row) {
    const std::int32_t step = row < (rows + columns) / 2 ? 1 : columns - 1;
    for (std::int32_t i = 0; i < columns; ++i) {
      cells.emplace_back(row, column);
      column = (column + (i + 1 < columns ? step : 0)) % columns;
    }
  }
  return cells;
}

/// The first of two closed walks over a torus of n x n, n > 2, that share no link: along a row
/// n - 1 links, one down, and so on; each row is entered one column further back. The other one is
/// its transpose from (0, 1) on: it goes down every column where this one leaves a gap, and along
/// the row link that is missing there (A. Kotzig, 1973: such a pair is in every torus).
std::vector<Cell> diagonal(std::int32_t n) {
  std::vector<Cell> cells;
  for (std::int32_t row = 0; row < n; ++row) {
    for (std::int32_t i = 0; i < n; ++i) {
      cells.emplace_back(row, (n - row + i) % n);
    }
  }
  return cells;
}

/// Back and forth over the rows: neighbours follow each other, the ends do not meet.
std::vector<Cell> snake(std::int32_t rows, std::int32_t columns) {
  std::vector<Cell> cells;
  for (std::int32_t row = 0; row < rows; ++row) {
    for (std::int32_t i = 0; i < columns; ++i) {
      cells.emplace_back(row, row % 2 == 0 ? i : columns - 1 - i);
    }
  }
  return cells;
}

/// The walk over the grid with rows and columns exchanged, and back.
std::vector<Cell> transposed(std::vector<Cell> (*walk)(std::int32_t, std::int32_t),
                             std::int32_t rows, std::int32_t columns) {
  const std::array swapped{columns, rows};
  std::vector<Cell> cells = walk(swapped[0], swapped[1]);
  std::ranges::for_each(cells, [](Cell& cell) { std::swap(cell.first, cell.second); });
  return cells;
}

/// A walk over the lattice with the given extents: the first one as rows, a walk over the others as
/// columns.
Walk lattice_walk(std::span<const std::int32_t> shape, bool wraps) {
  if (shape.empty()) {
    return {{0}, true};
  }
  Walk inner = lattice_walk(shape.subspan(1), wraps);
  const std::int32_t rows = shape[0];
  const auto columns = static_cast<std::int32_t>(inner.order.size());
  if (rows == 1) {
    return inner;
  }
  Walk walk;
  if (columns == 1) {
    walk.order.resize(static_cast<std::size_t>(rows));
    std::iota(walk.order.begin(), walk.order.end(), 0);
    walk.closed = wraps || rows == 2;
    return walk;
  }
  std::vector<Cell> cells;
  walk.closed = true;
  if (columns % 2 == 0) {
    cells = even_columns(rows, columns);
  } else if (rows % 2 == 0) {
    cells = transposed(even_columns, rows, columns);
  } else if (wraps && inner.closed && rows >= columns) {
    cells = odd_torus(rows, columns);
  } else if (wraps && inner.closed) {
    cells = transposed(odd_torus, rows, columns);
  } else {
    cells = snake(rows, columns);
    walk.closed = false;
  }
  for (const auto& [row, column] : cells) {
    walk.order.push_back((row * columns) + inner.order[static_cast<std::size_t>(column)]);
  }
  return walk;
}

/// Of several channels, the second half goes the other way round; and where there are two walks
/// that share no link, channels take them in turn.
std::vector<Rank> lattice_order(const topology::Lattice& lattice, std::int32_t channel,
                                std::int32_t channels) {
  const auto& shape = lattice.shape;
  const bool has_pair = lattice.wraps && shape.size() == 2 && shape[0] == shape[1] && shape[0] > 2;
  std::vector<Rank> order;
  if (channels > 1 && has_pair) {
    const std::int32_t n = shape[0];
    for (const auto& [row, column] : diagonal(n)) {
      order.push_back(Rank{channel % 2 == 0 ? (row * n) + column : (column * n) + row});
    }
  } else {
    for (const std::int32_t at : lattice_walk(shape, lattice.wraps).order) {
      order.push_back(Rank{at});
    }
  }
  const std::int32_t walks = has_pair ? 2 : 1;
  if ((channel / walks) % 2 == 1) {
    std::ranges::reverse(order);
  }
  return order;
}

std::vector<Rank> server_order(const Blocks& servers, std::int32_t channel, std::int32_t channels) {
  std::vector<Rank> order;
  bool forward = true;
  for (const auto& members : servers.members) {
    const auto count = static_cast<std::int32_t>(members.size());
    for (std::int32_t i = 0; i < count; ++i) {
      // Forward: turn, turn + 1, ..., turn - 1; backward: the same from its end.
      const std::int32_t at =
          channel_turn(channel, channels, count) + (forward ? i : count - 1 - i);
      order.push_back(members[static_cast<std::size_t>(at % count)]);
    }
    forward = !forward;
  }
  return order;
}

}  // namespace

bool Blocks::is_even() const {
  return members.size() >= 2 && members.front().size() >= 2 &&
         std::ranges::all_of(
             members, [&](const auto& block) { return block.size() == members.front().size(); });
}

Blocks blocks_of(const topology::Topology& topology, const Group& group, std::string_view name) {
  Blocks blocks;
  for (const topology::Partition& partition : topology.partitions()) {
    if (name.empty() || partition.name == name) {
      blocks.partition = &partition;
      break;
    }
  }
  if (blocks.partition == nullptr) {
    return blocks;
  }
  const auto& block_of = blocks.partition->block_of;
  // Per block of the partition, its place here: in the order of the blocks' first ranks.
  std::vector<std::int32_t> place(static_cast<std::size_t>(std::ranges::max(block_of)) + 1, -1);
  for (std::int32_t rank = 0; rank < group.size(); ++rank) {
    const std::int32_t block = block_of[topology::index(group.node(Rank{rank}))];
    if (block < 0) {
      blocks.members.clear();
      return blocks;
    }
    std::int32_t& at = place[static_cast<std::size_t>(block)];
    if (at < 0) {
      at = static_cast<std::int32_t>(blocks.members.size());
      blocks.members.emplace_back();
    }
    blocks.members[static_cast<std::size_t>(at)].push_back(Rank{rank});
  }
  return blocks;
}

bool spans_lattice(const topology::Topology& topology, const Group& group) {
  return topology.lattice().has_value() && std::ranges::equal(group.nodes, topology.endpoints());
}

std::vector<Rank> ring_order(const topology::Topology& topology, const Group& group,
                             std::int32_t channel, std::int32_t channels) {
  std::vector<Rank> order;
  if (spans_lattice(topology, group)) {
    return lattice_order(*topology.lattice(), channel, channels);
  }
  const Blocks servers = blocks_of(topology, group, "server");
  if (servers.members.size() > 1) {
    return server_order(servers, channel, channels);
  }
  for (std::int32_t rank = 0; rank < group.size(); ++rank) {
    order.push_back(Rank{rank});
  }
  return order;
}

}  // namespace collectives
