#pragma once
// The axes of a sweep: which values which keys of a scenario take.

#include <cstddef>
#include <string>
#include <vector>

#include "sim/config.hpp"

namespace cli {

/// Keys that change together: one, or those of a zip.
struct SweepAxis {
  std::vector<std::string> keys;
  std::vector<std::vector<sim::ConfigNode>> values;  // per step, one for each key
};

/// One entry under `axes`: a mapping with one key, or `zip`. Throws sim::Error for lists of unequal
/// length in a zip, empty ones, and ranges that run backwards or never end.
[[nodiscard]] SweepAxis read_axis(const sim::ConfigNode& node);

/// The values under one key: a list, "1..16", or {from:, to:, and by:, factor: or steps:}, with
/// units that `from` and `to` have in common.
[[nodiscard]] std::vector<sim::ConfigNode> read_axis_values(const sim::ConfigNode& node);

}  // namespace cli
