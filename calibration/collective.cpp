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
  // Of two servers each is a root and a leaf; of more, most have two children in one of the trees.
  constexpr double inner = 2;
  const double far_share = shape.nodes == 2 ? 1 : inner;
  return {.steps = 2 * (per_server - 1),
          .far_steps = 2 * std::log2(static_cast<double>(shape.nodes)),
          .share = 2,
          .far_share = shape.nodes > 1 ? far_share : 0,
          .pieces = pieces};
}

/// A rank's data goes up to the switch; its part of the sum comes down, and goes up once more to be
/// multiplied out. The first piece makes both ways before all is in flow.
Trips nvls_trips(const CollectiveShape& shape) {
  const double n = shape.ranks;
  return {.steps = 2, .share = 1 + (1 / n) + (2 * (n - 1) / n / pieces), .pieces = pieces};
}

/// `rounds` times past everybody else; a ring crosses from server to server `nodes` times a round.
Trips ring_trips(const CollectiveShape& shape, double rounds) {
  const double all = rounds * (shape.ranks - 1);
  const double far = shape.nodes > 1 ? std::min(rounds * shape.nodes, all) : 0;
  const double share = all / shape.ranks;
  return {.steps = all - far, .far_steps = far, .share = share, .far_share = far > 0 ? share : 0};
}

/// To every other rank in turn: a block to each, most of them on other servers.
Trips pair_trips(const CollectiveShape& shape) {
  const double n = shape.ranks;
  const double per_server = n / shape.nodes;
  const double far = n - per_server;
  return {.steps = per_server - 1,
          .far_steps = far,
          .share = (n - 1) / n,
          .far_share = per_server * far / n};
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
      return ring_trips(shape, 2);
    case Operation::all_gather:
    case Operation::reduce_scatter:
      break;
    case Operation::all_to_all:
      return pair_trips(shape);
    case Operation::broadcast:
    case Operation::reduce: {
      Trips once = ring_trips(shape, 1);
      once.share = (shape.ranks - 2.0 + pieces) / pieces;
      once.far_share = shape.nodes > 1 ? once.share : 0;
      once.pieces = pieces;
      return once;
    }
    case Operation::send_receive:
      // To the next rank: one of a server's crosses, through its own NIC.
      return {.steps = shape.nodes > 1 ? 0.0 : 1.0,
              .far_steps = shape.nodes > 1 ? 1.0 : 0.0,
              .share = 1,
              .far_share = shape.nodes > 1 ? static_cast<double>(shape.ranks) / shape.nodes : 0};
  }
  return ring_trips(shape, 1);
}

}  // namespace calibration
