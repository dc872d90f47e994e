#include "calibration/local_fit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/contract.hpp"

namespace calibration {
namespace {

/// Rows of a linear system, the right-hand side last.
using System = std::vector<std::vector<double>>;

/// Gauss and Jordan, with pivots. The system is symmetric and made definite by its ridge, up to
/// what no point says anything about.
std::vector<double> solve(System system) {
  const std::size_t n = system.size();
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t pivot = i;
    for (std::size_t row = i; row < n; ++row) {
      pivot = std::abs(system[row][i]) > std::abs(system[pivot][i]) ? row : pivot;
    }
    std::swap(system[i], system[pivot]);
    constexpr double nothing = 1e-12;
    if (std::abs(system[i][i]) < nothing) {
      continue;
    }
    for (std::size_t row = 0; row < n; ++row) {
      if (row != i) {
        const double factor = system[row][i] / system[i][i];
        for (std::size_t column = i; column <= n; ++column) {
          system[row][column] -= factor * system[i][column];
        }
      }
    }
  }
  std::vector<double> out(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = system[i][i] != 0 ? system[i][n] / system[i][i] : 0;
  }
  return out;
}

}  // namespace

void LocalFit::add(std::span<const double> at, double value) {
  sim::require(at.size() == dimensions_, "a point has all coordinates");
  coordinates_.insert(coordinates_.end(), at.begin(), at.end());
  values_.push_back(value);
}

std::vector<LocalFit::Near> LocalFit::nearest(std::span<const double> point,
                                              std::size_t left_out) const {
  std::vector<Near> near(values_.size());
  for (std::size_t i = 0; i < near.size(); ++i) {
    near[i].point = i;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      const double apart = settings_.weights[d] * (coordinates_[(i * dimensions_) + d] - point[d]);
      near[i].squared += apart * apart;
    }
  }
  if (left_out < near.size()) {
    near.erase(near.begin() + static_cast<std::ptrdiff_t>(left_out));
  }
  const auto count = std::min(near.size(), settings_.neighbours);
  std::ranges::partial_sort(near, near.begin() + static_cast<std::ptrdiff_t>(count), {},
                            [](const Near& each) { return std::pair{each.squared, each.point}; });
  near.resize(count);
  return near;
}

double LocalFit::at(std::span<const double> point, std::size_t left_out) const {
  const std::vector<Near> near = nearest(point, left_out);
  if (near.empty()) {
    return 0;
  }
  // The fifth nearest is a typical distance; points three times as far hardly count.
  constexpr std::size_t typical = 4;
  constexpr double least = 0.05;
  const double scale = std::max(near[std::min(typical, near.size() - 1)].squared, least);
  const std::size_t n = dimensions_ + 1;
  System system(n, std::vector<double>(n + 1, 0));
  double weights = 0;
  std::vector<double> row(n, 1);
  for (const Near& each : near) {
    const double weight = std::exp(-each.squared / (2 * scale));
    for (std::size_t d = 0; d < dimensions_; ++d) {
      row[d + 1] = coordinates_[(each.point * dimensions_) + d] - point[d];
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        system[i][j] += weight * row[i] * row[j];
      }
      system[i][n] += weight * row[i] * values_[each.point];
    }
    weights += weight;
  }
  for (std::size_t d = 1; d < n; ++d) {
    system[d][d] += settings_.ridge * weights;
  }
  return solve(std::move(system)).front();
}

/// The mean over up to a thousand points of how far the others are off there.
double LocalFit::left_out_error() const {
  constexpr std::size_t most = 1000;
  const std::size_t stride = (values_.size() + most - 1) / most;
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < values_.size(); i += stride, ++count) {
    const std::span<const double> point{&coordinates_[i * dimensions_], dimensions_};
    sum += std::pow(std::abs(at(point, i) - values_[i]), 1.5);
  }
  return sum / static_cast<double>(count);
}

bool LocalFit::improve(const Settings& other, double& least) {
  const Settings before = std::exchange(settings_, other);
  const double error = left_out_error();
  if (error < least) {
    least = error;
    return true;
  }
  settings_ = before;
  return false;
}

void LocalFit::choose_settings() {
  constexpr std::size_t few = 8;
  if (values_.size() < few) {
    return;
  }
  double least = left_out_error();
  constexpr double most = 8;
  for (bool better = true; better;) {
    better = false;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      for (const double factor : {2.0, 0.5}) {
        Settings other = settings_;
        other.weights[d] *= factor;
        const bool in_range = other.weights[d] <= most && other.weights[d] >= 1 / most;
        better = (in_range && improve(other, least)) || better;
      }
    }
    for (const std::size_t neighbours :
         {std::size_t{6}, std::size_t{8}, std::size_t{12}, std::size_t{18}}) {
      Settings other = settings_;
      other.neighbours = neighbours;
      better = improve(other, least) || better;
    }
    for (const double ridge : {0.01, 0.03, 0.1, 0.3}) {
      Settings other = settings_;
      other.ridge = ridge;
      better = improve(other, least) || better;
    }
  }
}

}  // namespace calibration
