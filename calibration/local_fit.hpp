#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace calibration {

/// Values at scattered points, and what they suggest anywhere: a plane through the nearest points,
/// the nearer ones weighing more (W. Cleveland, "Robust locally weighted regression and smoothing
/// scatterplots", JASA 74, 1979). Far from all points it is flat.
class LocalFit {
 public:
  /// How far it looks.
  struct Settings {
    std::size_t neighbours = 12;
    double ridge = 0.1;           // how much it minds slopes
    std::vector<double> weights;  // per dimension: of distances along it
  };

  explicit LocalFit(std::size_t dimensions)
      : dimensions_{dimensions}, settings_{.weights = std::vector<double>(dimensions, 1)} {}

  /// Requires as many coordinates as dimensions.
  void add(std::span<const double> at, double value);

  /// 0 if there are no points.
  [[nodiscard]] double at(std::span<const double> point) const { return at(point, nobody); }

  /// Takes the settings with which each point is met best by the others.
  void choose_settings();
  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// Requires a weight per dimension.
  void set(Settings settings) { settings_ = std::move(settings); }

 private:
  static constexpr std::size_t nobody = static_cast<std::size_t>(-1);

  [[nodiscard]] double at(std::span<const double> point, std::size_t left_out) const;
  [[nodiscard]] double left_out_error() const;
  bool improve(const Settings& other, double& least);

  struct Near {
    double squared = 0;  // distance
    std::size_t point = 0;
  };
  [[nodiscard]] std::vector<Near> nearest(std::span<const double> point,
                                          std::size_t left_out) const;

  std::size_t dimensions_;
  Settings settings_;
  std::vector<double> coordinates_;  // of all points, one after the other
  std::vector<double> values_;
};

}  // namespace calibration
