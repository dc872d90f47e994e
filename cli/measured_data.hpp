#pragma once
// Measured times of any form that we read, by GPU.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// Rows that nobody asked for.
struct PassedOver {
  std::string gpu;
  std::size_t rows = 0;
};

/// Adds them to those of the same GPU.
void add_passed_over(std::vector<PassedOver>& list, const PassedOver& more);

/// What files say, by GPU, and how much they say of other ones.
struct Measured {
  std::vector<MeasuredGpu> gpus;
  std::vector<PassedOver> passed_over;
  bool may_leave_open = false;  // has a file of a form that need not say ranks, nodes, collective
};

/// Reads files: tables of kernels and of collectives (CSV), output of nccl-tests (text, JSON),
/// samples of espalier-calibrate.
///
/// Throws sim::Error at whatever is wrong, and for a GPU that nobody names.
[[nodiscard]] Measured read_measured(const std::vector<std::string>& paths,
                                     const MeasuredOptions& options);

/// Throws sim::Error for ranks, nodes or a collective that no file needs to be told.
void check_needed(const MeasuredOptions& options, const Measured& measured);

/// Throws sim::Error if nothing is left of what files say, as none is of `wanted`.
void check_any(std::string_view wanted, const Measured& measured);

/// A measured collective as fits take it. Servers of `gpu` that one NVLink network joins are one.
[[nodiscard]] calibration::CollectiveSample to_fit_sample(const CollectiveSample& sample,
                                                          std::string_view gpu);

}  // namespace cli
