#include "calibration/fit_errors.hpp"

#include <algorithm>

namespace calibration {

FitErrors sum_up(std::vector<double> errors) {
  if (errors.empty()) {
    return {};
  }
  std::ranges::sort(errors);
  constexpr std::size_t percent = 95;
  return {.samples = static_cast<std::int64_t>(errors.size()),
          .median = errors[errors.size() / 2],
          .p95 = errors[errors.size() * percent / 100],
          .worst = errors.back()};
}

}  // namespace calibration
