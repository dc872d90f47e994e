#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace calibration {

/// Values at scattered points, and what they suggest anywhere: a plane through the nearest points,
/// the nearer ones weighing more (W. Cleveland, "Robust locally weighted regression and smoothing
/// scatterplots", JASA 74, 1979). Far from all points it is flat.
class LocalFit {
 public:
  explicit LocalFit(std::size_t dimensions) : dimensions_{dimensions} {}

  /// Requires as many coordinates as dimensions.
  void add(std::span<const double> at, double value);

  [[nodiscard]] std::size_t size() const { return values_.size(); }

  /// 0 if there are no points.
  [[nodiscard]] double at(std::span<const double> point) const;

 private:
  struct Near {
    double squared = 0;  // distance
    std::size_t point = 0;
  };
  [[nodiscard]] std::vector<Near> nearest(std::span<const double> point) const;

  std::size_t dimensions_;
  std::vector<double> coordinates_;  // of all points, one after the other
  std::vector<double> values_;
};

}  // namespace calibration
