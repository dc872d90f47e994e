#pragma once

#include <string>
#include <string_view>

#include "calibration/sample_log.hpp"

namespace cli {

/// A log of espalier-calibrate, of which every sample may be fitted. Throws sim::Error at its line
/// for what the format does not allow, and for what no fit and no profile takes: sizes that are not
/// whole, missing or out of range, times out of range, and unknown types.
[[nodiscard]] calibration::SampleLog read_sample_log(const std::string& file,
                                                     std::string_view text);

}  // namespace cli
