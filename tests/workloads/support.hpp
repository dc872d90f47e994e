#pragma once

#include <string>

#include "calibration/profile.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

/// Of configs/profiles: "a100".
[[nodiscard]] calibration::GpuProfile shipped_profile(const std::string& name);

/// The same of an A100, read once.
[[nodiscard]] const calibration::GpuProfile& a100();

/// From the text of a YAML file.
[[nodiscard]] Transformer model_of(const std::string& text);

}  // namespace workloads
