#pragma once
// Figures as gnuplot scripts. The data stand in the script, so it can be kept, changed and redrawn:
//
//     gnuplot -e "set terminal pngcairo; set output 'busbw.png'" busbw.gp
//
// An algorithm has the same colour and mark in every figure, whatever it is compared with. The
// colours are those of Okabe and Ito (2008) and Tol (2021), told apart with any colour vision; the
// marks tell them apart in print.

#include <string>

#include "cli/result.hpp"

namespace cli {

/// Bus bandwidth against size, one line per algorithm, and, dashed, what the lower bound on the
/// time allows. Bars instead if there is one size only. Requires rows and finite numbers.
[[nodiscard]] std::string busbw_script(const Comparison& comparison);

/// How many times as fast as the first algorithm, likewise, without a bound.
[[nodiscard]] std::string speedup_script(const Comparison& comparison);

/// Time against size on two logarithmic axes, likewise.
[[nodiscard]] std::string time_script(const Comparison& comparison);

}  // namespace cli
