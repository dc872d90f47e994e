#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace calibration {

/// What scattered values suggest anywhere: their best linear prediction if they are a Gaussian
/// process of mean 0 (kriging; C. Rasmussen and C. Williams, "Gaussian Processes for Machine
/// Learning", MIT Press 2006, chapters 2 and 5). Near points it follows them as closely as their
/// noise allows, far from all of them it is 0.
///
/// The covariance of two points is a sum of parts, each
///
///     deviation^2 exp(-sum over dimensions of |difference| / reach)
///
/// A reach of `equal` makes a part count only for points that agree in that dimension; one of
/// `any` ignores it.
class Kriging {
 public:
  static constexpr double equal = 0;
  static constexpr double any = -1;

  struct Part {
    double deviation = 1;
    std::vector<double> reach;  // per dimension
  };
  struct Settings {
    std::vector<Part> parts;
    double noise = 0.01;  // deviation of one observation
  };

  struct Point {
    std::vector<double> at;
    double value = 0;
    double observations = 1;  // of which it is the mean
  };

  /// Solves for these points: time grows with the cube of their number. Takes more noise than the
  /// settings say where rounding needs it.
  Kriging(Settings settings, std::vector<Point> points);

  [[nodiscard]] double at(std::span<const double> place) const;

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] std::span<const Point> points() const { return points_; }

 private:
  Settings settings_;
  std::vector<Point> points_;
  std::vector<double> weights_;
};

/// The settings under which the points are likeliest, found from `start` on: its deviations, its
/// noise and its reaches, but for `equal` and `any`. How far they go is held back a little, as a
/// few points say little of it.
[[nodiscard]] Kriging::Settings likeliest_settings(Kriging::Settings start,
                                                   std::span<const Kriging::Point> points);

}  // namespace calibration
