#pragma once
// What `espalier calibrate` does: the subjects of the command.

#include <string_view>

#include "cli/measured_data.hpp"
#include "cli/options.hpp"

namespace cli {

/// Fits a profile to measured times, prints how well, and writes it.
int calibrate_fit(const Arguments& arguments);

/// Predicts every row of measured tables from a profile: kernels by its fits, collectives by
/// simulating them on the server.
int calibrate_check(const Arguments& arguments);

/// Prints what a profile says.
int calibrate_show(const Arguments& arguments);

/// Prints how far a profile is from its own samples, and draws both.
int calibrate_compare(const Arguments& arguments);

/// Says on stderr how many rows of which GPUs were left alone.
void note_passed_over(const Measured& measured);

/// Throws sim::Error for a subject that was called in a wrong way: what is wrong, and its usage.
[[noreturn]] void fail_usage(std::string_view subject, std::string_view what);

}  // namespace cli
