#pragma once
// What the work of a GPU costs, and where each number comes from: profiles, and their files.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/collective_fit.hpp"
#include "calibration/contention_fit.hpp"
#include "calibration/curve_fit.hpp"
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

/// What memory, or a link, holds up, over bytes: a kernel ("rms_norm", "adam") or a copy
/// ("copy_h2d", variant "pinned").
struct ProfiledCurve {
  std::string op;
  std::string dtype;
  std::string variant;
  CurveFit fit;
  FitErrors fitted;
  FitErrors held_out;  // on every third size, of a fit to the others
};

/// What something takes that has no size: "launch_latency", "event_record".
struct ProfiledCost {
  std::string op;
  double seconds = 0;  // median
  double p5_s = 0;
  double p95_s = 0;
  std::int64_t samples = 0;
};

/// Kernels beside those that communicate.
struct ProfiledContention {
  ContentionFit fit;
  FitErrors fitted;
};

/// On what, by what and when a profile was measured.
struct MeasuredOn {
  std::string gpu_uuid;
  std::string driver;
  std::string cuda;
  std::string cublas;
  std::string nccl;
  std::string date;  // ISO 8601, UTC
  std::string command;
  std::string host;
};

/// What one kind of GPU takes for its work, and where that comes from.
struct GpuProfile {
  std::string gpu;                   // "H100-SXM-80GB"
  std::string provenance;            // "measured", "fitted", "datasheet"
  std::vector<std::string> sources;  // files, with what is known of them
  std::optional<MeasuredOn> measured{};
  std::vector<ProfiledKernel> kernels;
  std::vector<ProfiledCurve> curves{};
  std::vector<ProfiledCost> costs{};
  std::optional<ProfiledContention> contention{};
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
