#pragma once

#include <functional>
#include <span>
#include <vector>

namespace calibration {

/// Makes `objective` small by changing one of the numbers in `start` at a time, each by a factor:
/// numbers above 0 stay above 0. The factors shrink from round to round. Slow where numbers depend
/// on each other, but it needs no derivative and goes where steps and edges are, such as those of
/// waves and tiles.
[[nodiscard]] std::vector<double> descend(
    std::vector<double> start, int rounds,
    const std::function<double(std::span<const double>)>& objective);

}  // namespace calibration
