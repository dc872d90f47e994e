#pragma once
// The command line of espalier-calibrate.

#include <cstdint>
#include <string>
#include <vector>

#include "calibration/probe/plan.hpp"
#include "calibration/probe/sampling.hpp"

namespace probe {

enum class Action : std::uint8_t {
  help,
  dry_run,            // print the plan
  measure,            // all of it
  measure_collective  // as a child: the collectives of one variant, in this process
};

/// What was asked for.
struct ProgramOptions {
  Action action = Action::measure;
  std::string output;
  Extent extent = Extent::full;
  std::vector<std::string> only;
  int device = 0;
  Seconds budget{0};
  std::string nccl;                // path of the library; empty: the usual names
  std::string nccl_variant;        // of measure_collective
  std::vector<std::string> words;  // as given, for the header
};

/// Reads the words after the program's name.
///
/// Throws sim::Error for an unknown option (with the nearest one), a missing or wrong value, an
/// option given twice, and for a run without an output.
[[nodiscard]] ProgramOptions parse_program_options(const std::vector<std::string>& words);

/// The text of --help.
[[nodiscard]] std::string program_help();

}  // namespace probe
