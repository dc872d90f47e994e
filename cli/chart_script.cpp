#include "cli/chart_script.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_script_parts.hpp"
#include "cli/gnuplot_text.hpp"
#include "sim/contract.hpp"

namespace cli {
namespace {

// Okabe and Ito (2008), told apart with any colour vision, without yellow, which is too light for a
// line. gnuplot's marks: square, circle, triangles, diamond, pentagon.
constexpr std::array<std::string_view, colours_count> colours{
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"};
constexpr std::array marks{7, 5, 9, 13, 11, 15};

/// Everything but the data and the axes.
std::string frame(const Chart& chart, int height) {
  constexpr std::size_t title_most = 96;
  constexpr std::size_t subtitle_most = 130;
  constexpr double title_at = 28;
  constexpr double subtitle_at = 54;
  const auto below_top = [&](double points) { return 1 - (points / height); };
  return fmt::format(
      "# gnuplot -e \"set terminal pngcairo size {},{}; set output 'chart.png'\" THIS_FILE\n"
      "set encoding utf8\n"
      "set termoption noenhanced\n"
      "set label 101 {} at screen 0.5, screen {:.4f} center font ',17'\n"
      "set label 102 {} at screen 0.5, screen {:.4f} center font ',12' textcolor rgb '#555555'\n"
      "set border 3 linecolor rgb '#555555'\n"
      "set tics nomirror textcolor rgb '#222222'\n"
      "set grid linetype 1 linecolor rgb '#e4e4e4' linewidth 0.7\n"
      "set format '%g'\n",
      picture_width, height, quoted(shortened(chart.title, title_most)), below_top(title_at),
      quoted(shortened(chart.subtitle, subtitle_most)), below_top(subtitle_at));
}

}  // namespace

ChartLook chart_look(std::size_t number) {
  if (number == bound_look) {
    return {"#333333", marks.front(), marks.front() - 1};
  }
  const int mark = marks.at(number % marks.size());
  return {colours.at(number % colours.size()), mark, mark - 1};
}

std::string number_text(double value) {
  sim::require(std::isfinite(value), "a chart: finite numbers");
  return fmt::format("{}", value);
}

std::string ticks_text(std::string_view axis, const std::vector<Tick>& ticks, std::size_t longest) {
  std::vector<std::string> parts;
  for (const Tick& tick : ticks) {
    parts.push_back(
        fmt::format("{} {}", quoted(shortened(tick.label, longest)), number_text(tick.at)));
  }
  return fmt::format("set {}tics ({})\n", axis, fmt::join(parts, ", "));
}

bool are_crowded(const std::vector<Tick>& ticks) {
  std::size_t longest = 0;
  std::size_t named = 0;
  for (const Tick& tick : ticks) {
    longest = std::max(longest, tick.label.size());
    named += tick.label.empty() ? 0U : 1U;
  }
  constexpr std::size_t letters = 80;  // that an axis has room for
  return (longest + 1) * named > letters;
}

double slant_margin(const std::vector<Tick>& ticks, std::size_t longest) {
  if (!are_crowded(ticks)) {
    return 0;
  }
  constexpr double letter = 0.0074;  // towards the left
  constexpr double least = 0.1;
  return std::max(least,
                  letter * static_cast<double>(std::min(ticks.front().label.size(), longest)));
}

double legend_start(const LegendWidth& width) {
  constexpr double sample = 0.06;
  constexpr double beside = 0.03;
  constexpr double end = 0.985;
  const auto of = [](std::size_t letters, double each) {
    return letters == 0 ? 0 : beside + (each * static_cast<double>(letters));
  };
  const double names = width.names == 0 ? 0 : sample + of(width.names, letter_width(width.names));
  return end - std::max({names, of(width.title, letter_width(width.names)),
                         of(width.list, small_letter_width)});
}

double letter_width(std::size_t longest) {
  return longest > small_from ? small_letter_width : letter_width_usual;
}

std::string font_for(std::size_t longest) {
  return longest > small_from ? " font ',12'" : "";
}

std::string key_text(const LegendWidth& width, int height, const std::string& title) {
  const double start = legend_start(width);
  return fmt::format(
      "set rmargin at screen {:.4f}\n"
      "set key at screen {:.4f}, screen {:.4f} left top vertical maxcols 1 Left reverse samplen 2 "
      "spacing 1.3{}{}\n",
      start, start + legend_gap, 1 - (heading_height / height), font_for(width.names),
      title.empty() ? "" : fmt::format(" title {} left", quoted(shortened(title, letters_most))));
}

std::string chart_script(const Chart& chart) {
  const int height = chart_height(chart);
  return frame(chart, height) +
         std::visit([&](const auto& body) { return script_of(body, height); }, chart.body);
}

int chart_height(const Chart& chart) {
  return std::visit([](const auto& body) { return height_of(body); }, chart.body);
}

}  // namespace cli
