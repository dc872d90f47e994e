#pragma once
// The parts of a profile's file.

#include <cstddef>
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

/// Kriging over `dimensions`, each line behind `indent`.
[[nodiscard]] std::string settings_text(const Kriging::Settings& settings, std::string_view indent);
[[nodiscard]] Kriging::Settings read_settings(const sim::ConfigNode& node, std::size_t dimensions);

[[nodiscard]] std::string curve_text(const ProfiledCurve& curve);
[[nodiscard]] ProfiledCurve read_curve(const sim::ConfigNode& node);

[[nodiscard]] std::string cost_text(const ProfiledCost& cost);
[[nodiscard]] ProfiledCost read_cost(const sim::ConfigNode& node);

[[nodiscard]] std::string contention_text(const ProfiledContention& contention);
[[nodiscard]] ProfiledContention read_contention(const sim::ConfigNode& node);

[[nodiscard]] std::string measured_text(const MeasuredOn& measured);
[[nodiscard]] MeasuredOn read_measured_on(const sim::ConfigNode& node);

[[nodiscard]] std::string collectives_text(const ProfiledCollectives& collectives);
[[nodiscard]] ProfiledCollectives read_collectives(const sim::ConfigNode& node);

}  // namespace calibration
