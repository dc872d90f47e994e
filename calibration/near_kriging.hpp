#pragma once
// Values at scattered points, and what they suggest anywhere.
//
// How like each other the values at two points are is taken to depend on how far apart the points
// are, along each dimension d by |x_d - y_d| w_d = z_d:
//
//     like(x, y) = (1 - smooth) exp(-sum z_d)  +  smooth exp(-stretch^2 sum z_d^2)
//
// The first part may jump from one point to the next, and along one dimension only: a point that
// differs in one coordinate says more than one that differs a little in all. That is how times are
// that change with the kernel which a library picks. The second part is smooth. A value is met up
// to `noise` of how much values differ at all. The best linear guess from such values is
//
//     sum_i a_i like(x, x_i)     where     sum_j (like(x_i, x_j) + noise [i = j]) a_j = value_i
//
// (D. Krige, 1951; "simple kriging", N. Cressie, "Statistics for Spatial Data", 1993, section 3.2,
// or Gaussian processes: C. Rasmussen and C. Williams, 2006, equation 2.25). Far from all points it
// is 0. Only the nearest points count, which hide those behind them.
//
// By hand, with smooth 0, noise 0.25 and one point of value 1 at distance ln 2 (in z):
// a = 1 / 1.25, the guess is 0.5 / 1.25 = 0.4.

#include <cstddef>
#include <span>
#include <vector>

namespace calibration {

class NearKriging {
 public:
  /// How far it looks, and what for.
  struct Settings {
    double smooth = 0.8;  // from 0 to 1
    double stretch = 1;
    double noise = 0.02;          // above 0
    std::vector<double> weights;  // per dimension: of distances along it
  };

  /// Weights of 0.3.
  explicit NearKriging(std::size_t dimensions);
  /// Requires a noise above 0. As many dimensions as weights.
  explicit NearKriging(Settings settings);

  /// Requires as many coordinates as dimensions. The same point may come again, with other values.
  void add(std::span<const double> at, double value);

  /// 0 if there are no points.
  [[nodiscard]] double at(std::span<const double> point) const;

  /// Takes the settings with which each point is met best by the others.
  void choose_settings();
  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  [[nodiscard]] double at(std::span<const double> point, std::size_t left_out) const;
  [[nodiscard]] double left_out_error(std::span<const std::size_t> points) const;
  [[nodiscard]] std::vector<std::size_t> nearest(std::span<const double> point,
                                                 std::size_t left_out) const;
  [[nodiscard]] double like(std::span<const double> a, std::span<const double> b) const;
  [[nodiscard]] std::vector<double> coordinates_of(std::size_t point) const;

  Settings settings_;
  // By dimension, then by point: an order in which distances are quick. As floats, since to walk
  // through them is most of the time that an answer takes.
  std::vector<std::vector<float>> coordinates_;
  std::vector<double> values_;
};

}  // namespace calibration
