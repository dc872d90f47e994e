#include "calibration/method_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/contract.hpp"

namespace calibration {
namespace {

constexpr std::int32_t reference_ranks = 8;
constexpr double gpus_usual = 8;  // in a server, and NICs

/// What NCCL reckons this method to be for this shape, whether it would choose it or not.
Expectation expected(const NodeKind& node, Method method, const CollectiveShape& shape) {
  const std::vector<Expectation> all = nccl_expectations(node, shape);
  const auto found = std::ranges::find(all, method, &Expectation::method);
  sim::require(found != all.end(), "a method is one of those that NCCL considers");
  return *found;
}

/// The same for the shape for which a method's numbers stand: eight ranks of one server. Nothing
/// for trees, which one server does not use: theirs stand for any shape.
std::optional<Expectation> expected_there(const NodeKind& node, Method method,
                                          CollectiveShape shape) {
  shape.ranks = reference_ranks;
  shape.nodes = 1;
  const std::vector<Expectation> all = nccl_expectations(node, shape);
  const auto found = std::ranges::find(all, method, &Expectation::method);
  return found == all.end() ? std::nullopt : std::optional{*found};
}

}  // namespace

double lone_seconds(const CollectiveCost& cost, const CollectiveShape& shape) {
  const Trips whole = trips(cost.method.pattern, shape);
  const double latencies =
      cost.start_s + (whole.steps * cost.step_s) + (whole.far_steps * cost.far_step_s);
  const double sent = whole.share * shape.bytes / cost.rate_Bps;
  if (cost.nics_Bps <= 0) {
    return latencies + sent;
  }
  const double crossed = whole.far_share * shape.bytes / cost.nics_Bps;
  if (cost.method.pattern != Pattern::pairwise) {
    return latencies + std::max(sent, crossed);
  }
  // Either all of a server's ranks send to each other, or all of them through NICs.
  const double far = whole.far_share * shape.nodes / shape.ranks;
  return latencies + sent + std::max(crossed - (far * shape.bytes / cost.rate_Bps), 0.0);
}

Expectation own_numbers(const NodeKind& node, Method method, const CollectiveShape& shape) {
  return expected_there(node, method, shape).value_or(expected(node, method, shape));
}

double nics_of(const NodeKind& node, const CollectiveShape& shape) {
  return shape.nodes > 1 ? node.nic_Bps / gpus_usual * shape.ranks / shape.nodes : 0;
}

CollectiveCost mean_cost(const NodeKind& node, Method method, const MethodNumbers& numbers,
                         const CollectiveShape& shape) {
  CollectiveCost cost{
      .method = method,
      .start_s = numbers.base_s,
      .step_s = numbers.step_s,
      .far_step_s = numbers.far_step_s,
      .rate_Bps = numbers.rate_Bps *
                  std::pow(static_cast<double>(reference_ranks) / shape.ranks, numbers.sharing),
      .nics_Bps = nics_of(node, shape)};
  if (const auto there = expected_there(node, method, shape)) {
    const Expectation here = expected(node, method, shape);
    cost.step_s *= here.step_s / there->step_s;
    cost.far_step_s *= there->far_step_s > 0 ? here.far_step_s / there->far_step_s : 1;
    cost.rate_Bps *= here.bandwidth_Bps / there->bandwidth_Bps;
  }
  return cost;
}

double mean_seconds(const NodeKind& node, Method method, const MethodNumbers& numbers,
                    const CollectiveShape& shape) {
  return lone_seconds(mean_cost(node, method, numbers, shape), shape);
}

}  // namespace calibration
