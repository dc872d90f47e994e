#include "calibration/kriging.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "calibration/descent.hpp"
#include "sim/contract.hpp"

namespace calibration {
namespace {

double covariance(const Kriging::Part& part, std::span<const double> a, std::span<const double> b) {
  double distance = 0;
  for (std::size_t d = 0; d < part.reach.size(); ++d) {
    const double apart = std::abs(a[d] - b[d]);
    if (part.reach[d] == Kriging::equal) {
      if (apart > 0) {
        return 0;
      }
    } else if (part.reach[d] != Kriging::any) {
      distance += apart / part.reach[d];
    }
  }
  return part.deviation * part.deviation * std::exp(-distance);
}

double covariance(const Kriging::Settings& settings, std::span<const double> a,
                  std::span<const double> b) {
  double sum = 0;
  for (const Kriging::Part& part : settings.parts) {
    sum += covariance(part, a, b);
  }
  return sum;
}

/// The lower triangle L of a symmetric matrix L L^T (Cholesky), row by row.
class Triangle {
 public:
  /// Of the covariances between the points and their noise. Nothing if rounding makes a pivot
  /// vanish.
  static std::optional<Triangle> of(const Kriging::Settings& settings,
                                    std::span<const Kriging::Point> points) {
    Triangle out{points.size()};
    for (std::size_t i = 0; i < points.size(); ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = covariance(settings, points[i].at, points[j].at);
        if (i == j) {
          sum += settings.noise * settings.noise / points[i].observations;
        }
        const double* const row_i = out.row(i);
        const double* const row_j = out.row(j);
        for (std::size_t k = 0; k < j; ++k) {
          sum -= row_i[k] * row_j[k];
        }
        if (i == j && sum <= 0) {
          return std::nullopt;
        }
        out.row(i)[j] = i == j ? std::sqrt(sum) : sum / row_j[j];
      }
    }
    return out;
  }

  /// Turns x into what L times it is x.
  void solve(std::vector<double>& x) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        x[i] -= row(i)[k] * x[k];
      }
      x[i] /= row(i)[i];
    }
  }

  void solve_transposed(std::vector<double>& x) const {
    for (std::size_t i = x.size(); i-- > 0;) {
      x[i] /= row(i)[i];
      for (std::size_t k = 0; k < i; ++k) {
        x[k] -= row(i)[k] * x[i];
      }
    }
  }

  [[nodiscard]] double log_determinant() const {
    double sum = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      sum += 2 * std::log(row(i)[i]);
    }
    return sum;
  }

 private:
  explicit Triangle(std::size_t size) : size_{size}, values_(size * size, 0) {}
  [[nodiscard]] double* row(std::size_t i) { return values_.data() + (i * size_); }
  [[nodiscard]] const double* row(std::size_t i) const { return values_.data() + (i * size_); }

  std::size_t size_;
  std::vector<double> values_;
};

std::vector<double> values_of(std::span<const Kriging::Point> points) {
  std::vector<double> out(points.size());
  std::ranges::transform(points, out.begin(), &Kriging::Point::value);
  return out;
}

/// Twice the negative logarithm of how likely the points are, up to a constant.
double unlikelihood(const Kriging::Settings& settings, std::span<const Kriging::Point> points) {
  const auto triangle = Triangle::of(settings, points);
  if (!triangle) {
    return std::numeric_limits<double>::infinity();
  }
  std::vector<double> x = values_of(points);
  triangle->solve(x);
  double sum = triangle->log_determinant();
  for (const double each : x) {
    sum += each * each;
  }
  return sum;
}

/// The numbers of settings that may change, in a row.
std::vector<double*> free_numbers(Kriging::Settings& settings) {
  std::vector<double*> out{&settings.noise};
  for (Kriging::Part& part : settings.parts) {
    out.push_back(&part.deviation);
    for (double& reach : part.reach) {
      if (reach > 0) {
        out.push_back(&reach);
      }
    }
  }
  return out;
}

}  // namespace

Kriging::Kriging(Settings settings, std::vector<Point> points)
    : settings_{std::move(settings)}, points_{std::move(points)} {
  weights_ = values_of(points_);
  auto triangle = Triangle::of(settings_, points_);
  for (int tries = 0; !triangle; ++tries) {
    constexpr int tries_max = 100;
    constexpr double least = 1e-9;
    sim::require(tries < tries_max, "points with noise have a definite covariance");
    settings_.noise = std::max(2 * settings_.noise, least);
    triangle = Triangle::of(settings_, points_);
  }
  triangle->solve(weights_);
  triangle->solve_transposed(weights_);
}

double Kriging::at(std::span<const double> place) const {
  double sum = 0;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    sum += weights_[i] * covariance(settings_, points_[i].at, place);
  }
  return sum;
}

Kriging::Settings likeliest_settings(Kriging::Settings start,
                                     std::span<const Kriging::Point> points) {
  constexpr std::size_t few = 4;
  if (points.size() < few) {
    return start;
  }
  std::vector<double> numbers;
  for (const double* const number : free_numbers(start)) {
    numbers.push_back(*number);
  }
  const std::vector<double> before = numbers;
  constexpr int rounds = 10;
  constexpr double restraint = 0.2;  // a factor of 2 costs a tenth of a deviation's evidence
  constexpr double noise_least = 1e-3;
  const auto put = [&](std::span<const double> from) {
    const std::vector<double*> to = free_numbers(start);
    for (std::size_t i = 0; i < to.size(); ++i) {
      *to[i] = from[i];
    }
    start.noise = std::max(start.noise, noise_least);
  };
  // Time grows with the cube of their number: of many, every k-th tells enough.
  constexpr std::size_t most = 400;
  const std::size_t stride = (points.size() + most - 1) / most;
  std::vector<Kriging::Point> some;
  for (std::size_t i = 0; i < points.size(); i += stride) {
    some.push_back(points[i]);
  }
  const std::vector<double> best = descend(numbers, rounds, [&](std::span<const double> tried) {
    put(tried);
    double sum = unlikelihood(start, some);
    for (std::size_t i = 0; i < tried.size(); ++i) {
      sum += restraint * std::pow(std::log(tried[i] / before[i]), 2);
    }
    return sum;
  });
  put(best);
  return start;
}

}  // namespace calibration
