#pragma once
// Axes of charts: how far they go, what their marks say.

#include <string>
#include <vector>

#include "cli/chart.hpp"
#include "cli/chart_data.hpp"
#include "cli/chart_units.hpp"

namespace cli {

/// How the numbers of a variable are shown.
struct Shown {
  std::string key{};
  Unit unit{};
  Prefix prefix{};  // none on a logarithmic axis, whose marks have their own
  Spacing spacing = Spacing::linear;

  [[nodiscard]] double operator()(double value) const {
    return value * unit.factor / prefix.factor;
  }
};

/// With the prefix that suits the largest of its values, unless the axis is logarithmic.
[[nodiscard]] Shown shown_as(const Variable& variable, Spacing spacing);

/// The ends of what an axis shows. Nothing yet if `least` is above `most`.
struct Extent {
  double least = 1;
  double most = 0;

  void add(double value);
  [[nodiscard]] bool is_empty() const { return least > most; }
};

/// An axis for values within the extent, as shown. A linear one begins at 0, unless all that is
/// shown would stand in its last quarter. Requires a value, and above 0 if it is logarithmic.
[[nodiscard]] ChartAxis metric_axis(const Shown& shown, const Extent& extent);

/// An axis along which few values are taken, each with a mark that is named where there is room: of
/// several that are too close, the last one is. Categories have theirs at 0, 1, ...
[[nodiscard]] ChartAxis level_axis(const Variable& variable, Spacing spacing);

/// What a mark says that stands at a value of the data: "8", "1 MiB", "400 Gbps".
[[nodiscard]] std::string level_text(const Variable& variable, const Level& level);

/// Is each value the one before times the same factor, and are there three at least?
[[nodiscard]] bool are_geometric(const std::vector<Level>& levels);

/// At most so many values are named one by one.
inline constexpr std::size_t levels_most = 40;

}  // namespace cli
