#pragma once
// How often a point is measured, and what of it is kept.
//
// Repetitions come in batches. After each batch the 95 % interval of the median is looked at: if it
// is narrow enough, or the time of the point is over, that is it. The interval is that of order
// statistics, which assumes nothing of the distribution: of n sorted values the median of what they
// are drawn from lies with 95 % between number n/2 - 0.98 sqrt(n) and number n/2 + 0.98 sqrt(n) + 1
// (Hahn and Meeker, "Statistical Intervals", 1991, section 5.3).
//
// A batch during which the GPU was throttled is dropped and counted. Not every reason that NVML
// gives is a fault of the measurement: an idle GPU, clocks that somebody has set, and the software
// power cap stay. The power cap is recorded with the point: a large GEMM always meets it, in
// training as it does here.

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "calibration/sample_log.hpp"

namespace probe {

using Seconds = std::chrono::duration<double>;

/// Median, fifth and 95th percentile and the interval. Requires a value.
[[nodiscard]] calibration::Spread spread_of(std::span<const double> seconds);

/// Is a measurement under these reasons (NVML's mask) not to be used?
[[nodiscard]] bool is_throttled(std::uint64_t reasons);

/// Some repetitions, each the seconds of one launch, and the state of the GPU during them.
struct Batch {
  std::vector<double> seconds;
  calibration::GpuState state;
};

/// Measures about so many repetitions.
using TakeBatch = std::function<Batch(int repetitions)>;

/// A clock that can be replaced in a test.
using Now = std::function<Seconds()>;

/// When to stop.
struct StopRule {
  double ci_most = 0.01;
  Seconds budget{0.05};  // looked at between batches: at least one batch is taken
  int repetitions_least = 12;
  int repetitions_most = 4000;
};

/// A point, measured.
struct Measured {
  calibration::Spread seconds;
  calibration::GpuState state;  // of the last batch kept; the throttle reasons of all kept
  std::int64_t repetitions = 0;
  std::int64_t dropped = 0;
};

/// Takes batches until `rule` says to stop.
///
/// If every batch was throttled, all are kept all the same (a time with a warning is better than
/// none): then `dropped` is `repetitions`. Throws sim::Failure if `take` brings no repetitions.
[[nodiscard]] Measured measure(const StopRule& rule, const TakeBatch& take, const Now& now);

}  // namespace probe
