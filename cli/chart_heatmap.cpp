// A number over two axes, as colours.

#include <array>
#include <cstddef>
#include <map>
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

struct Keys {
  std::string x{};
  std::string y{};
  std::string colour{};
};

/// The axes: those asked for, then those that vary, the first one along x.
Keys keys_of(const ResultRows& rows, const ChartRequest& request) {
  std::vector<std::string> others = varying_axes(rows);
  std::erase_if(others, [&](const std::string& axis) {
    return axis == request.x || axis == request.group || axis == seed_key;
  });
  const auto next = [&](const std::string& option) {
    if (others.empty()) {
      throw sim::Error{option, "which key? A heatmap needs two axes along which rows vary"};
    }
    std::string key = others.front();
    others.erase(others.begin());
    return key;
  };
  Keys keys;
  keys.x = request.x ? *request.x : next("--x");
  keys.y = request.group ? *request.group : next("--group");
  constexpr std::array<std::string_view, 3> usual{"step_s", "busbw_Bps", "time_s"};
  const auto colour = request.y ? request.y : first_key(rows, usual);
  if (!colour) {
    throw sim::Error{std::string{"--y"}, "which key? No row has step_s, busbw_Bps or time_s"};
  }
  keys.colour = *colour;
  return keys;
}

/// One side of the grid.
struct Side {
  std::vector<std::string> names{};
  std::map<std::string, std::size_t> places{};  // by what rows say
};

Side side_of(const ResultRows& rows, const std::string& option, const std::string& key) {
  const Variable variable = variable_of(rows, key);
  Side side;
  std::map<double, std::size_t> places;
  for (const Level& level : levels_of(variable)) {
    places[level.at] = side.names.size();
    side.names.push_back(level_text(variable, level));
  }
  constexpr std::size_t most = 64;
  if (side.names.size() > most) {
    throw sim::Error{option, fmt::format("{} has {} values, too many for a grid: at most {}", key,
                                         side.names.size(), most)};
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    side.places[variable.text[row]] = places.at(variable.at[row]);
  }
  return side;
}

/// "2.20", "29.0", "128"
std::string three_digits(double value) {
  std::string text = fmt::format("{:#.3g}", value);
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return text;
}

using Places = std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>>;

/// The rows of each field.
Places places_of(const ResultRows& rows, const Keys& keys, const Side& x, const Side& y) {
  Places places;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    places[{x.places.at(text_of(rows.at(row, keys.x))), y.places.at(text_of(rows.at(row, keys.y)))}]
        .push_back(row);
  }
  return places;
}

}  // namespace

Chart heatmap_chart(const ResultRows& all, const ChartRequest& request) {
  const Keys keys = keys_of(all, request);
  // The grid has room for what was tried without a result.
  const ChartRows tried = ChartRows{all}.with("--x", keys.x).with("--group", keys.y);
  const Side x = side_of(tried.rows(), "--x", keys.x);
  const Side y = side_of(tried.rows(), "--group", keys.y);
  const bool is_log = request.log && request.log->y;
  const ChartRows chosen =
      tried.with_results().with("--y", keys.colour).on({.y = is_log}, keys.x, keys.colour);
  const ResultRows& rows = chosen.rows();
  const Variable colour = metric_of(rows, "--y", keys.colour);
  const Shown shown = shown_as(colour, Spacing::linear);
  Heatmap body{.x_label = name_of_key(keys.x),
               .y_label = name_of_key(keys.y),
               .colour_label = axis_label(keys.colour, shown.unit, shown.prefix),
               .spacing = is_log ? Spacing::logarithmic : Spacing::linear,
               .x = x.names,
               .y = y.names};
  for (const auto& [place, same] : places_of(rows, keys, x, y)) {
    const Spread spread = spread_of(rows, colour, same);
    const double value = shown(spread.middle);
    body.fields.push_back({.x = place.first,
                           .y = place.second,
                           .value = value,
                           .text = three_digits(value),
                           .mark = spread.mark});
  }
  return {.title = fmt::format("{} over {} and {}", name_of_key(keys.colour), body.x_label,
                               body.y_label),
          .notes = chosen.notes(),
          .body = std::move(body)};
}

}  // namespace cli
