// Two numbers against each other, and the rows that are best in one for what they are in the other.

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/chart_curves.hpp"
#include "cli/chart_kinds.hpp"
#include "cli/chart_rows.hpp"
#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

constexpr std::size_t listed_most = 16;

struct Keys {
  std::string x;
  std::string y;
};

/// What the picture lies in.
struct Plane {
  Variable x{};
  Variable y{};
  Shown shown_x{};
  Shown shown_y{};

  /// The place that is as far along x as one row, and along y as another.
  [[nodiscard]] ChartPoint at(std::size_t row_x, std::size_t row_y) const {
    const double value = shown_y(y.at[row_y]);
    return {.x = shown_x(x.at[row_x]), .y = value, .least = value, .most = value};
  }
};

bool is_maximised(const std::string& key, const ChartRequest& request) {
  return std::ranges::find(request.maximised, key) != request.maximised.end();
}

Keys keys_of(const ResultRows& rows, const ChartRequest& request) {
  constexpr std::array<std::string_view, 2> times{"step_s", "time_s"};
  constexpr std::array<std::string_view, 3> costs{"run_usd", "step_usd", "memory_B"};
  const auto x = request.x ? request.x : first_key(rows, times);
  const auto y = request.y ? request.y : first_key(rows, costs);
  if (!x) {
    throw sim::Error{std::string{"--x"}, "which key? No row has step_s or time_s"};
  }
  if (!y) {
    throw sim::Error{std::string{"--y"}, "which key? No row has run_usd, step_usd or memory_B"};
  }
  for (const std::string& key : request.maximised) {
    const std::array<std::string_view, 2> both{*x, *y};
    if (std::ranges::find(both, key) == both.end()) {
      throw sim::Error{std::string{"--maximise"}, fmt::format("'{}' is on no axis\n  hint: {}", key,
                                                              sim::suggestion(key, both))};
    }
  }
  return {*x, *y};
}

/// A number for which less is better.
std::vector<double> costs_of(const Variable& metric, const ChartRequest& request) {
  std::vector<double> out = metric.at;
  if (is_maximised(metric.key, request)) {
    std::ranges::transform(out, out.begin(), std::negate{});
  }
  return out;
}

/// The rows, of those that fit, for which no other one costs less in one and no more in the other;
/// of equal ones the first. By ascending costs along x.
std::vector<std::size_t> front_of(const ResultRows& rows, const std::vector<double>& x,
                                  const std::vector<double>& y) {
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (mark_of(rows, row) == Mark::filled) {
      order.push_back(row);
    }
  }
  std::ranges::sort(order, {}, [&](std::size_t row) { return std::tuple{x[row], y[row], row}; });
  std::vector<std::size_t> front;
  for (const std::size_t row : order) {
    if (front.empty() || y[row] < y[front.back()]) {
      front.push_back(row);
    }
  }
  return front;
}

/// Around all that the front betters: from one of its points, as far along x as the next one.
Series front_line(const std::vector<std::size_t>& front, const Plane& plane) {
  Series line{.name = "front", .look = bound_look, .has_marks = false};
  for (std::size_t i = 0; i < front.size(); ++i) {
    if (i > 0) {
      line.points.push_back(plane.at(front[i], front[i - 1]));
    }
    line.points.push_back(plane.at(front[i], front[i]));
  }
  return line;
}

/// A cloud for each group.
std::vector<Series> clouds_of(const ResultRows& rows, const Groups& groups, const Plane& plane) {
  std::vector<Series> out(groups.names.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].name = groups.names[i];
    out[i].look = i;
    out[i].stroke = Stroke::none;
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    ChartPoint point = plane.at(row, row);
    point.mark = mark_of(rows, row);
    out[groups.of_row[row]].points.push_back(point);
  }
  return out;
}

/// The rows of the front alone.
ResultRows rows_of(const ResultRows& rows, const std::vector<std::size_t>& front) {
  std::vector<bool> kept(rows.size());
  for (const std::size_t row : front) {
    kept[row] = true;
  }
  return rows.only(kept);
}

