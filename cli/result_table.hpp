#pragma once
// Results for people.

#include <string>

#include "cli/result.hpp"
#include "cli/terminal.hpp"

namespace cli {

/// A table of at most 80 columns, for algorithm names of up to 19 letters: what was run, then one
/// group of rows per size, with the lower bound of the size in its headline. In colour, the fastest
/// row of each size stands out.
[[nodiscard]] std::string render_table(const Comparison& comparison, Style style);

/// For every row, the links that carried anything: the ten with the highest utilisation.
[[nodiscard]] std::string render_links(const Comparison& comparison);

}  // namespace cli
