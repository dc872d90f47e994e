#pragma once

#include <string>

#include "sim/config.hpp"

namespace cli {

/// A value as a YAML file has it, one key a line: read again, it is the same. Lists stand in one
/// line.
[[nodiscard]] std::string to_yaml(const sim::ConfigNode& node);

}  // namespace cli
