#pragma once
// espalier run, for the scenario of a training step.

#include <string>

#include "cli/options.hpp"
#include "sim/config.hpp"

namespace cli {

/// Runs it and prints what it took: a summary, or JSON with `--json`. With `--trace` a timeline is
/// written as well. Returns the exit code: a step that does not fit into memory is an answer, too.
int run_training(const sim::ConfigNode& node, const std::string& directory,
                 const Arguments& arguments);

}  // namespace cli
