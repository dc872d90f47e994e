// What one axis at a time does to a number, about a base.

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/chart_axes.hpp"
#include "cli/chart_data.hpp"
#include "cli/chart_kinds.hpp"
#include "cli/chart_rows.hpp"
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
    if (axis == seed_key) {
      continue;  // chance, and no lever
    }
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

/// The rows at the base: several, if they differ in something that is no axis.
std::vector<std::size_t> rows_at(const ResultRows& rows, const std::vector<Base>& base) {
  std::vector<std::size_t> out = rows_along(rows, base, {});
  if (out.empty()) {
    throw sim::Error{std::string{"--where"},
                     fmt::format("no row that can be drawn is at the base: {}\n"
                                 "  hint: choose another one: --where AXIS=VALUE",
                                 words_of(base))};
  }
  return out;
}

/// What y comes to at a value of an axis: the median, if there are several seeds.
struct Outcome {
  std::string text;
  double value = 0;
};

/// In the order in which rows have these values.
std::vector<Outcome> outcomes_along(const ResultRows& rows, const Variable& y,
                                    const std::vector<std::size_t>& along,
                                    const std::string& axis) {
  std::vector<std::string> texts;
  std::map<std::string, std::vector<std::size_t>> same;
  for (const std::size_t row : along) {
    const std::string text = text_of(rows.at(row, axis));
    if (same[text].empty()) {
      texts.push_back(text);
    }
    same[text].push_back(row);
  }
  std::vector<Outcome> out;
  for (const std::string& text : texts) {
    out.push_back({text, spread_of(rows, y, same[text]).middle});
  }
  return out;
}

/// Requires an outcome.
Tornado::Bar bar_of(const std::vector<Outcome>& outcomes, const Shown& shown,
                    const std::string& axis) {
  const auto [least, most] = std::ranges::minmax_element(outcomes, {}, &Outcome::value);
  return {.name = name_of_key(axis),
          .least = shown(least->value),
          .most = shown(most->value),
          .least_text = least->text,
          .most_text = most->text};
}

}  // namespace

Chart tornado_chart(const ResultRows& all, const ChartRequest& request) {
  const std::string key = y_key(all, request);
  const Conditions conditions = conditions_of(all, request);
  const ChartRows chosen =
      ChartRows{rows_where(all, conditions.rows)}.with_results().with("--y", key).that_fit();
  const ResultRows& rows = chosen.rows();
  const Variable y = metric_of(rows, "--y", key);
  const std::vector<Base> base = base_of(rows, conditions.base);
  const double middle = spread_of(rows, y, rows_at(rows, base)).middle;
  const Shown shown = shown_as(y, Spacing::linear);
  Tornado body{.label = axis_label(key, shown.unit, shown.prefix),
               .base = shown(middle),
               .base_text = four_digits(middle * y.unit.factor, y.unit)};
  std::vector<std::string> notes = chosen.notes();
  for (const Base& each : base) {
    const std::vector<Outcome> outcomes =
        outcomes_along(rows, y, rows_along(rows, base, each.axis), each.axis);
    if (outcomes.size() > 1) {
      body.bars.push_back(bar_of(outcomes, shown, each.axis));
    } else {
      notes.push_back(fmt::format("no bar for {}, which has one value about the base", each.axis));
    }
  }
  if (body.bars.empty()) {
    throw sim::Error{std::string{"--where"},
                     fmt::format("nothing varies about the base {}", words_of(base))};
  }
  std::ranges::stable_sort(body.bars, std::greater{},
                           [](const Tornado::Bar& bar) { return bar.most - bar.least; });
  return {.title = fmt::format("what {} depends on", name_of_key(key)),
          .subtitle = fmt::format("one change at a time to {}", words_of(base)),
          .notes = std::move(notes),
          .body = std::move(body)};
}

}  // namespace cli
