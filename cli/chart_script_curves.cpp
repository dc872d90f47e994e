// Lines and marks, in one panel or several.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_script.hpp"
#include "cli/chart_script_parts.hpp"
#include "cli/gnuplot_text.hpp"

namespace cli {
namespace {

constexpr double list_line = 19;
constexpr double axis_height = 62;     // the names of the marks, and of the axis
constexpr std::size_t tick_most = 24;  // letters of the name of a mark

std::vector<std::string> names_of(const Curves& curves) {
  std::vector<std::string> names;
  for (const Panel& panel : curves.panels) {
    for (const Series& series : panel.series) {
      if (!series.name.empty()) {
        names.push_back(shortened(series.name, letters_most));
      }
    }
  }
  return names;
}

LegendWidth width_of(const Curves& curves) {
  LegendWidth width;
  for (const std::string& name : names_of(curves)) {
    width.names = std::max(width.names, name.size());
  }
  width.title = width.names == 0 ? 0 : std::min(curves.legend.size(), letters_most);
  for (const std::string& line : curves.list) {
    width.list = std::max(width.list, shortened(line, letters_most).size());
  }
  return width;
}

double legend_height(const Curves& curves) {
  const double lines =
      static_cast<double>(names_of(curves).size()) + (curves.legend.empty() ? 0 : 1);
  return lines * legend_line;
}

std::string axis_text(std::string_view name, const ChartAxis& axis) {
  std::string out =
      fmt::format("set {0}label {1}\nset {0}range [{2}:{3}]\n", name, quoted(axis.label),
                  number_text(axis.least), number_text(axis.most));
  out += axis.spacing == Spacing::logarithmic ? fmt::format("set logscale {} 10\n", name)
                                              : fmt::format("unset logscale {}\n", name);
  return out + (axis.ticks.empty() ? fmt::format("set {}tics autofreq\n", name)
                                   : ticks_text(name, axis.ticks, tick_most));
}

std::string block(const std::string& name, const std::vector<ChartPoint>& points) {
  std::string out = fmt::format("{} << END\n", name);
  for (const ChartPoint& point : points) {
    out += fmt::format("{} {} {} {}\n", number_text(point.x), number_text(point.y),
                       number_text(point.least), number_text(point.most));
  }
  return out + "END\n";
}

std::vector<ChartPoint> marked(const Series& series, Mark mark) {
  std::vector<ChartPoint> out;
  std::ranges::copy_if(series.points, std::back_inserter(out),
                       [&](const ChartPoint& point) { return point.mark == mark; });
  return out;
}

/// The data and the parts of "plot" of a panel.
struct Drawing {
  std::string data{};
  std::vector<std::string> plots{};
};

/// Where colours come again, lines are dotted.
std::string dash_of(const Series& series) {
  if (series.stroke == Stroke::dashed) {
    return "dashtype (8,5)";
  }
  return series.look >= colours_count && series.look != bound_look ? "dashtype (3,2)"
                                                                   : "dashtype solid";
}

void add_line(const Series& series, const std::string& name, Drawing& drawing) {
  const ChartLook look = chart_look(series.look);
  drawing.data += block(name, series.points);
  drawing.plots.push_back(
      fmt::format("{} using 1:2 with lines linewidth {} {} linecolor rgb '{}' notitle", name,
                  series.stroke == Stroke::dashed ? "1.5" : "2.5", dash_of(series), look.colour));
}

void add_spread(const Series& series, const std::string& name, Drawing& drawing) {
  std::vector<ChartPoint> spread;
  std::ranges::copy_if(series.points, std::back_inserter(spread),
                       [](const ChartPoint& point) { return point.least < point.most; });
  if (!spread.empty()) {
    drawing.data += block(name, spread);
    drawing.plots.push_back(
        fmt::format("{} using 1:2:3:4 with yerrorbars pointtype 0 linewidth 1.5 linecolor rgb '{}' "
                    "notitle",
                    name, chart_look(series.look).colour));
  }
}

void add_marks(const Series& series, const std::string& name, Drawing& drawing) {
  const ChartLook look = chart_look(series.look);
  const auto draw = [&](const std::string& points, int mark, std::string_view colour) {
    drawing.plots.push_back(
        fmt::format("{} using 1:2 with points pointtype {} pointsize 0.9 linewidth 1.5 linecolor "
                    "rgb '{}' notitle",
                    points, mark, colour));
  };
  if (const auto filled = marked(series, Mark::filled); !filled.empty()) {
    drawing.data += block(name + "f", filled);
    draw(name + "f", look.mark, look.colour);
  }
  if (const auto hollow = marked(series, Mark::hollow); !hollow.empty()) {
    drawing.data += block(name + "h", hollow);
    draw(name + "h", look.mark, "#ffffff");
    draw(name + "h", look.hollow, look.colour);
  }
}

std::string key_of(const Series& series) {
  const ChartLook look = chart_look(series.look);
  const std::string_view with_line = series.has_marks ? "linespoints" : "lines";
  const std::string_view style = series.stroke == Stroke::none ? "points" : with_line;
  const std::string mark =
      series.has_marks ? fmt::format(" pointtype {} pointsize 0.9", look.mark) : "";
  return fmt::format("keyentry with {} linewidth {} {}{} linecolor rgb '{}' title {}", style,
                     series.stroke == Stroke::dashed ? "1.5" : "2.5", dash_of(series), mark,
                     look.colour, quoted(shortened(series.name, letters_most)));
}

/// How far along an axis a value is, from 0 to 1.
double share_of(const ChartAxis& axis, double value) {
  return axis.spacing == Spacing::logarithmic
             ? std::log(value / axis.least) / std::log(axis.most / axis.least)
             : (value - axis.least) / (axis.most - axis.least);
}

/// Dark marks, and beside them their texts, where these do not stand on each other.
void add_labels(const Panel& panel, const std::string& name, Drawing& drawing) {
  if (panel.labels.empty()) {
    return;
  }
  std::string marks;
  std::string texts;
  double last_x = -1;
  double last_y = -1;
  for (const PointLabel& label : panel.labels) {
    const std::string place = fmt::format("{} {}", number_text(label.x), number_text(label.y));
    marks += place + "\n";
    const double x = share_of(panel.x, label.x);
    const double y = share_of(panel.y, label.y);
    constexpr double beside = 0.035;
    constexpr double above = 0.04;
    if (std::abs(x - last_x) > beside || std::abs(y - last_y) > above) {
      texts += fmt::format("{} \"{}\"\n", place, label.text);
      last_x = x;
      last_y = y;
    }
  }
  drawing.data += fmt::format("{0}m << END\n{1}END\n{0}t << END\n{2}END\n", name, marks, texts);
  drawing.plots.push_back(fmt::format(
      "{}m using 1:2 with points pointtype 7 pointsize 1.1 linecolor rgb '#333333' notitle", name));
  drawing.plots.push_back(
      fmt::format("{}t using 1:2:3 with labels center offset {},{} font ',12' notitle", name,
                  1.1 * panel.label_right, 0.6 * panel.label_up));
}

/// What is a bound and no result comes last in the legend.
std::vector<std::string> keys_of(const Panel& panel) {
  std::vector<std::string> results;
  std::vector<std::string> bounds;
  for (const Series& series : panel.series) {
    if (!series.name.empty()) {
      (series.look == bound_look ? bounds : results).push_back(key_of(series));
    }
  }
  std::ranges::copy(bounds, std::back_inserter(results));
  return results;
}

std::string panel_text(const Panel& panel, std::size_t number) {
  Drawing drawing;
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    const Series& series = panel.series[i];
    const std::string name = fmt::format("$p{}s{}", number, i);
    if (series.stroke != Stroke::none && !series.points.empty()) {
      add_line(series, name, drawing);
    }
    add_spread(series, name + "e", drawing);
    if (series.has_marks) {
      add_marks(series, name, drawing);
    }
  }
  add_labels(panel, fmt::format("$p{}l", number), drawing);
  std::ranges::copy(keys_of(panel), std::back_inserter(drawing.plots));
  std::string out = drawing.data + axis_text("x", panel.x) + axis_text("y", panel.y);
  out += are_crowded(panel.x.ticks) ? "set xtics rotate by 25 right\n" : "set xtics norotate\n";
  return out + fmt::format("plot {}\n", fmt::join(drawing.plots, ", \\\n     "));
}

std::string list_text(const Curves& curves, double start, int height) {
  std::string out;
  constexpr double gap = 30;
  double below = heading_height + legend_height(curves) + gap;
  int number = 200;  // of gnuplot's labels
  for (const std::string& line : curves.list) {
    out += fmt::format("set label {} {} at screen {:.4f}, screen {:.4f} left font ',12'\n", number,
                       quoted(shortened(line, letters_most)), start + legend_gap,
                       1 - (below / height));
    below += list_line;
    ++number;
  }
  return out;
}

/// Panels below each other: the first has more room than those below.
std::string stacked_text(const Curves& curves, int height) {
  constexpr double first_share = 0.58;
  constexpr double between = 30;
  const double room = height - heading_height - axis_height;
  std::string out = "set lmargin at screen 0.11\nset multiplot\n";
  double top = heading_height;
  for (std::size_t i = 0; i < curves.panels.size(); ++i) {
    const double share =
        i == 0 ? first_share : (1 - first_share) / static_cast<double>(curves.panels.size() - 1);
    const double bottom = top + (room * share) - (i + 1 < curves.panels.size() ? between : 0);
    out += fmt::format("set tmargin at screen {:.4f}\nset bmargin at screen {:.4f}\n{}",
                       1 - (top / height), 1 - (bottom / height), panel_text(curves.panels[i], i));
    out += "unset label 101\nunset label 102\nunset key\n";
    top = bottom + between;
  }
  return out + "unset multiplot\n";
}

}  // namespace

int height_of(const Curves& curves) {
  constexpr int usual = 560;
  constexpr int of_two = 720;
  const double beside = heading_height + axis_height + legend_height(curves) +
                        (list_line * static_cast<double>(curves.list.size()));
  return std::max(curves.panels.size() > 1 ? of_two : usual, static_cast<int>(beside));
}

std::string script_of(const Curves& curves, int height) {
  const LegendWidth width = width_of(curves);
  std::string out = key_text(width, height, curves.legend);
  if (names_of(curves).empty()) {
    out += "unset key\n";
  }
  out += list_text(curves, legend_start(width), height);
  if (curves.panels.size() > 1) {
    return out + stacked_text(curves, height);
  }
  if (const double margin = slant_margin(curves.panels.front().x.ticks, tick_most); margin > 0) {
    out += fmt::format("set lmargin at screen {:.4f}\n", margin);
  }
  return out + fmt::format("set tmargin at screen {:.4f}\n", 1 - (heading_height / height)) +
         panel_text(curves.panels.front(), 0);
}

}  // namespace cli
