#include "calibration/curve_fit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "calibration/descent.hpp"
#include "sim/contract.hpp"

namespace calibration {
namespace {

double model(const CurveFit::Numbers& numbers, double bytes) {
  const double p = std::max(numbers.sharpness, 1.0);
  return std::pow(std::pow(numbers.latency_s, p) + std::pow(bytes / numbers.bandwidth_Bps, p),
                  1 / p);
}

CurveFit::Numbers fit_numbers(std::span<const CurveSample> samples) {
  sim::require(!samples.empty(), "a fit needs samples");
  double bandwidth = 0;
  double latency = samples.front().seconds;
  for (const CurveSample& sample : samples) {
    bandwidth = std::max(bandwidth, sample.bytes / sample.seconds);
    latency = std::min(latency, sample.seconds);
  }
  constexpr double sharpness = 2;
  constexpr int rounds = 16;
  const auto named = [](std::span<const double> from) {
    return CurveFit::Numbers{from[0], from[1], from[2]};
  };
  return named(descend({latency, bandwidth, sharpness}, rounds, [&](std::span<const double> tried) {
    double sum = 0;
    for (const CurveSample& sample : samples) {
      sum += std::abs(std::log(model(named(tried), sample.bytes) / sample.seconds));
    }
    return sum;
  }));
}

std::vector<Kriging::Point> points_of(const CurveFit::Numbers& numbers,
                                      std::span<const CurveSample> samples) {
  std::vector<Kriging::Point> points;
  points.reserve(samples.size());
  for (const CurveSample& sample : samples) {
    points.push_back(
        {{std::log2(sample.bytes)}, std::log(sample.seconds / model(numbers, sample.bytes)), 1});
  }
  return points;
}

/// Neighbours a few doublings apart hang together.
Kriging::Settings first_settings() {
  return {.parts = {{.deviation = 0.1, .reach = {3}}}, .noise = 0.01};
}

std::vector<CurveSample> by_size(std::span<const CurveSample> samples) {
  std::vector<CurveSample> out{samples.begin(), samples.end()};
  std::ranges::stable_sort(out, {}, &CurveSample::bytes);
  return out;
}

}  // namespace

CurveFit::CurveFit(std::span<const CurveSample> samples)
    : numbers_{fit_numbers(samples)},
      samples_{by_size(samples)},
      beside_{likeliest_settings(first_settings(), points_of(numbers_, samples_)),
              points_of(numbers_, samples_)} {}

CurveFit::CurveFit(Numbers numbers, Kriging::Settings settings,
                   std::span<const CurveSample> samples)
    : numbers_{numbers},
      samples_{samples.begin(), samples.end()},
      beside_{std::move(settings), points_of(numbers_, samples_)} {}

double CurveFit::seconds(double bytes) const {
  const std::vector<double> place{std::log2(bytes)};
  return model(numbers_, bytes) * std::exp(beside_.at(place));
}

FitErrors errors_of(const CurveFit& fit, std::span<const CurveSample> samples) {
  std::vector<double> errors;
  errors.reserve(samples.size());
  for (const CurveSample& sample : samples) {
    errors.push_back(std::abs((fit.seconds(sample.bytes) / sample.seconds) - 1));
  }
  return sum_up(std::move(errors));
}

FitErrors held_out_errors(std::span<const CurveSample> samples) {
  const std::vector<CurveSample> sorted = by_size(samples);
  std::vector<CurveSample> shown;
  std::vector<CurveSample> hidden;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    (i % 3 == 1 ? hidden : shown).push_back(sorted[i]);
  }
  return shown.empty() ? FitErrors{} : errors_of(CurveFit{shown}, hidden);
}

}  // namespace calibration
