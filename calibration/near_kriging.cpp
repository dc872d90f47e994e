#include "calibration/near_kriging.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "sim/contract.hpp"
#include "sim/random.hpp"

namespace calibration {
namespace {

constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

/// The lower half of a symmetric matrix, row after row.
class Triangle {
 public:
  explicit Triangle(std::size_t size) : entries_(size * (size + 1) / 2) {}
  [[nodiscard]] double* row(std::size_t i) { return &entries_[i * (i + 1) / 2]; }

 private:
  std::vector<double> entries_;
};

double product(const double* a, const double* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

/// b^T M^-1 c for a positive definite M, by Cholesky's M = L L^T: (L^-1 b) (L^-1 c).
double between(Triangle matrix, std::vector<double> b, std::vector<double> c) {
  double sum = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    double* const row = matrix.row(i);
    for (std::size_t j = 0; j < i; ++j) {
      const double* const above = matrix.row(j);
      row[j] = (row[j] - product(row, above, j)) / above[j];
    }
    row[i] = std::sqrt(row[i] - product(row, row, i));
    b[i] = (b[i] - product(row, b.data(), i)) / row[i];
    c[i] = (c[i] - product(row, c.data(), i)) / row[i];
    sum += b[i] * c[i];
  }
  return sum;
}

/// All numbers below `count` or, of many, 400 by chance, which are the same each time: every so
/// manieth would keep step with the rows of a table.
std::vector<std::size_t> some_of(std::size_t count) {
  constexpr std::size_t most = 400;
  std::vector<std::size_t> out(std::min(count, most));
  std::uint64_t chance = 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = count <= most ? i : sim::split_mix(chance) % count;
  }
  return out;
}

}  // namespace

NearKriging::NearKriging(std::size_t dimensions)
    : NearKriging{Settings{.weights = std::vector<double>(dimensions, 0.3)}} {}

NearKriging::NearKriging(Settings settings)
    : settings_{std::move(settings)}, coordinates_(settings_.weights.size()) {
  sim::require(settings_.noise > 0, "noise keeps points apart that are the same");
}

void NearKriging::add(std::span<const double> at, double value) {
  sim::require(at.size() == coordinates_.size(), "a point has all coordinates");
  for (std::size_t d = 0; d < at.size(); ++d) {
    coordinates_[d].push_back(static_cast<float>(at[d]));
  }
  values_.push_back(value);
}

std::vector<double> NearKriging::coordinates_of(std::size_t point) const {
  std::vector<double> out(coordinates_.size());
  for (std::size_t d = 0; d < out.size(); ++d) {
    out[d] = coordinates_[d][point];
  }
  return out;
}

std::vector<std::size_t> NearKriging::nearest(std::span<const double> point,
                                              std::size_t left_out) const {
  std::vector<float> distances(values_.size(), 0);
  for (std::size_t d = 0; d < point.size(); ++d) {
    const std::vector<float>& along = coordinates_[d];
    const auto at = static_cast<float>(point[d]);
    const auto weight = static_cast<float>(settings_.weights[d]);
    for (std::size_t i = 0; i < distances.size(); ++i) {
      distances[i] += weight * std::abs(along[i] - at);
    }
  }
  std::vector<std::pair<float, std::size_t>> near(distances.size());
  for (std::size_t i = 0; i < near.size(); ++i) {
    near[i] = {distances[i], i};
  }
  if (left_out < near.size()) {
    near[left_out] = near.back();
    near.pop_back();
  }
  constexpr std::size_t most = 32;
  const std::size_t count = std::min(most, near.size());
  std::ranges::partial_sort(near, near.begin() + static_cast<std::ptrdiff_t>(count));
  std::vector<std::size_t> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = near[i].second;
  }
  return out;
}

double NearKriging::like(std::span<const double> a, std::span<const double> b) const {
  double sum = 0;
  double squares = 0;
  for (std::size_t d = 0; d < a.size(); ++d) {
    const double apart = settings_.weights[d] * std::abs(a[d] - b[d]);
    sum += apart;
    squares += apart * apart;
  }
  return ((1 - settings_.smooth) * std::exp(-sum)) +
         (settings_.smooth * std::exp(-settings_.stretch * settings_.stretch * squares));
}

double NearKriging::at(std::span<const double> point) const {
  return at(point, nobody);
}

double NearKriging::at(std::span<const double> point, std::size_t left_out) const {
  sim::require(point.size() == coordinates_.size(), "a point has all coordinates");
  const std::vector<std::size_t> near = nearest(point, left_out);
  std::vector<std::vector<double>> places;
  std::vector<double> values;
  std::vector<double> here;
  Triangle matrix{near.size()};
  for (std::size_t i = 0; i < near.size(); ++i) {
    places.push_back(coordinates_of(near[i]));
    values.push_back(values_[near[i]]);
    here.push_back(like(point, places[i]));
    for (std::size_t j = 0; j < i; ++j) {
      matrix.row(i)[j] = like(places[i], places[j]);
    }
    matrix.row(i)[i] = 1 + settings_.noise;
  }
  return between(std::move(matrix), std::move(values), std::move(here));
}

/// How far the others are off at some points, on average. Large errors count somewhat more than by
/// their size.
double NearKriging::left_out_error(std::span<const std::size_t> points) const {
  constexpr double power = 1.2;
  double sum = 0;
  for (const std::size_t point : points) {
    sum += std::pow(std::abs(at(coordinates_of(point), point) - values_[point]), power);
  }
  return sum / static_cast<double>(points.size());
}

void NearKriging::choose_settings() {
  constexpr std::size_t few = 8;
  if (values_.size() < few) {
    return;
  }
  const std::vector<std::size_t> points = some_of(values_.size());
  double least = left_out_error(points);
  // Keeps a change that helps by so much that it is no accident of the points; says whether it did.
  constexpr double clearly = 0.995;
  const auto helps = [&](auto change) {
    const Settings before = settings_;
    change(settings_);
    const double error = left_out_error(points);
    if (error < clearly * least) {
      least = error;
      return true;
    }
    settings_ = before;
    return false;
  };
  for (const double step : {2.0, 1.7, 1.5, 1.35}) {
    const auto either_way = [&](auto change) {
      static_cast<void>(helps([&](Settings& s) { change(s, step); }) ||
                        helps([&](Settings& s) { change(s, 1 / step); }));
    };
    either_way([](Settings& s, double factor) {
      for (double& weight : s.weights) {
        weight *= factor;
      }
    });
    either_way([](Settings& s, double factor) { s.noise *= factor; });
    either_way([](Settings& s, double factor) { s.stretch *= factor; });
    either_way([](Settings& s, double factor) {
      s.smooth = std::max(1 - ((1 - s.smooth) * factor), 0.0);
    });
    for (std::size_t d = 0; d < coordinates_.size(); ++d) {
      either_way([&](Settings& s, double factor) { s.weights[d] *= factor; });
    }
  }
}

}  // namespace calibration
