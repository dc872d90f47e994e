// What one axis at a time does to a number, about a base.

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/chart_axes.hpp"
#include "cli/chart_data.hpp"
#include "cli/chart_kinds.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

std::string y_key(const ResultRows& rows, const ChartRequest& request) {
  constexpr std::array<std::string_view, 2> usual{"step_s", "time_s"};
  const auto key = request.y ? request.y : first_key(rows, usual);
  if (!key) {
    throw sim::Error{std::string{"--y"}, "which key? No row has step_s or time_s"};
  }
  return *key;
}

/// Conditions on axes name the base; all others choose rows.
struct Conditions {
  std::vector<Condition> base{};
  std::vector<Condition> rows{};
};

Conditions conditions_of(const ResultRows& rows, const ChartRequest& request) {
  Conditions out;
  for (const Condition& condition : request.where) {
    rows.expect_key("--where", condition.key);
    const bool is_axis = std::ranges::find(rows.axes(), condition.key) != rows.axes().end();
    (is_axis ? out.base : out.rows).push_back(condition);
  }
  return out;
}

ResultRows rows_that_fit(const ResultRows& rows, std::vector<std::string>& notes) {
  std::vector<bool> kept;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    kept.push_back(mark_of(rows, row) == Mark::filled);
  }
  ResultRows out = rows.only(kept);
  if (out.size() < rows.size()) {
    notes.push_back(
        fmt::format("{} rows that do not fit into memory are left out", rows.size() - out.size()));
  }
  if (out.size() == 0) {
    throw sim::Error{std::string{"espalier plot"}, "no row that is left fits into memory"};
  }
  return out;
}

/// An axis, and its value at the base.
struct Base {
  std::string axis;
  std::string text;
};

/// As the conditions say; where they say nothing, the middle of the values there are, or the one
/// below it.
std::vector<Base> base_of(const ResultRows& rows, const std::vector<Condition>& conditions) {
  const ResultRows chosen = rows_where(rows, conditions);
  std::vector<Base> base;
  for (const std::string& axis : varying_axes(rows)) {
    const std::vector<Level> levels = levels_of(variable_of(chosen, axis));
    base.push_back({axis, levels[(levels.size() - 1) / 2].text});
  }
  return base;
}

std::string words_of(const std::vector<Base>& base) {
  std::string out;
  for (const Base& each : base) {
    const std::string_view word = std::string_view{each.axis}.substr(each.axis.rfind('.') + 1);
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", word, each.text);
  }
  return out;
}

/// The rows that are at the base along all axes but this one.
std::vector<std::size_t> rows_along(const ResultRows& rows, const std::vector<Base>& base,
                                    std::string_view axis) {
  std::vector<std::size_t> out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (std::ranges::all_of(base, [&](const Base& each) {
          return each.axis == axis || text_of(rows.at(row, each.axis)) == each.text;
        })) {
      out.push_back(row);
    }
  }
  return out;
}

Tornado::Bar bar_of(const ResultRows& rows, const Variable& y, const Shown& shown,
                    const std::vector<std::size_t>& along, const std::string& axis) {
  const auto value = [&](std::size_t row) { return y.at[row]; };
  const std::size_t least = *std::ranges::min_element(along, {}, value);
  const std::size_t most = *std::ranges::max_element(along, {}, value);
  return {.name = name_of_key(axis),
          .least = shown(y.at[least]),
          .most = shown(y.at[most]),
          .least_text = text_of(rows.at(least, axis)),
          .most_text = text_of(rows.at(most, axis))};
}

}  // namespace

Chart tornado_chart(const ResultRows& all, const ChartRequest& request) {
  Chart chart;
  const std::string key = y_key(all, request);
  const Conditions conditions = conditions_of(all, request);
  const ResultRows ran = rows_with_results(rows_where(all, conditions.rows), chart.notes);
  const ResultRows rows = rows_that_fit(rows_with(ran, "--y", key, chart.notes), chart.notes);
  const Variable y = metric_of(rows, "--y", key);
  const std::vector<Base> base = base_of(rows, conditions.base);
  const std::vector<std::size_t> at_base = rows_along(rows, base, {});
  if (at_base.empty()) {
    throw sim::Error{std::string{"--where"},
                     fmt::format("no row that can be drawn is at the base: {}\n"
                                 "  hint: choose another one: --where AXIS=VALUE",
                                 words_of(base))};
  }
  const double middle = spread_of(rows, y, at_base).middle;
  const Shown shown = shown_as(y, Spacing::linear);
  Tornado body{.label = axis_label(key, shown.unit, shown.prefix),
               .base = shown(middle),
               .base_text = four_digits(middle * y.unit.factor, y.unit)};
  for (const Base& each : base) {
    const std::vector<std::size_t> along = rows_along(rows, base, each.axis);
    if (along.size() > 1) {
      body.bars.push_back(bar_of(rows, y, shown, along, each.axis));
    } else {
      chart.notes.push_back(fmt::format("{} has one value at the base: no bar", each.axis));
    }
  }
  std::ranges::stable_sort(body.bars, std::greater{},
                           [](const Tornado::Bar& bar) { return bar.most - bar.least; });
  if (body.bars.empty()) {
    throw sim::Error{std::string{"--where"},
                     fmt::format("nothing varies about the base {}", words_of(base))};
  }
  chart.title = fmt::format("what {} depends on", name_of_key(key));
  chart.subtitle = fmt::format("one change at a time to {}", words_of(base));
  chart.body = std::move(body);
  return chart;
}

}  // namespace cli
