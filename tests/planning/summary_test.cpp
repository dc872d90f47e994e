#include "planning/summary.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include <doctest/doctest.h>

using namespace planning;

namespace {

/// What part of Student's t is from -t to t, for an even number n of degrees of freedom: with the
/// angle whose tangent is t / sqrt(n), sin (1 + 1/2 cos^2 + 1/2 3/4 cos^4 + ...), n / 2 terms.
/// Abramowitz and Stegun, 26.7.4.
double share_within(double t, std::int64_t n) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(n)));
  double term = 1;
  double sum = 1;
  for (std::int64_t k = 2; k < n; k += 2) {
    term *= std::pow(std::cos(angle), 2) * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  return std::sin(angle) * sum;
}

}  // namespace

TEST_CASE("summary: mean, confidence and percentiles of five values") {
  // Of 10, 20, 30, 40, 90 the mean is 38, the squares of what they are away from it sum to
  // 784 + 324 + 64 + 4 + 2704 = 3880, so the standard error is sqrt(3880 / 4 / 5) = sqrt(194); t
  // with 4 degrees of freedom is 2.776445. The 5th percentile lies at place 0.05 x 4 = 0.2, a fifth
  // of the way from 10 to 20; the 95th at place 3.8, four fifths of the way from 40 to 90.
  const std::array values{40.0, 10.0, 90.0, 30.0, 20.0};
  const Summary summary = summarise(values);
  CHECK(summary.mean == 38);
  CHECK(summary.half_width == doctest::Approx(2.776445 * std::sqrt(194.0)).epsilon(1e-6));
  CHECK(summary.p5 == doctest::Approx(12).epsilon(1e-12));  // 0.05 has no exact double
  CHECK(summary.p50 == 30);
  CHECK(summary.p95 == doctest::Approx(80).epsilon(1e-12));
}

TEST_CASE("summary: one value says nothing of its spread, equal ones that there is none") {
  CHECK(std::isinf(summarise(std::array{7.0}).half_width));
  CHECK(summarise(std::array{7.0, 7.0, 7.0}) == Summary{7, 0, 7, 7, 7});
}

TEST_CASE("summary: Student's t as in printed tables, on both sides of the expansion's start") {
  // Three decimals, as in any table: half a unit of the last one.
  struct Row {
    std::int64_t degrees_of_freedom;
    double quantile;
  };
  for (const auto& [degrees_of_freedom, quantile] :
       {Row{1, 12.706}, Row{2, 4.303}, Row{5, 2.571}, Row{9, 2.262}, Row{10, 2.228}, Row{11, 2.201},
        Row{12, 2.179}, Row{20, 2.086}, Row{30, 2.042}, Row{60, 2.000}, Row{120, 1.980},
        Row{1'000'000'000, 1.960}}) {
    CAPTURE(degrees_of_freedom);
    CHECK(std::abs(student_t_975(degrees_of_freedom) - quantile) <= 0.0005);
  }
}

TEST_CASE("summary: 95 % of Student's t are within its quantile, by its distribution") {
  // One degree has the tangent of 0.475 pi: F(t) = 1/2 + atan(t) / pi. An error of 5e-6 in t is one
  // of 5e-7 in the share: twice the density there, which is below 0.05.
  CHECK(student_t_975(1) == doctest::Approx(std::tan(0.475 * std::numbers::pi)).epsilon(1e-12));
  for (std::int64_t n = 2; n <= 100; n += 2) {
    CAPTURE(n);
    CHECK(std::abs(share_within(student_t_975(n), n) - 0.95) < 5e-7);
  }
}
