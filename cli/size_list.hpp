#pragma once
// Sizes of a collective, as scenarios list them.

#include <vector>

#include "sim/config.hpp"
#include "sim/units.hpp"

namespace cli {

inline constexpr const char* usual_size = "64MiB";  // where a scenario names no sizes

/// "32KiB..1GiB" (doubling), "1MB", "1KiB,2KiB..8KiB", or a YAML list of such.
[[nodiscard]] std::vector<sim::Bytes> read_sizes(const sim::ConfigNode& node);

}  // namespace cli
