#pragma once
// Going on with a file that an earlier run began.

#include <cstddef>
#include <string>
#include <vector>

#include "calibration/probe/plan.hpp"
#include "calibration/sample_log.hpp"

namespace probe {

/// What lies at the path of the output.
struct Begun {
  bool has_header = false;
  std::size_t whole_bytes = 0;  // where the next line goes; a line that was cut short is behind it
  std::vector<calibration::Sample> samples;
};

/// Reads what an earlier run left at `path`; nothing there is a run that has not begun.
///
/// Throws sim::Error if it is no sample file, if it is of another GPU than `now` (both are named),
/// or of another version of the plan.
[[nodiscard]] Begun read_begun(const std::string& path, const calibration::SampleHeader& now);

/// Takes the points out of `plan` that `finished` has. Groups without points stay. Returns how
/// many were taken out.
std::size_t skip_finished(std::vector<Group>& plan,
                          const std::vector<calibration::Sample>& finished);

}  // namespace probe
