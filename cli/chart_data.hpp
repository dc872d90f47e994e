#pragma once
// Rows of results on their way to a chart: which of them, along what, and in which groups.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/chart.hpp"
#include "cli/chart_request.hpp"
#include "cli/chart_units.hpp"
#include "cli/result_rows.hpp"

namespace cli {

/// "SEED": rows that differ in it alone stand for the same, run several times.
inline constexpr std::string_view seed_key = "seed";

/// The number that a row has under `key`; nothing if it has none. Throws sim::Error for one that is
/// so large or so small that what is made of it could be no number.
[[nodiscard]] std::optional<double> number_at(const ResultRows& rows, std::size_t row,
                                              std::string_view key);

/// Hollow if the row says that it does not fit into memory.
[[nodiscard]] Mark mark_of(const ResultRows& rows, std::size_t row);

/// A key as something to draw along.
struct Variable {
  enum class Form : std::uint8_t { number, measure, category };

  std::string key{};
  Form form = Form::number;
  Unit unit{};
  std::vector<double> at{};         // per row: its number, or that of its category
  std::vector<std::string> text{};  // per row
};

/// Numbers if all rows have numbers, quantities if all have those of one kind; else categories,
/// counted in the order in which they come. Every row must say something under `key`.
[[nodiscard]] Variable variable_of(const ResultRows& rows, std::string_view key);

/// The same for what must be a number. Throws sim::Error, at `option` and the row, for a category.
[[nodiscard]] Variable metric_of(const ResultRows& rows, std::string_view option,
                                 std::string_view key);

struct Level {
  double at = 0;
  std::string text{};
};

/// The values of a variable, each once, ascending.
[[nodiscard]] std::vector<Level> levels_of(const Variable& variable);

/// The axes along which rows differ, without those that always change with an earlier one.
[[nodiscard]] std::vector<std::string> varying_axes(const ResultRows& rows);

/// Does `by` decide the value of `key`: is there one for each value of `by`?
[[nodiscard]] bool is_decided_by(const ResultRows& rows, std::string_view key, std::string_view by);

/// Rows in groups.
struct Groups {
  std::string legend{};               // what the names are of
  std::vector<std::string> names{};   // in the order of their values
  std::vector<std::size_t> of_row{};  // per row
};

/// Rows that are equal under all of `keys`: one group if there are none.
[[nodiscard]] Groups groups_of(const ResultRows& rows, std::span<const std::string> keys);

/// "tensor 4, pipeline 2": what a row says under these keys, which lose what is before a dot.
/// "none" if it says nothing; "" for no keys.
[[nodiscard]] std::string label_of(const ResultRows& rows, std::size_t row,
                                   std::span<const std::string> keys);

/// What rows at the same place of a chart come to.
struct Spread {
  double middle = 0;  // the median
  double least = 0;
  double most = 0;
  Mark mark = Mark::filled;
};

/// Throws sim::Error, with the option that helps, if `same`, which are rows at the same place,
/// differ along any axis but the seed. Requires at least one.
[[nodiscard]] Spread spread_of(const ResultRows& rows, const Variable& metric,
                               std::span<const std::size_t> same);

/// The first of these keys that any row has.
[[nodiscard]] std::optional<std::string> first_key(const ResultRows& rows,
                                                   std::span<const std::string_view> keys);

}  // namespace cli
