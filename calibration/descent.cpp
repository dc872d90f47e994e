#include "calibration/descent.hpp"

namespace calibration {

std::vector<double> descend(std::vector<double> start, int rounds,
                            const std::function<double(std::span<const double>)>& objective) {
  double least = objective(start);
  double step = 0.35;
  for (int round = 0; round < rounds; ++round) {
    for (double& number : start) {
      const double before = number;
      for (const double factor : {1 + step, 1 / (1 + step)}) {
        const double kept = number;
        number = before * factor;
        const double value = objective(start);
        if (value < least) {
          least = value;
        } else {
          number = kept;
        }
      }
    }
    constexpr double shrink = 0.72;
    step *= round % 2 == 1 ? shrink : 1;
  }
  return start;
}

}  // namespace calibration
