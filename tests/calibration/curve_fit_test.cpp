#include "calibration/curve_fit.hpp"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/contention_fit.hpp"

using namespace calibration;

TEST_CASE("curve fit: latency and bandwidth come out, also between and beyond the sizes") {
  // 5 us and 2.5 TB/s, one after the other.
  std::vector<CurveSample> samples;
  for (double bytes = 4096; bytes < 2e9; bytes *= 2) {
    samples.push_back({bytes, 5e-6 + (bytes / 2.5e12)});
  }
  const CurveFit fit{samples};
  CHECK(fit.numbers().latency_s / 5e-6 == doctest::Approx(1).epsilon(0.05));
  CHECK(fit.numbers().bandwidth_Bps / 2.5e12 == doctest::Approx(1).epsilon(0.05));
  CHECK(fit.seconds(3e6) / (5e-6 + (3e6 / 2.5e12)) == doctest::Approx(1).epsilon(0.02));
  CHECK(fit.seconds(16e9) / (5e-6 + (16e9 / 2.5e12)) == doctest::Approx(1).epsilon(0.05));
  CHECK(held_out_errors(samples).worst < 0.02);
}

TEST_CASE("curve fit: a cache that makes small sizes faster is met, though the model has none") {
  std::vector<CurveSample> samples;
  for (double bytes = 4096; bytes < 2e9; bytes *= 2) {
    samples.push_back({bytes, 3e-6 + (bytes / (bytes < 3e7 ? 6e12 : 2.5e12))});
  }
  const CurveFit fit{samples};
  CHECK(errors_of(fit, samples).p95 < 0.05);
}

TEST_CASE("curve fit: one sample is enough, and met") {
  const CurveFit fit{std::vector<CurveSample>{{1e6, 7e-6}}};
  CHECK(fit.seconds(1e6) / 7e-6 == doctest::Approx(1).epsilon(0.05));
}

TEST_CASE("contention fit: how many processors a block holds, by hand") {
  // Of 132 processors 24 blocks hold one and a half each: 96 are left, it takes 132 / 96 = 1.375.
  CHECK(ContentionFit(132, 1.5, {}).slowdown(24) == doctest::Approx(1.375));
  CHECK(ContentionFit(132, 1.5, {}).slowdown(0) == 1);
  // More than there are: one remains.
  CHECK(ContentionFit(132, 2, {}).slowdown(100) == doctest::Approx(132));
  std::vector<ContentionSample> samples;
  for (const double blocks : {1.0, 4.0, 16.0, 32.0}) {
    for (const double alone : {100e-6, 300e-6}) {
      samples.push_back({{4096, 4096, 4096}, blocks, alone / (1 - (1.3 * blocks / 132)), alone});
    }
  }
  const ContentionFit fit{132, samples};
  CHECK(fit.held() == doctest::Approx(1.3).epsilon(0.01));
  CHECK(errors_of(fit, samples).worst < 0.01);
}
