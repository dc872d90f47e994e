#pragma once

#include <string>

#include "calibration/profile.hpp"
#include "workloads/gpu.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

/// Of configs/profiles: "a100".
[[nodiscard]] calibration::GpuProfile shipped_profile(const std::string& name);

/// Of configs/gpus: "a100-sxm-80gb".
[[nodiscard]] Gpu shipped_gpu(const std::string& name);

/// The profile of an A100, read once.
[[nodiscard]] const calibration::GpuProfile& a100();
[[nodiscard]] const calibration::GpuProfile& h100();

/// From the text of a YAML file.
[[nodiscard]] Transformer model_of(const std::string& text);

}  // namespace workloads
