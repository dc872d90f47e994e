#include "planning/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "sim/contract.hpp"

namespace planning {

namespace {

double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double between = place - static_cast<double>(below);
  return sorted[below] + (between * (sorted[above] - sorted[below]));
}

double half_width(std::span<const double> values, double mean) {
  if (values.size() == 1) {
    return std::numeric_limits<double>::infinity();
  }
  double squares = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  const auto n = static_cast<double>(values.size());
  const auto degrees_of_freedom = static_cast<std::int64_t>(values.size()) - 1;
  return student_t_975(degrees_of_freedom) * std::sqrt(squares / (n - 1) / n);
}

}  // namespace

Summary summarise(std::span<const double> values) {
  sim::require(!values.empty(), "there is something to summarise");
  std::vector<double> sorted{values.begin(), values.end()};
  std::ranges::sort(sorted);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const double mean = sum / static_cast<double>(values.size());
  return {.mean = mean,
          .half_width = half_width(values, mean),
          .p5 = quantile(sorted, 0.05),
          .p50 = quantile(sorted, 0.5),
          .p95 = quantile(sorted, 0.95)};
}

double student_t_975(std::int64_t degrees_of_freedom) {
  // Up to 10 from the distribution in closed form, M. Abramowitz and I. Stegun, "Handbook of
  // Mathematical Functions", 26.7.3 and 26.7.4, solved by bisection; beyond, their
  // expansion 26.7.5, which at 11 is 5e-6 too small.
  constexpr std::array first{12.706204736175, 4.302652729749, 3.182446305284, 2.776445105198,
                             2.570581835636,  2.446911851145, 2.364624251593, 2.306004135204,
                             2.262157162798,  2.228138851986};
  sim::require(degrees_of_freedom >= 1, "a spread needs two values");
  if (degrees_of_freedom <= static_cast<std::int64_t>(first.size())) {
    return first[static_cast<std::size_t>(degrees_of_freedom - 1)];
  }
  constexpr double z = 1.959963984540054;  // the same quantile of the normal distribution
  constexpr double z2 = z * z;
  constexpr double g1 = z * (z2 + 1) / 4;
  constexpr double g2 = z * ((((5 * z2) + 16) * z2) + 3) / 96;
  constexpr double g3 = z * ((((((3 * z2) + 19) * z2) + 17) * z2) - 15) / 384;
  constexpr double g4 =
      z * ((((((((79 * z2) + 776) * z2) + 1482) * z2) - 1920) * z2) - 945) / 92160;
  const auto n = static_cast<double>(degrees_of_freedom);
  return z + ((g1 + ((g2 + ((g3 + (g4 / n)) / n)) / n)) / n);
}

}  // namespace planning
