#include "cli/chart_axes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <ranges>
#include <span>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

/// Marks at these multiples of powers of ten.
std::vector<double> multiples_within(const Extent& extent, std::span<const double> multiples) {
  std::vector<double> out;
  const int first = static_cast<int>(std::floor(std::log10(extent.least)));
  const int last = static_cast<int>(std::ceil(std::log10(extent.most)));
  for (int power = first; power <= last; ++power) {
    for (const double multiple : multiples) {
      const double at = multiple * std::pow(10.0, power);
      if (at >= extent.least && at <= extent.most) {
        out.push_back(at);
      }
    }
  }
  return out;
}

/// Powers of ten, or, where these are few, more.
std::vector<double> logarithmic_marks(const Extent& extent) {
  constexpr std::array<double, 1> powers{1};
  constexpr std::array<double, 3> some{1, 2, 5};
  constexpr std::array<double, 12> many{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9};
  constexpr std::size_t enough = 3;
  for (const std::span<const double> multiples :
       {std::span<const double>{powers}, std::span<const double>{some}}) {
    std::vector<double> marks = multiples_within(extent, multiples);
    if (marks.size() >= enough) {
      return marks;
    }
  }
  return multiples_within(extent, many);
}

/// The ends, with some room beside them.
Extent widened(const Extent& extent, Spacing spacing) {
  constexpr double share = 0.05;
  if (spacing == Spacing::logarithmic) {
    const double beside = std::max(std::pow(extent.most / extent.least, share), 1.1);
    return {extent.least / beside, extent.most * beside};
  }
  const double span = extent.most - extent.least;
  const double beside = span > 0 ? span * share : std::max(std::abs(extent.most) * share, share);
  return {extent.least - beside, extent.most + beside};
}

/// Leaves names where there is room for them, the last one first served.
void thin_out(ChartAxis& axis) {
  const auto place = [&](double at) {
    return axis.spacing == Spacing::logarithmic ? std::log(at) : at;
  };
  std::size_t longest = 1;
  for (const Tick& tick : axis.ticks) {
    longest = std::max(longest, tick.label.size());
  }
  // As many letters as fit along an axis, with gaps.
  constexpr double letters = 75;
  const double labels_most = std::max(letters / static_cast<double>(longest + 2), 2.0);
  const double gap = (place(axis.most) - place(axis.least)) / labels_most;
  double next = place(axis.most);
  for (Tick& tick : std::views::reverse(axis.ticks)) {
    if (place(tick.at) <= next) {
      next = place(tick.at) - gap;
    } else {
      tick.label.clear();
    }
  }
}

}  // namespace

std::string level_text(const Variable& variable, const Level& level) {
  constexpr std::size_t longest = 12;
  if (variable.unit.symbol == "B" &&
      std::abs(level.at) <= static_cast<double>(sim::bytes_max.count())) {
    return sim::to_text(sim::Bytes{std::llround(level.at)});
  }
  const bool is_number = variable.form == Variable::Form::number;
  if (variable.unit.symbol.empty() || (!is_number && level.text.size() <= longest)) {
    return is_number ? fmt::format("{}", level.at) : level.text;
  }
  return short_text(level.at * variable.unit.factor, variable.unit);
}

Shown shown_as(const Variable& variable, Spacing spacing) {
  double largest = 0;
  for (const double value : variable.at) {
    largest = std::max(largest, std::abs(value));
  }
  return {.key = variable.key,
          .unit = variable.unit,
          .prefix = spacing == Spacing::linear ? prefix_for(largest, variable.unit) : Prefix{},
          .spacing = spacing};
}

void Extent::add(double value) {
  *this = is_empty() ? Extent{value, value} : Extent{std::min(least, value), std::max(most, value)};
}

ChartAxis metric_axis(const Shown& shown, const Extent& extent) {
  sim::require(!extent.is_empty(), "metric_axis: a value");
  const Extent room = widened(extent, shown.spacing);
  ChartAxis axis{.label = axis_label(shown.key, shown.unit, shown.prefix),
                 .spacing = shown.spacing,
                 .least = room.least,
                 .most = room.most};
  if (shown.spacing == Spacing::logarithmic) {
    sim::require(extent.least > 0, "metric_axis: above 0");
    // The marks have the unit, if it is no word.
    axis.label = is_word(shown.unit) ? axis.label : name_of_key(shown.key);
    for (const double at : logarithmic_marks(room)) {
      axis.ticks.push_back({at, short_text(at, shown.unit)});
    }
    return axis;
  }
  constexpr double last_quarter = 0.75;
  if (extent.least >= 0 && extent.least < extent.most * last_quarter) {
    axis.least = 0;
  }
  return axis;
}

ChartAxis level_axis(const Variable& variable, Spacing spacing) {
  ChartAxis axis{.label = name_of_key(variable.key), .spacing = spacing};
  Extent extent;
  for (const Level& level : levels_of(variable)) {
    extent.add(level.at);
    axis.ticks.push_back({level.at, level_text(variable, level)});
  }
  const Extent room = widened(extent, spacing);
  axis.least = room.least;
  axis.most = room.most;
  if (variable.form == Variable::Form::category) {
    constexpr double beside = 0.3;
    axis.least = extent.least - beside;
    axis.most = extent.most + beside;
  } else {
    thin_out(axis);
  }
  return axis;
}

bool are_geometric(const std::vector<Level>& levels) {
  constexpr std::size_t enough = 3;
  if (levels.size() < enough || levels.front().at <= 0) {
    return false;
  }
  const double factor = levels[1].at / levels[0].at;
  for (std::size_t i = 2; i < levels.size(); ++i) {
    constexpr double slack = 0.01;
    if (std::abs((levels[i].at / levels[i - 1].at) - factor) > slack * factor) {
      return false;
    }
  }
  return true;
}

}  // namespace cli
