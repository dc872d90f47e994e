#include "calibration/probe/sampling.hpp"

#include <algorithm>
#include <cmath>

#include "sim/contract.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

// nvmlClocksEventReasons* of NVML's reference manual.
constexpr std::uint64_t reason_idle = 0x1;
constexpr std::uint64_t reason_application_clocks = 0x2;
constexpr std::uint64_t reason_software_power_cap = 0x4;
constexpr std::uint64_t reason_display_clocks = 0x100;

/// Between the values beside it, as most programs do it.
double quantile(std::span<const double> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

}  // namespace

calibration::Spread spread_of(std::span<const double> seconds) {
  sim::require(!seconds.empty(), "a spread is of something");
  std::vector<double> sorted{seconds.begin(), seconds.end()};
  std::ranges::sort(sorted);
  const auto count = static_cast<double>(sorted.size());
  constexpr double half_normal = 0.98;  // 1.96 / 2: 95 % of a normal distribution
  const double reach = half_normal * std::sqrt(count);
  const auto low = static_cast<std::size_t>(std::max(0.0, std::floor((count / 2) - reach) - 1));
  const auto high =
      std::min(sorted.size() - 1, static_cast<std::size_t>(std::ceil((count / 2) + reach)));
  const double median = quantile(sorted, 0.5);
  return {.median = median,
          .p5 = quantile(sorted, 0.05),
          .p95 = quantile(sorted, 0.95),
          .ci = median > 0 ? (sorted[high] - sorted[low]) / 2 / median : 0};
}

bool is_throttled(std::uint64_t reasons) {
  return (reasons & ~(reason_idle | reason_application_clocks | reason_software_power_cap |
                      reason_display_clocks)) != 0;
}

Measured measure(const StopRule& rule, const TakeBatch& take, const Now& now) {
  std::vector<double> kept;
  std::vector<double> throttled;
  Measured result;
  calibration::GpuState throttled_state;
  const Seconds end = now() + rule.budget;
  int next = rule.repetitions_least;
  do {
    const Batch batch = take(next);
    if (batch.seconds.empty()) {
      throw sim::Failure{"a batch brought no repetitions"};
    }
    if (is_throttled(batch.state.throttle)) {
      throttled.insert(throttled.end(), batch.seconds.begin(), batch.seconds.end());
      throttled_state = batch.state;
      continue;
    }
    kept.insert(kept.end(), batch.seconds.begin(), batch.seconds.end());
    const std::uint64_t reasons = result.state.throttle | batch.state.throttle;
    result.state = batch.state;
    result.state.throttle = reasons;
    const auto enough = static_cast<std::size_t>(rule.repetitions_least);
    if (kept.size() >= enough && spread_of(kept).ci < rule.ci_most) {
      break;
    }
    // The interval narrows with the root of the count: half as many again is a step worth a look.
    next = std::max(rule.repetitions_least, static_cast<int>(kept.size() / 2));
  } while (now() < end &&
           kept.size() + throttled.size() < static_cast<std::size_t>(rule.repetitions_most));
  result.dropped = static_cast<std::int64_t>(throttled.size());
  if (kept.empty()) {
    kept = std::move(throttled);
    result.state = throttled_state;
  }
  result.seconds = spread_of(kept);
  result.repetitions = static_cast<std::int64_t>(kept.size());
  return result;
}

}  // namespace probe
