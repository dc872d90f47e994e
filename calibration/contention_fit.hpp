#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "calibration/fit_errors.hpp"

namespace calibration {

/// A kernel beside blocks (CTAs) of a kernel that communicates.
struct ContentionSample {
  std::vector<double> shape;  // m, n, k of the GEMM
  double blocks = 0;
  double seconds = 0;  // of the GEMM beside them
  double alone_s = 0;  // of the same GEMM alone
};

/// How much longer a kernel takes while blocks of another one hold processors and memory:
///
///     1 / (1 - held * blocks / processors)
///
/// `held` processors for each block: 1 if a block keeps one processor and nothing else, more if it
/// takes memory bandwidth as well, or makes a wave longer.
class ContentionFit {
 public:
  /// Requires samples with times above 0, and processors.
  ContentionFit(std::int32_t processors, std::span<const ContentionSample> samples);

  /// A fit that was found before.
  ContentionFit(std::int32_t processors, double held, std::span<const ContentionSample> samples)
      : processors_{processors}, held_{held}, samples_{samples.begin(), samples.end()} {}

  /// A factor from 1 on; at most that of all processors but one held.
  [[nodiscard]] double slowdown(double blocks) const;

  [[nodiscard]] std::int32_t processors() const { return processors_; }
  [[nodiscard]] double held() const { return held_; }
  [[nodiscard]] std::span<const ContentionSample> samples() const { return samples_; }

 private:
  std::int32_t processors_;
  double held_ = 1;
  std::vector<ContentionSample> samples_;
};

/// The same beside kernels of a GPU of so many processors: a block holds as many of them.
[[nodiscard]] ContentionFit carried(const ContentionFit& fit, std::int32_t processors);

[[nodiscard]] FitErrors errors_of(const ContentionFit& fit,
                                  std::span<const ContentionSample> samples);

}  // namespace calibration
