#pragma once
// Rows of a sweep, written by hand.

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "cli/chart_kinds.hpp"
#include "cli/result_files.hpp"
#include "tests/topology/support.hpp"

namespace cli_test {

/// A line of a sweep's results: axes and result as JSON without braces.
inline std::string point(const std::string& axes, const std::string& result,
                         const std::string& status = "ok") {
  return fmt::format(R"({{"point":0,"axes":{{{}}},"scenario":"s","status":"{}",{}}})"
                     "\n",
                     axes, status, result);
}

inline cli::ResultRows rows_of(const std::string& lines) {
  const std::vector<cli::ResultFile> files{{"r", lines}};
  return cli::read_result_files(files);
}

inline cli::Chart chart_of(const std::string& lines, const cli::ChartRequest& request) {
  return cli::make_chart(rows_of(lines), request);
}

/// "1 5, 2 3": where the points of a series are.
inline std::string places_of(const cli::Series& series) {
  std::string out;
  for (const cli::ChartPoint& each : series.points) {
    out += fmt::format("{}{:g} {:g}", out.empty() ? "" : ", ", each.x, each.y);
  }
  return out;
}

/// "a: 1 5, 2 3; b: 1 4": all lines of a panel.
inline std::string lines_of(const cli::Panel& panel) {
  std::string out;
  for (const cli::Series& each : panel.series) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", each.name, places_of(each));
  }
  return out;
}

inline const cli::Panel& panel_of(const cli::Chart& chart, std::size_t number = 0) {
  return std::get<cli::Curves>(chart.body).panels.at(number);
}

/// A step of a model with this tensor parallelism and pipeline.
inline std::string step(int tensor, int pipeline, double seconds, const std::string& more = "") {
  return point(fmt::format(R"("layout.tensor":{},"layout.pipeline":{})", tensor, pipeline),
               fmt::format(R"("step_s":{}{})", seconds, more));
}

/// What is wrong with such a chart.
inline std::string error_in(const std::string& lines, const cli::ChartRequest& request) {
  return topology_test::error_of([&] { return chart_of(lines, request); });
}

using Texts = std::vector<std::string>;

/// What the marks along an axis say; "" for those without a name.
inline Texts ticks_of(const cli::ChartAxis& axis) {
  Texts out;
  for (const cli::Tick& tick : axis.ticks) {
    out.push_back(tick.label);
  }
  return out;
}

}  // namespace cli_test
