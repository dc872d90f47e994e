#pragma once
// What espalier-calibrate measured, sorted by what it is fitted with.

#include <optional>
#include <string>
#include <vector>

#include "calibration/collective_fit.hpp"
#include "calibration/contention_fit.hpp"
#include "calibration/curve_fit.hpp"
#include "calibration/kernel_fit.hpp"
#include "calibration/profile.hpp"
#include "calibration/sample_log.hpp"

namespace calibration {

/// What a point is fitted as: the kernel, or the collective; nothing if it is neither, or one that
/// is done in another way than usual. An attention whose shape does not say whether it is causal is
/// taken to be.
[[nodiscard]] std::optional<Kernel> kernel_of(const SampleKey& key);
[[nodiscard]] std::optional<Operation> operation_of(const SampleKey& key);

/// Samples of one kernel in one number format: GEMMs of all kinds as frameworks call them (variant
/// default), and causal attention.
struct SampledKernel {
  Kernel kernel{};
  std::string dtype;
  std::vector<KernelSample> samples;
};
[[nodiscard]] std::vector<SampledKernel> sampled_kernels(const SampleLog& log);

/// Kernels and copies over bytes, by op, number format and variant.
struct SampledCurve {
  std::string op;
  std::string dtype;
  std::string variant;
  std::vector<CurveSample> samples;
};
[[nodiscard]] std::vector<SampledCurve> sampled_curves(const SampleLog& log);

/// What has no size: launches, graphs, events.
[[nodiscard]] std::vector<ProfiledCost> sampled_costs(const SampleLog& log);

/// GEMMs beside blocks of a kernel that streams memory, each with its own time alone.
[[nodiscard]] std::vector<ContentionSample> sampled_contention(const SampleLog& log);

/// Collectives of two ranks and more, as the library chose to carry them out (variant auto).
/// Who can add the numbers is left to whoever knows the format.
struct SampledCollective {
  std::string dtype;
  CollectiveSample sample;
};
[[nodiscard]] std::vector<SampledCollective> sampled_collectives(const SampleLog& log);

/// On what and when the log was measured.
[[nodiscard]] MeasuredOn measured_on(const SampleHeader& header);

}  // namespace calibration
