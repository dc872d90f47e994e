#pragma once

#include <cstdint>
#include <vector>

namespace calibration {

/// Of |predicted / measured - 1| over samples.
struct FitErrors {
  std::int64_t samples = 0;
  double median = 0;
  double p95 = 0;
  double worst = 0;
};

/// Sums up errors, of which none may be negative. All 0 if there are none.
[[nodiscard]] FitErrors sum_up(std::vector<double> errors);

}  // namespace calibration
