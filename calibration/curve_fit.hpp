#pragma once

#include <span>
#include <vector>

#include "calibration/fit_errors.hpp"
#include "calibration/kriging.hpp"

namespace calibration {

/// Bytes that a kernel reads and writes, or that a copy moves, and the time that takes.
struct CurveSample {
  double bytes = 0;
  double seconds = 0;
};

/// The time of what memory, or a link, holds up:
///
///     (latency^p + (bytes / bandwidth)^p)^(1/p)
///
/// with p >= 1 between their sum (p = 1) and the longer of both, times a factor near 1: what the
/// samples near a size say beside it, such as that small ones stay in the cache.
class CurveFit {
 public:
  struct Numbers {
    double latency_s = 0;
    double bandwidth_Bps = 0;
    double sharpness = 1;  // p
  };

  /// Requires samples with bytes and times above 0.
  explicit CurveFit(std::span<const CurveSample> samples);

  /// A fit that was found before.
  CurveFit(Numbers numbers, Kriging::Settings settings, std::span<const CurveSample> samples);

  [[nodiscard]] double seconds(double bytes) const;

  [[nodiscard]] const Numbers& numbers() const { return numbers_; }
  [[nodiscard]] const Kriging::Settings& settings() const { return beside_.settings(); }
  [[nodiscard]] std::span<const CurveSample> samples() const { return samples_; }

 private:
  Numbers numbers_;
  std::vector<CurveSample> samples_;
  Kriging beside_;  // log(measured / model), over log2 bytes
};

[[nodiscard]] FitErrors errors_of(const CurveFit& fit, std::span<const CurveSample> samples);

/// The errors on every third sample, by size, of a fit to the others.
[[nodiscard]] FitErrors held_out_errors(std::span<const CurveSample> samples);

}  // namespace calibration
