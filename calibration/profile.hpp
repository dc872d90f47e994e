#pragma once
// What the work of a GPU costs, and where each number comes from: profiles, and their files.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/collective_fit.hpp"
#include "calibration/kernel_fit.hpp"
#include "sim/config.hpp"

namespace calibration {

/// A kernel of one number format, fitted, and how well.
struct ProfiledKernel {
  std::string dtype;  // "bfloat16", "fp8"
  KernelFit fit;
  FitErrors fitted;    // on the samples themselves
  FitErrors held_out;  // on a third of them, of a fit to the others
};

/// The collectives of a server, fitted, and how well.
struct ProfiledCollectives {
  CollectiveFit fit;
  FitErrors fitted;    // on the samples themselves
  FitErrors held_out;  // on every second size, of a fit to the others
};

/// What one kind of GPU takes for its work, and where that comes from.
struct GpuProfile {
  std::string gpu;                   // "H100-SXM-80GB"
  std::string provenance;            // "measured", "fitted", "datasheet"
  std::vector<std::string> sources;  // files, with what is known of them
  std::vector<ProfiledKernel> kernels;
  std::optional<ProfiledCollectives> collectives;

  [[nodiscard]] const ProfiledKernel* find(Kernel kernel, std::string_view dtype) const;
};

/// A file of profiles: of one GPU, as a rule.
struct Profile {
  std::vector<GpuProfile> gpus;

  /// By any of the names that mean the same GPU; null if there is none.
  [[nodiscard]] const GpuProfile* find(std::string_view gpu) const;
};

/// As YAML, the same bytes for the same profile.
[[nodiscard]] std::string to_yaml(const Profile& profile);

/// Throws sim::Error at whatever is missing, unknown or out of range.
[[nodiscard]] Profile read_profile(const sim::ConfigNode& node);

}  // namespace calibration
