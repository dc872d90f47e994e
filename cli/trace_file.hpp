#pragma once
// A timeline as a file for Perfetto (ui.perfetto.dev) and chrome://tracing.

#include <array>
#include <string>
#include <string_view>

#include "workloads/training_step.hpp"

namespace cli {

/// What a rank does at once, row by row: kernels, collectives by the slot of their communicator,
/// and messages that it sends.
inline constexpr std::array<std::string_view, workloads::axes + 2> timeline_rows{
    "kernels",           "TP",        "CP",      "EP", "ETP", "DP", "DP of experts", "copies",
    "copies of experts", "embedding", "messages"};

/// One process for each recorded rank, one thread for its kernels and one for each of its
/// communicators and for what it sends; an arrow from each message to where it arrives. Times are
/// microseconds with a fraction, exact to the picosecond.
[[nodiscard]] std::string to_trace(const workloads::Timeline& timeline);

}  // namespace cli
