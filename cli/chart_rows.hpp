#pragma once
// The rows that a chart is made of, and what became of the others.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/chart_request.hpp"
#include "cli/result_rows.hpp"

namespace cli {

/// The rows for which all conditions hold. Equal is what has the same text, the same number, or is
/// the same quantity ("100 Gbps" and "12.5 GB/s"). Throws sim::Error, with the values there are,
/// for a condition that no row meets.
[[nodiscard]] ResultRows rows_where(const ResultRows& rows, std::span<const Condition> conditions);

/// Does the row fit into the memory of its GPUs? What says nothing does.
[[nodiscard]] bool does_fit(const ResultRows& rows, std::size_t row);

/// Rows that are fewer with each step, and notes on those that were left out. A step throws
/// sim::Error if it leaves none.
class ChartRows {
 public:
  explicit ChartRows(ResultRows rows) : rows_{std::move(rows)} {}

  [[nodiscard]] const ResultRows& rows() const { return rows_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  /// Those whose status, if they have one, is "ok".
  [[nodiscard]] ChartRows with_results() const;

  /// Those that say something under `key`, which `option` asks for.
  [[nodiscard]] ChartRows with(std::string_view option, std::string_view key) const;

  /// Those with a number above 0, which alone have a place on a logarithmic axis.
  [[nodiscard]] ChartRows above_0(std::string_view key) const;

  /// Those with a place on both axes.
  [[nodiscard]] ChartRows on(const LogAxes& axes, std::string_view x, std::string_view y) const;

  [[nodiscard]] ChartRows that_fit() const;

 private:
  [[nodiscard]] ChartRows only(const std::vector<bool>& kept) const;

  ResultRows rows_;
  std::vector<std::string> notes_;
};

}  // namespace cli
