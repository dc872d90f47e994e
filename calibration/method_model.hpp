#pragma once
// What a collective takes by one method, in a few numbers. collective_fit.hpp has the equation.

#include "calibration/collective.hpp"
#include "calibration/nccl_tuning.hpp"

namespace calibration {

/// What a simulation is told: a schedule of `pattern`, `start_s` before its first message, `step_s`
/// for each, or `far_step_s` for each that goes to another server, and `rate_Bps` as the most that
/// leaves, or reaches, a rank. `nics_Bps` is what the NICs of one of the profile's own servers
/// carry together; 0 where nothing leaves a server, or nobody knows.
struct CollectiveCost {
  Method method;
  double start_s = 0;
  double step_s = 0;
  double far_step_s = 0;
  double rate_Bps = 0;
  double nics_Bps = 0;
};

/// The time of `cost` where nothing else is on the links: the start, the steps, and the bytes at
/// the rate, or at that of the NICs. A simulation on an idle network of fast links takes as long.
[[nodiscard]] double lone_seconds(const CollectiveCost& cost, const CollectiveShape& shape);

/// The numbers of a method, as for eight ranks of one server (trees: of any shape).
struct MethodNumbers {
  double base_s = 0;
  double step_s = 0;
  double far_step_s = 0;
  double rate_Bps = 0;
  double sharing = 0;
};

/// NCCL's own numbers for a method: for eight ranks of one server, or, of trees, which one server
/// does not use, for this shape. Requires that `node` considers the method for it.
[[nodiscard]] Expectation own_numbers(const NodeKind& node, Method method,
                                      const CollectiveShape& shape);

/// What the NICs of a server carry that has one for each GPU of the collective.
[[nodiscard]] double nics_of(const NodeKind& node, const CollectiveShape& shape);

/// What a method costs for another shape: its numbers differ from there as NCCL's own do.
[[nodiscard]] CollectiveCost mean_cost(const NodeKind& node, Method method,
                                       const MethodNumbers& numbers, const CollectiveShape& shape);

[[nodiscard]] double mean_seconds(const NodeKind& node, Method method, const MethodNumbers& numbers,
                                  const CollectiveShape& shape);

}  // namespace calibration
