#pragma once
// Our figures beside those that others measured.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace cli {

/// What tells a row from others: columns and their values.
using RowIdentity = std::vector<std::pair<std::string, std::string>>;

/// Its values in one line, of at most 44 columns.
[[nodiscard]] std::string label_of(const RowIdentity& identity);

/// One figure of a table, and ours.
struct Compared {
  RowIdentity identity;
  double predicted = 0;
  double reference = 0;

  /// By how much of the reference we are too high, or, if negative, too low.
  [[nodiscard]] double error() const { return (predicted / reference) - 1; }
};

struct ComparedTable {
  std::string name;
  std::vector<Compared> rows;
};

/// A row that is not compared, and why.
struct UncomparedRow {
  RowIdentity identity;
  std::string reason;
};

struct Comparisons {
  std::vector<ComparedTable> tables;
  std::vector<UncomparedRow> passed_over{};
};

/// Is told that one more row is done.
using RowDone = std::function<void()>;

/// Of the absolute values of the errors.
struct ErrorSummary {
  double geometric_mean = 0;  // of how far predictions are off, as a factor, less 1
  double mean = 0;
  double median = 0;
  double p95 = 0;
  double worst = 0;
};

/// Requires at least one row, and figures above 0.
[[nodiscard]] ErrorSummary summarise(const std::vector<Compared>& rows);

/// "multitree: 83 rows, off by 2.59% (geometric mean), 0.79% (median), 17.9% (worst)"
[[nodiscard]] std::string summary_line(const ComparedTable& table);

/// `rows`: the table, what identifies each row, predicted, reference and error. `tables`: name,
/// rows and errors of each. `passed_over`, if there are any: what identifies a row, and the reason.
[[nodiscard]] nlohmann::ordered_json to_json(const Comparisons& comparisons);

}  // namespace cli
