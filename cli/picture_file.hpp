#pragma once
// Charts as files: .svg, .png, .pdf, or .gp, the script from which gnuplot draws them.

#include <filesystem>
#include <string_view>

#include "cli/chart.hpp"

namespace cli {

/// "svg", "png", "pdf" or "gp", by the file's ending. Throws sim::Error in the name of `option` for
/// any other.
[[nodiscard]] std::string_view picture_format(std::string_view option,
                                              const std::filesystem::path& target);

/// Draws a chart into a file of one of these formats. Throws like write_plots.
void write_picture(const Chart& chart, const std::filesystem::path& target);

}  // namespace cli
