// Lines over an axis, and bus bandwidths over sizes.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/chart_curves.hpp"
#include "cli/chart_kinds.hpp"
#include "cli/chart_rows.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

/// The axis with most values that are numbers, or, if there is none, with most values.
std::string widest_axis(const ResultRows& rows) {
  std::string best;
  std::pair<bool, std::size_t> best_rank{};
  for (const std::string& axis : varying_axes(rows)) {
    const Variable variable = variable_of(rows, axis);
    const bool is_category = variable.form == Variable::Form::category || axis == seed_key;
    const std::pair rank{!is_category, levels_of(variable).size()};
    if (best.empty() || rank > best_rank) {
      best = axis;
      best_rank = rank;
    }
  }
  if (best.empty()) {
    throw sim::Error{std::string{"--x"},
                     "which key? No axis has more than one value in the rows that are left"};
  }
  return best;
}

std::string time_key(const ResultRows& rows) {
  constexpr std::array<std::string_view, 2> keys{"step_s", "time_s"};
  const auto key = first_key(rows, keys);
  if (!key) {
    throw sim::Error{std::string{"--y"}, "which key? No row has step_s or time_s"};
  }
  return *key;
}

Spacing spacing_of(bool is_logarithmic) {
  return is_logarithmic ? Spacing::logarithmic : Spacing::linear;
}

/// As asked for; else along x where values are a factor apart, and along y as well if they go far.
LogAxes log_axes(const ChartRequest& request, const Variable& x, const Variable& y) {
  if (request.log) {
    return *request.log;
  }
  const bool is_x = x.form != Variable::Form::category && are_geometric(levels_of(x));
  const auto [least, most] = std::ranges::minmax(y.at);
  constexpr double far = 100;
  return {.x = is_x, .y = is_x && least > 0 && most > far * least};
}

/// Many values that nobody chose, such as times, have an axis with marks at round numbers.
ChartAxis x_axis(const Variable& x, const Shown& shown) {
  const std::vector<Level> levels = levels_of(x);
  if (x.form == Variable::Form::category || levels.size() <= levels_most) {
    return level_axis(x, shown.spacing);
  }
  Extent extent;
  for (const Level& level : levels) {
    extent.add(shown(level.at));
  }
  return metric_axis(shown, extent);
}

/// Values of named levels stay what they are.
Shown x_shown(const Variable& x, Spacing spacing) {
  Shown shown = shown_as(x, spacing);
  if (x.form == Variable::Form::category || levels_of(x).size() <= levels_most) {
    shown.prefix = {};
    shown.unit.factor = 1;
  }
  return shown;
}

struct Keys {
  std::string x;
  std::string y;
};

/// A chart of lines, and what it was made of.
struct Drawn {
  Chart chart{};
  ResultRows rows{};
  Shown y{};
};

Drawn curves_chart(const ChartRows& ran, const ChartRequest& request, const Keys& keys) {
  const ChartRows with_both = ran.with("--x", keys.x).with("--y", keys.y);
  const Variable any_x = variable_of(with_both.rows(), keys.x);
  const LogAxes log = log_axes(request, any_x, metric_of(with_both.rows(), "--y", keys.y));
  if (log.x && any_x.form == Variable::Form::category) {
    throw sim::Error{std::string{"--log"}, fmt::format("x has no numbers: {} is a name", keys.x)};
  }
  const ChartRows chosen = with_both.on(log, keys.x, keys.y);
  const ResultRows& rows = chosen.rows();
  const Variable x = variable_of(rows, keys.x);
  const Variable y = metric_of(rows, "--y", keys.y);
  const Groups groups = groups_of(rows, keys_of_groups(rows, request, keys.x));
  const Shown shown_x = x_shown(x, spacing_of(log.x));
  const Shown shown_y = shown_as(y, spacing_of(log.y));
  Panel panel{.x = x_axis(x, shown_x),
              .series = series_of(curves_of(rows, x, y, groups), shown_x, shown_y)};
  panel.y = metric_axis(shown_y, extent_of(panel.series));
  Chart chart{.title = fmt::format("{} against {}", name_of_key(keys.y), name_of_key(keys.x)),
              .notes = chosen.notes(),
              .body = Curves{.legend = groups.legend, .panels = {std::move(panel)}}};
  return {std::move(chart), rows, shown_y};
}

/// The bus bandwidth of rows that would take no longer than their bounds.
std::optional<double> bound_of(const ResultRows& rows, std::size_t row) {
  const auto busbw = number_at(rows, row, "busbw_Bps");
  const auto time = number_at(rows, row, "time_s");
  const auto least = number_at(rows, row, "lower_bound_s");
  if (!busbw || !time || !least || *least <= 0) {
    return std::nullopt;
  }
  return *busbw * *time / *least;
}

/// The bounds over sizes, ascending; nothing where they differ, as on networks that do.
std::vector<ChartPoint> bounds_of(const ResultRows& rows, const Shown& shown) {
  std::vector<ChartPoint> out;
  const Variable sizes = variable_of(rows, "bytes");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto bound = bound_of(rows, row);
    if (!bound) {
      return {};
    }
    const double y = shown(*bound);
    const auto same = std::ranges::find(out, sizes.at[row], &ChartPoint::x);
    constexpr double slack = 1e-9;  // of a bound that was made of rounded numbers
    if (same == out.end()) {
      out.push_back({.x = sizes.at[row], .y = y, .least = y, .most = y});
    } else if (std::abs(same->y - y) > slack * y) {
      return {};
    }
  }
  std::ranges::sort(out, {}, &ChartPoint::x);
  return out;
}

}  // namespace

Chart line_chart(const ResultRows& all, const ChartRequest& request) {
  const ChartRows ran = ChartRows{all}.with_results();
  const Keys keys{.x = request.x ? *request.x : widest_axis(ran.rows()),
                  .y = request.y ? *request.y : time_key(ran.rows())};
  return curves_chart(ran, request, keys).chart;
}

Chart busbw_chart(const ResultRows& all, const ChartRequest& request) {
  ChartRequest on_log_x = request;
  if (!request.log) {
    on_log_x.log = LogAxes{.x = true};
  }
  Drawn drawn =
      curves_chart(ChartRows{all}.with_results(), on_log_x, {.x = "bytes", .y = "busbw_Bps"});
  Panel& panel = std::get<Curves>(drawn.chart.body).panels.front();
  if (std::vector<ChartPoint> bounds = bounds_of(drawn.rows, drawn.y); bounds.size() > 1) {
    panel.series.insert(panel.series.begin(), {.name = "upper bound",
                                               .look = bound_look,
                                               .stroke = Stroke::dashed,
                                               .has_marks = false,
                                               .points = std::move(bounds)});
    panel.y = metric_axis(drawn.y, extent_of(panel.series));
  }
  return std::move(drawn.chart);
}

}  // namespace cli
