#pragma once
// One point of a sweep: what comes out.

#include <optional>
#include <string>

#include "cli/known_files.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_journal.hpp"

namespace cli {

/// Runs a point. Its result is a JSON object: `scenario` (hash), `status`, and
///
///   ok            what a step, or a collective, took
///   does not fit  the memory that the fullest stage needs; not run
///   invalid       `message`: the first line of the sim::Error that its scenario is, and its hint
///   failed        `message`: of the sim::Failure that its run ended with
///
/// Keys carry units; the same point has the same result whenever and wherever it is run. Nothing if
/// the point's scenario still has the hash `done`: then it was run before.
[[nodiscard]] std::optional<FinishedPoint> run_point(const Sweep& sweep, const SweepPoint& point,
                                                     const std::string& done, KnownFiles& known);

/// The hash that its result would have now.
[[nodiscard]] std::string scenario_hash(const Sweep& sweep, const SweepPoint& point,
                                        KnownFiles& known);

}  // namespace cli
