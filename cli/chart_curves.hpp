#pragma once
// Lines over rows: what the kinds have in common that draw them.

#include <cstddef>
#include <string>
#include <vector>

#include "cli/chart.hpp"
#include "cli/chart_axes.hpp"
#include "cli/chart_data.hpp"

namespace cli {

/// A point of a line, in the units of the rows.
struct CurvePoint {
  double x = 0;
  Spread y{};
  std::vector<std::size_t> rows{};  // that stand here
};

struct Curve {
  std::string name{};
  std::vector<CurvePoint> points{};  // ascending
};

inline constexpr std::size_t curves_most = 14;  // more cannot be told apart

/// Throws sim::Error for more groups than `curves_most`.
void check_count(const Groups& groups);

/// A line for each group. Throws like check_count and spread_of.
[[nodiscard]] std::vector<Curve> curves_of(const ResultRows& rows, const Variable& x,
                                           const Variable& y, const Groups& groups);

/// What keeps rows apart that stand at the same x: `group`, or all varying axes but those that x
/// decides, and the seed.
[[nodiscard]] std::vector<std::string> keys_of_groups(const ResultRows& rows,
                                                      const ChartRequest& request,
                                                      const std::string& x);

/// The lines as they are drawn.
[[nodiscard]] std::vector<Series> series_of(const std::vector<Curve>& curves, const Shown& x,
                                            const Shown& y);

/// Over all points, as shown, with the ends of their bars.
[[nodiscard]] Extent extent_of(const std::vector<Series>& series);

}  // namespace cli