/// The points of the front are numbered, as far as they are listed.
std::vector<PointLabel> numbers_of(const std::vector<std::size_t>& front, const Plane& plane) {
  std::vector<PointLabel> labels;
  for (std::size_t i = 0; i < std::min(front.size(), listed_most); ++i) {
    const ChartPoint point = plane.at(front[i], front[i]);
    labels.push_back({point.x, point.y, fmt::format("{}", i + 1)});
  }
  return labels;
}

/// What the points of the front are, and what all of them are.
std::vector<std::string> list_of(const ResultRows& rows, const std::vector<std::size_t>& front) {
  std::vector<std::string> list;
  std::vector<std::string> keys = varying_axes(rows_of(rows, front));
  if (keys.empty()) {
    keys = varying_axes(rows);  // of a single one, what sets it apart from all others
  }
  for (std::size_t i = 0; i < std::min(front.size(), listed_most); ++i) {
    list.push_back(fmt::format("{}  {}", i + 1, label_of(rows, front[i], keys)));
  }
  if (front.size() > listed_most) {
    list.push_back(fmt::format("and {} more", front.size() - listed_most));
  }
  std::vector<std::string> common = varying_axes(rows);
  std::erase_if(common,
                [&](const std::string& key) { return std::ranges::find(keys, key) != keys.end(); });
  if (!front.empty() && !keys.empty() && !common.empty()) {
    list.push_back(fmt::format("all: {}", label_of(rows, front.front(), common)));
  }
  return list;
}

Extent extent_along_x(const std::vector<Series>& series) {
  Extent extent;
  for (const Series& each : series) {
    for (const ChartPoint& point : each.points) {
      extent.add(point.x);
    }
  }
  return extent;
}

Groups groups_asked_for(const ResultRows& rows, const ChartRequest& request) {
  std::vector<std::string> keys;
  if (request.group) {
    rows.expect_key("--group", *request.group);
    keys.push_back(*request.group);
  }
  Groups groups = groups_of(rows, keys);
  check_count(groups);
  return groups;
}

/// "low step time"
std::string wanted(const std::string& key, const ChartRequest& request) {
  return fmt::format("{} {}", is_maximised(key, request) ? "high" : "low", name_of_key(key));
}

}  // namespace

Chart pareto_chart(const ResultRows& all, const ChartRequest& request) {
  const Keys keys = keys_of(all, request);
  const LogAxes log = request.log.value_or(LogAxes{});
  const ChartRows chosen =
      ChartRows{all}.with_results().with("--x", keys.x).with("--y", keys.y).on(log, keys.x, keys.y);
  const ResultRows& rows = chosen.rows();
  const Variable x = metric_of(rows, "--x", keys.x);
  const Variable y = metric_of(rows, "--y", keys.y);
  const Plane plane{.x = x,
                    .y = y,
                    .shown_x = shown_as(x, log.x ? Spacing::logarithmic : Spacing::linear),
                    .shown_y = shown_as(y, log.y ? Spacing::logarithmic : Spacing::linear)};
  const Groups groups = groups_asked_for(rows, request);
  const auto front = front_of(rows, costs_of(x, request), costs_of(y, request));
  // Nothing is where points would be better.
  Panel panel{.series = clouds_of(rows, groups, plane),
              .labels = numbers_of(front, plane),
              .label_right = is_maximised(keys.x, request) ? 1.0 : -1.0,
              .label_up = is_maximised(keys.y, request) ? 1.0 : -1.0};
  panel.x = metric_axis(plane.shown_x, extent_along_x(panel.series));
  panel.y = metric_axis(plane.shown_y, extent_of(panel.series));
  if (!front.empty()) {
    panel.series.insert(panel.series.begin(), front_line(front, plane));
  }
  return {.title = fmt::format("{}, {}", wanted(keys.x, request), wanted(keys.y, request)),
          .notes = chosen.notes(),
          .body = Curves{
              .legend = groups.legend, .panels = {std::move(panel)}, .list = list_of(rows, front)}};
}

}  // namespace cli
