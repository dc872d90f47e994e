#pragma once
// From rows to charts, by kind.
//
//   line       y over x, a line for each value of what else varies
//   scaling    throughput, or the time of a step, over GPUs on logarithmic axes, with the ideal
//              through the fewest GPUs of each line; below, how near to the ideal that is
//   busbw      bus bandwidth over sizes, and the bound, if that is the same for all lines
//   breakdown  a bar for each row: where the time of a step goes
//   heatmap    y as colours over two axes: x, and upwards group
//   pareto     two numbers against each other, and the rows that no other one betters in both
//   tornado    y about a base, which `where` names (of what it does not, the middle value), when
//              one axis at a time is changed
//
// Rows that do not fit into memory have hollow marks; in breakdowns they say so, in heatmaps they
// are grey, in fronts and tornados they are left out. Rows without a result are in no chart.
//
// Only `line` and `heatmap` know categories along x. What is not asked for comes from the columns:
// axes with one value do not count, nor those that always change with another one.

#include "cli/chart.hpp"
#include "cli/chart_request.hpp"
#include "cli/result_rows.hpp"

namespace cli {

/// Requires a row. Throws sim::Error for whatever cannot be drawn as asked for, at the option that
/// says so, and for options that a kind does not have.
[[nodiscard]] Chart make_chart(const ResultRows& all, const ChartRequest& request);

/// Throws sim::Error for options that the kind does not have, whatever the rows.
void check_chart_options(const ChartRequest& request);

// One kind each. The title, unless the request has one, and the subtitle are made by make_chart.
[[nodiscard]] Chart line_chart(const ResultRows& all, const ChartRequest& request);
[[nodiscard]] Chart scaling_chart(const ResultRows& all, const ChartRequest& request);
[[nodiscard]] Chart busbw_chart(const ResultRows& all, const ChartRequest& request);
[[nodiscard]] Chart breakdown_chart(const ResultRows& all, const ChartRequest& request);
[[nodiscard]] Chart heatmap_chart(const ResultRows& all, const ChartRequest& request);
[[nodiscard]] Chart pareto_chart(const ResultRows& all, const ChartRequest& request);
[[nodiscard]] Chart tornado_chart(const ResultRows& all, const ChartRequest& request);

}  // namespace cli
