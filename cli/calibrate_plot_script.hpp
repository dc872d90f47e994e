#pragma once
// Measured beside fitted, as gnuplot scripts (see plot_script.hpp).

#include <string>

#include "calibration/profile.hpp"

namespace cli {

/// How far the fit of a kernel is from each of its samples, over what the sample took. Requires
/// samples.
[[nodiscard]] std::string kernel_errors_script(const calibration::GpuProfile& profile,
                                               const calibration::ProfiledKernel& kernel);

/// Bus bandwidth of one operation over sizes, measured (marks) and fitted (lines), by number of
/// ranks. Requires samples of the operation.
[[nodiscard]] std::string collective_script(const calibration::GpuProfile& profile,
                                            calibration::Operation operation);

}  // namespace cli
