#pragma once
// A timeline as a file for Perfetto (ui.perfetto.dev) and chrome://tracing.

#include <string>

#include "workloads/training_step.hpp"

namespace cli {

/// One process for each recorded rank, one thread for its kernels and one for each of its
/// communicators and for what it sends; an arrow from each message to where it arrives. Times are
/// microseconds with a fraction, exact to the picosecond.
[[nodiscard]] std::string to_trace(const workloads::Timeline& timeline);

}  // namespace cli
