#include "planning/checkpointing.hpp"

#include <algorithm>
#include <cmath>

#include "sim/contract.hpp"

namespace planning {

namespace {

/// (M + D) exp(R / M) (exp(L / M) - 1), or L if nothing fails.
Seconds segment_duration(Seconds segment, const Interruptions& interruptions) {
  const auto& [between, detection, restart] = interruptions;
  if (std::isinf(between.count())) {
    return segment;
  }
  return (between + detection) * (std::exp(restart / between) * std::expm1(segment / between));
}

}  // namespace

Seconds young_interval(Seconds stall, Seconds between_failures) {
  if (std::isinf(between_failures.count())) {
    return between_failures;  // also without a stall
  }
  return Seconds{std::sqrt(2 * stall.count() * between_failures.count())};
}

Seconds daly_interval(Seconds stall, Seconds between_failures) {
  if (stall >= 2 * between_failures) {
    return between_failures;
  }
  const double x = stall / (2 * between_failures);
  return (young_interval(stall, between_failures) * (1 + (std::sqrt(x) / 3) + (x / 9))) - stall;
}

Seconds daly_duration(Seconds work, Seconds interval, Seconds stall,
                      const Interruptions& interruptions) {
  sim::require(interval > Seconds::zero(), "an interval is above 0");
  Interruptions noticed = interruptions;
  noticed.detection = Seconds::zero();
  return segment_duration(interval + stall, noticed) * (work / interval);
}

Seconds expected_duration(Seconds work, Seconds interval, Seconds stall,
                          const Interruptions& interruptions) {
  sim::require(interval > Seconds::zero(), "an interval is above 0");
  // A segment more for a billionth of one would be one for a rounding error.
  const double segments = std::max(1.0, std::ceil((work / interval) - 1e-9));
  const Seconds last = work - ((segments - 1) * interval);
  return ((segments - 1) * segment_duration(interval + stall, interruptions)) +
         segment_duration(last + stall, interruptions);
}

double first_order_goodput(Seconds interval, Seconds stall, const Interruptions& interruptions) {
  const auto& [between, detection, restart] = interruptions;
  const double failures = ((interval / 2) + detection + restart) / between;
  return std::max(0.0, 1 - (stall / interval) - failures);
}

}  // namespace planning
