#include "calibration/collective.hpp"

#include <algorithm>
#include <cmath>

namespace calibration {
namespace {

/// So many pieces keep the filling of a pipeline small.
constexpr std::int32_t pieces = 32;

/// Up the tree and down again: a chain inside each server, a binary tree between them.
Trips tree_trips(const CollectiveShape& shape) {
  const double per_server = static_cast<double>(shape.ranks) / shape.nodes;
  return {.steps = 2 * (per_server - 1),
          .far_steps = 2 * std::log2(static_cast<double>(shape.nodes)),
          .share = 2,
          .pieces = pieces};
}

/// A rank's data goes up to the switch; its part of the sum comes down, and goes up once more to be
/// multiplied out. The first piece makes both ways before all is in flow.
Trips nvls_trips(const CollectiveShape& shape) {
  const double n = shape.ranks;
  return {.steps = 2, .share = 1 + (1 / n) + (2 * (n - 1) / n / pieces), .pieces = pieces};
}

/// `rounds` times past everybody else; a ring crosses from server to server `nodes` times a round.
Trips round_trips(const CollectiveShape& shape, double rounds) {
  const double others = shape.ranks - 1;
  const double all = rounds * others;
  const double far = shape.nodes > 1 ? std::min(rounds * shape.nodes, all) : 0;
  return {.steps = all - far, .far_steps = far, .share = all / shape.ranks};
}

}  // namespace

Trips trips(Pattern pattern, const CollectiveShape& shape) {
  if (pattern == Pattern::nvls) {
    return nvls_trips(shape);
  }
  if (pattern == Pattern::tree) {
    return tree_trips(shape);
  }
  switch (shape.operation) {
    case Operation::all_reduce:
      return round_trips(shape, 2);
    case Operation::all_gather:
    case Operation::reduce_scatter:
    case Operation::all_to_all:
      break;
    case Operation::broadcast:
    case Operation::reduce: {
      Trips once = round_trips(shape, 1);
      once.share = (shape.ranks - 2.0 + pieces) / pieces;
      once.pieces = pieces;
      return once;
    }
    case Operation::send_receive:
      return {.steps = shape.nodes > 1 ? 0.0 : 1.0,
              .far_steps = shape.nodes > 1 ? 1.0 : 0.0,
              .share = 1};
  }
  return round_trips(shape, 1);
}

}  // namespace calibration
