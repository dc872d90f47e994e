// Bars from left to right: stacked ones, and those of a tornado.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_script_parts.hpp"
#include "cli/gnuplot_text.hpp"

namespace cli {
namespace {

constexpr double bar_height = 26;
constexpr double axis_height = 80;

struct PartColour {
  std::string_view name;
  std::string_view colour;
};

// What is alike has like colours: blues for the work of GPUs, greys for waiting for nothing. Okabe
// and Ito (2008), and Tol (2021) where those are too few.
constexpr std::array part_colours{
    PartColour{"compute", "#0072b2"},   PartColour{"recompute", "#56b4e9"},
    PartColour{"optimiser", "#009e73"}, PartColour{"TP", "#d55e00"},
    PartColour{"CP", "#882255"},        PartColour{"EP", "#f0e442"},
    PartColour{"DP", "#cc79a7"},        PartColour{"PP", "#e69f00"},
    PartColour{"launch", "#666666"},    PartColour{"idle", "#cccccc"},
};

std::string_view colour_of(std::string_view part, std::size_t number) {
  const auto* const known = std::ranges::find(part_colours, part, &PartColour::name);
  return known == part_colours.end() ? chart_look(number).colour : known->colour;
}

/// The first bar on top; names at the left.
template <class Bar>
std::string rows_text(const std::vector<Bar>& bars) {
  std::vector<Tick> ticks;
  std::size_t longest = 0;
  for (const Bar& bar : bars) {
    ticks.push_back({static_cast<double>(ticks.size()), bar.name});
    longest = std::max(longest, std::min(bar.name.size(), letters_most));
  }
  constexpr double beside = 0.03;
  return fmt::format(
      "set lmargin at screen {:.4f}\n{}set ytics scale 0{}\nset grid noytics\nset yrange "
      "[{}:-0.7]\n",
      beside + (letter_width(longest) * static_cast<double>(longest)),
      ticks_text("y", ticks, letters_most), font_for(longest),
      static_cast<double>(bars.size()) - 0.3);
}

double total_of(const StackedBars::Bar& bar) {
  double sum = 0;
  for (const double part : bar.parts) {
    sum += part;
  }
  return sum;
}

/// Of one part of all bars: which bar, from where to where.
std::string part_block(const StackedBars& bars, std::size_t part) {
  std::string out = fmt::format("$part{} << END\n", part);
  for (std::size_t i = 0; i < bars.bars.size(); ++i) {
    double before = 0;
    for (std::size_t j = 0; j < part; ++j) {
      before += bars.bars[i].parts[j];
    }
    out += fmt::format("{} {} {}\n", i, number_text(before),
                       number_text(before + bars.bars[i].parts[part]));
  }
  return out + "END\n";
}

/// A box from the second to the third column, at the first.
constexpr std::string_view box =
    "using 2:1:2:3:($1-0.36):($1+0.36) with boxxyerror fillstyle solid";

}  // namespace

int height_of(const StackedBars& bars) {
  const double rows = bar_height * static_cast<double>(bars.bars.size());
  const double legend = legend_line * static_cast<double>(bars.parts.size());
  constexpr double least = 120;
  return static_cast<int>(heading_height + axis_height + std::max({rows, legend, least}));
}

std::string script_of(const StackedBars& bars, int height) {
  std::size_t longest = 0;
  for (const std::string& part : bars.parts) {
    longest = std::max(longest, part.size());
  }
  double most = 0;
  for (const StackedBars::Bar& bar : bars.bars) {
    most = std::max(most, total_of(bar));
  }
  constexpr double room = 1.14;  // for the totals
  std::string out = key_text({.names = longest}, height, "") +
                    fmt::format("set tmargin at screen {:.4f}\nset xlabel {}\nset xrange [0:{}]\n",
                                1 - (heading_height / height), quoted(bars.label),
                                number_text(most > 0 ? most * room : 1)) +
                    rows_text(bars.bars);
  std::vector<std::string> plots;
  for (std::size_t part = 0; part < bars.parts.size(); ++part) {
    out += part_block(bars, part);
    plots.push_back(
        fmt::format("$part{} {} border linecolor rgb '#ffffff' fillcolor rgb '{}' title {}", part,
                    box, colour_of(bars.parts[part], part), quoted(bars.parts[part])));
  }
  out += "$totals << END\n";
  for (std::size_t i = 0; i < bars.bars.size(); ++i) {
    out +=
        fmt::format("{} {} \"{}\"\n", i, number_text(total_of(bars.bars[i])), bars.bars[i].total);
  }
  plots.emplace_back("$totals using 2:1:3 with labels left offset 0.6,0 font ',12' notitle");
  return out + fmt::format("END\nplot {}\n", fmt::join(plots, ", \\\n     "));
}

int height_of(const Tornado& tornado) {
  constexpr double wide = 44;
  constexpr double base = 30;
  constexpr double least = 160;
  return static_cast<int>(heading_height + axis_height + base +
                          std::max(wide * static_cast<double>(tornado.bars.size()), least));
}

std::string script_of(const Tornado& tornado, int height) {
  double least = tornado.base;
  double most = tornado.base;
  std::size_t longest = 0;
  for (const Tornado::Bar& bar : tornado.bars) {
    least = std::min(least, bar.least);
    most = std::max(most, bar.most);
    longest = std::max({longest, std::min(bar.least_text.size(), letters_most),
                        std::min(bar.most_text.size(), letters_most)});
  }
  constexpr double letter = 0.018;
  constexpr double gap = 0.04;
  const double span = most > least ? most - least : 1;
  const double room = span * (gap + (letter * static_cast<double>(longest)));
  constexpr double base_room = 30;
  std::string out = fmt::format(
                        "set tmargin at screen {:.4f}\nset rmargin at screen 0.97\nset key off\n"
                        "set xlabel {}\nset xrange [{}:{}]\n",
                        1 - ((heading_height + base_room) / height), quoted(tornado.label),
                        number_text(least - room), number_text(most + room)) +
                    rows_text(tornado.bars);
  std::string below = "$below << END\n";
  std::string above = "$above << END\n";
  for (std::size_t i = 0; i < tornado.bars.size(); ++i) {
    const Tornado::Bar& bar = tornado.bars[i];
    below += fmt::format("{} {} {}\n", i, number_text(bar.least), number_text(tornado.base));
    above += fmt::format("{} {} {}\n", i, number_text(tornado.base), number_text(bar.most));
    out += fmt::format(
        "set label {} {} at {}, {} right offset -0.6,0 front font ',12'\n"
        "set label {} {} at {}, {} left offset 0.6,0 front font ',12'\n",
        200 + (2 * i), quoted(shortened(bar.least_text, letters_most)), number_text(bar.least), i,
        201 + (2 * i), quoted(shortened(bar.most_text, letters_most)), number_text(bar.most), i);
  }
  return out + below + "END\n" + above + "END\n" +
         fmt::format(
             "set arrow 1 from {0}, graph 0 to {0}, graph 1 nohead front linewidth 1.5 linecolor "
             "rgb '#333333'\n"
             "set label 103 {1} at {0}, graph 1 center offset 0,0.7 font ',12'\n"
             "plot $below {2} noborder fillcolor rgb '{3}' notitle, \\\n"
             "     $above {2} noborder fillcolor rgb '{4}' notitle\n",
             number_text(tornado.base), quoted("base: " + tornado.base_text), box,
             chart_look(0).colour, chart_look(1).colour);
}

}  // namespace cli
