#pragma once
// The part of a page about a network, its links and their load.

#include <string>

#include "cli/report_point.hpp"

namespace cli {

/// Paragraphs, a picture with its key, and tables: by what links join, and of the busiest links.
[[nodiscard]] std::string network_html(const PointReport& report);

}  // namespace cli
