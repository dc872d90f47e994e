#pragma once
// Charts as gnuplot scripts. The data stand in the script, so it can be kept, changed and redrawn:
//
//     gnuplot -e "set terminal pngcairo size 1000,560; set output 'line.png'" line.gp

#include <string>

#include "cli/chart.hpp"

namespace cli {

/// Sets no terminal. Requires finite numbers.
[[nodiscard]] std::string chart_script(const Chart& chart);

/// How high a picture has to be that is `picture_width` wide: with many bars it grows.
[[nodiscard]] int chart_height(const Chart& chart);

inline constexpr int picture_width = 1000;

}  // namespace cli
