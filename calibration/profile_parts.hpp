#pragma once
// The parts of a profile's file.

#include <string>
#include <string_view>

#include "calibration/profile.hpp"
#include "sim/config.hpp"

namespace calibration {

/// A string in double quotes, as YAML and JSON have it.
[[nodiscard]] std::string quoted(std::string_view text);

[[nodiscard]] std::string errors_text(const FitErrors& errors);
[[nodiscard]] FitErrors read_errors(const sim::ConfigNode& node);

[[nodiscard]] std::string kernel_text(const ProfiledKernel& kernel);
[[nodiscard]] ProfiledKernel read_kernel(const sim::ConfigNode& node);

[[nodiscard]] std::string collectives_text(const ProfiledCollectives& collectives);
[[nodiscard]] ProfiledCollectives read_collectives(const sim::ConfigNode& node);

}  // namespace calibration
