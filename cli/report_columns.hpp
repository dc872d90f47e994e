#pragma once
// The results of a sweep by columns, with units for people: what a page shows, sorts and draws.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sweep_results.hpp"

namespace cli {

/// An axis of the sweep, what came out, or a part of the time of a step.
enum class ColumnRole : std::uint8_t { axis, result, part };
inline constexpr std::array<std::string_view, 3> column_role_names{"axis", "result", "part"};

/// Which values are the better ones?
enum class Better : std::uint8_t { neither, lower, higher };
inline constexpr std::array<std::string_view, 3> better_names{"", "lower", "higher"};

struct ReportColumn {
  std::string key;     // "step_s", or that of an axis: "layout.tensor"
  std::string title;   // "step", "layout.tensor"
  std::string unit{};  // of what is shown: "ms"; may be empty
  ColumnRole role{};
  Better better{};
  bool is_number = false;
  bool is_shown = true;                          // at first
  double factor = 1;                             // what is shown is the value times this
  int digits = 0;                                // behind the point
  std::vector<nlohmann::ordered_json> values{};  // one a row: number, text, true, false, or null
  std::size_t distinct = 0;                      // of an axis: how many values the sweep has
};

/// A table of columns, and what is the same in all of the sweep's rows that have it.
struct ReportTable {
  std::size_t rows = 0;
  std::vector<ReportColumn> columns;
  std::vector<ReportColumn> constants;  // each with one value
};

/// The first rows, at most `most` of them, the row of point `kept` among them. First come those
/// that ran and fit: of collectives, those with the most bytes; then the fastest. The others follow
/// in the order of their points.
[[nodiscard]] SweepRows ranked(const SweepRows& rows, std::size_t most,
                               std::optional<std::size_t> kept);

/// Is that the order of two rows?
[[nodiscard]] bool is_before(const nlohmann::ordered_json& left,
                             const nlohmann::ordered_json& right);

/// Did the row's point run, and does it fit into memory?
[[nodiscard]] bool is_usable(const nlohmann::ordered_json& row);

/// The time that a row is about, in seconds. Requires a usable row.
[[nodiscard]] double time_of(const nlohmann::ordered_json& row);

/// Do all steps of the sweep have as many tokens? Only then is the one that takes the shortest the
/// best one; collectives are compared by size.
[[nodiscard]] bool have_same_tokens(const SweepRows& sweep);

/// Axes first, then what matters most. Values of an axis that are numbers with units, such as
/// "400 Gbps", become numbers; all numbers have six digits. `rows` are those of the table, and some
/// or all of the `sweep`, which says what is the same everywhere.
[[nodiscard]] ReportTable report_table(const SweepRows& rows, const SweepRows& sweep);

/// What a cell shows: "1 234.5", "yes", "" for nothing.
[[nodiscard]] std::string cell_text(const ReportColumn& column, std::size_t row);

/// Both for the page's own program.
[[nodiscard]] nlohmann::ordered_json to_json(const ReportTable& table);

}  // namespace cli
