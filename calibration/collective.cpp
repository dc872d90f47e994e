#include "calibration/collective.hpp"

namespace calibration {

Trips trips(Pattern pattern, Operation operation, std::int32_t ranks) {
  const double n = ranks;
  const double others = n - 1;
  constexpr std::int32_t pieces = 32;
  if (pattern == Pattern::nvls) {
    // A rank's data goes up to the switch; its part of the sum comes down, and goes up once more to
    // be multiplied out. The first piece makes both ways before all is in flow.
    return {.steps = 2, .share = 1 + (1 / n) + (2 * others / n / pieces), .pieces = pieces};
  }
  switch (operation) {
    case Operation::all_reduce:
      return pattern == Pattern::tree ? Trips{.steps = 2 * others, .share = 2}
                                      : Trips{.steps = 2 * others, .share = 2 * others / n};
    case Operation::all_gather:
    case Operation::reduce_scatter:
    case Operation::all_to_all:
      return {.steps = others, .share = others / n};
    case Operation::broadcast:
    case Operation::reduce:
      return {.steps = others, .share = (others - 1 + pieces) / pieces, .pieces = pieces};
    case Operation::send_receive:
      return {.steps = 1, .share = 1};
  }
  return {};
}

}  // namespace calibration
