#pragma once
// Measured times of any form that we read, by GPU.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "calibration/collective_fit.hpp"
#include "calibration/sample_log.hpp"
#include "cli/collective_tables.hpp"
#include "cli/kernel_tables.hpp"
#include "cli/options.hpp"

namespace cli {

/// All that files say of one GPU.
struct MeasuredGpu {
  std::string gpu;                           // as the first table calls it
  std::vector<KernelTable> kernels;          // one per kernel and number format
  std::vector<CollectiveTable> collectives;  // one per source
  std::vector<calibration::SampleLog> logs;  // of espalier-calibrate; their kernels are above, too
  std::vector<std::string> sources;          // the files, and what they say of themselves
};

/// What the user says of files that do not say it themselves.
struct MeasuredOptions {
  std::string gpu{};  // only this GPU's rows are read, if it is given
  std::optional<collectives::Collective> collective{};
  std::optional<std::int32_t> ranks{};
  std::optional<std::int32_t> nodes{};
};

/// --gpu, --collective, --ranks and --nodes.
[[nodiscard]] MeasuredOptions measured_options(const Arguments& arguments);

/// What files say, by GPU, and which other GPUs they speak of.
struct Measured {
  std::vector<MeasuredGpu> gpus;
  std::vector<std::string> passed_over;
};

/// Reads files: tables of kernels and of collectives (CSV), output of nccl-tests (text, JSON),
/// samples of espalier-calibrate.
///
/// Throws sim::Error at whatever is wrong, for a GPU that nobody names, if nothing is left, and for
/// ranks, nodes or a collective that no file needs to be told.
[[nodiscard]] Measured read_measured(const std::vector<std::string>& paths,
                                     const MeasuredOptions& options);

/// A measured collective as fits take it. Servers of `gpu` that one NVLink network joins are one.
[[nodiscard]] calibration::CollectiveSample to_fit_sample(const CollectiveSample& sample,
                                                          std::string_view gpu);

}  // namespace cli
