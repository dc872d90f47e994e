#pragma once
// What a sweep found: one row a point, in the order of its points.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sweep.hpp"
#include "cli/sweep_journal.hpp"

namespace cli {

/// Per point an object: its number, its values on the axes, and its result (sweep_point.hpp).
using SweepRows = std::vector<nlohmann::ordered_json>;

/// Numbers of the points that are not among `done`.
[[nodiscard]] std::vector<std::size_t> missing_points(const Sweep& sweep,
                                                      const FinishedPoints& done);

/// The values of a point on its axes, by key, each as what it looks like.
[[nodiscard]] nlohmann::ordered_json axes_of(const SweepPoint& point);

/// Requires that none is missing.
[[nodiscard]] SweepRows result_rows(const Sweep& sweep, const FinishedPoints& done);

/// JSON Lines: `point`, `axes` (by key), and the result.
[[nodiscard]] std::string to_json_lines(const SweepRows& rows);

/// The same as a table: the axes have columns in the names of their keys, and what a result calls
/// by such a name has none; what a row lacks is empty.
[[nodiscard]] std::string to_csv(const SweepRows& rows);

/// For people, in at most 80 columns: how many points ended how, why some could not be run, and the
/// fastest ones, as many as `most`.
[[nodiscard]] std::string summary_of(const Sweep& sweep, const SweepRows& rows, std::size_t most);

}  // namespace cli
