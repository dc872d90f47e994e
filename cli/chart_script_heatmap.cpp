// Fields of a grid in colours.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_axes.hpp"
#include "cli/chart_script_parts.hpp"
#include "cli/gnuplot_text.hpp"

namespace cli {
namespace {

// Viridis, by van der Walt and Smith (2015): as light as it is large, for any colour vision.
constexpr std::string_view palette =
    "set palette defined (0 '#440154', 1 '#472c7a', 2 '#3b518b', 3 '#2c718e', 4 '#21908d', "
    "5 '#27ad81', 6 '#5cc863', 7 '#aadc32', 8 '#fde725')\n";

constexpr std::size_t tick_most = 28;  // letters of the name of a column or a row

std::vector<Tick> ticks_of(const std::vector<std::string>& names) {
  std::vector<Tick> ticks;
  for (const std::string& name : names) {
    ticks.push_back({static_cast<double>(ticks.size()), name});
  }
  return ticks;
}

Extent colours_of(const Heatmap& heatmap) {
  Extent extent;
  for (const Heatmap::Field& field : heatmap.fields) {
    if (field.mark == Mark::filled) {
      extent.add(field.value);
    }
  }
  if (extent.is_empty()) {
    return {1, 2};
  }
  constexpr double beside = 1.01;  // gnuplot wants two ends
  return extent.least < extent.most
             ? extent
             : Extent{extent.least, extent.most > 0 ? extent.most * beside : extent.most + 1};
}

/// How light a field is, from 0 to 1.
double lightness(const Heatmap& heatmap, const Extent& extent, double value) {
  if (heatmap.spacing == Spacing::logarithmic) {
    return std::log(value / extent.least) / std::log(extent.most / extent.least);
  }
  return (value - extent.least) / (extent.most - extent.least);
}

/// The fields, and what is written on them in dark and in light letters.
struct Blocks {
  std::string fields{};
  std::string grey{};
  std::string dark{};
  std::string light{};
};

/// Are the numbers of fields written on them?
enum class Texts : std::uint8_t { written, left_out };

Blocks blocks_of(const Heatmap& heatmap, const Extent& extent) {
  // From where dark letters have more contrast than light ones, on the way from dark to light.
  constexpr double middle = 0.47;
  Blocks blocks;
  for (const Heatmap::Field& field : heatmap.fields) {
    const bool is_grey = field.mark == Mark::hollow;
    const std::string place = fmt::format("{} {}", field.x, field.y);
    const std::string text = fmt::format("{} \"{}\"\n", place, field.text);
    (is_grey ? blocks.grey : blocks.fields) +=
        fmt::format("{} {}\n", place, number_text(field.value));
    const bool is_light = is_grey || lightness(heatmap, extent, field.value) > middle;
    (is_light ? blocks.dark : blocks.light) += text;
  }
  return blocks;
}

/// For the names of rows, and of the first column.
double left_margin(const Heatmap& heatmap) {
  std::size_t longest = 0;
  for (const std::string& name : heatmap.y) {
    longest = std::max(longest, std::min(name.size(), tick_most));
  }
  constexpr double label = 0.04;
  return std::max(label + (letter_width_usual * static_cast<double>(longest)),
                  slant_margin(ticks_of(heatmap.x), tick_most));
}

std::string axes_text(const Heatmap& heatmap) {
  const std::vector<Tick> x = ticks_of(heatmap.x);
  return fmt::format(
             "set xlabel {}\nset ylabel {}\nset cblabel {} offset 1.5,0\n"
             "set xrange [-0.5:{}]\nset yrange [-0.5:{}]\n",
             quoted(heatmap.x_label), quoted(heatmap.y_label), quoted(heatmap.colour_label),
             static_cast<double>(heatmap.x.size()) - 0.5,
             static_cast<double>(heatmap.y.size()) - 0.5) +
         ticks_text("x", x, tick_most) + ticks_text("y", ticks_of(heatmap.y), tick_most) +
         (are_crowded(x) ? "set xtics rotate by 25 right\n" : "") +
         fmt::format("set lmargin at screen {:.4f}\n", left_margin(heatmap)) +
         "set tics scale 0\nunset grid\n";
}

constexpr std::string_view field = "using 1:2:($1-0.48):($1+0.48):($2-0.47):($2+0.47)";

/// A block of data, and how it is plotted.
struct Layer {
  std::string_view name;
  std::string_view lines;
  std::string how;
};

std::string fields_text(const Blocks& blocks, Texts texts) {
  std::vector<Layer> layers{
      {"fields", blocks.fields,
       fmt::format("{}:3 with boxxyerror fillstyle solid noborder linecolor palette", field)},
      {"grey", blocks.grey,
       fmt::format("{} with boxxyerror fillstyle solid noborder linecolor rgb '#dddddd'", field)}};
  if (texts == Texts::written) {
    constexpr std::string_view labels = "using 1:2:3 with labels font ',12' textcolor rgb";
    layers.push_back({"dark", blocks.dark, fmt::format("{} '#222222'", labels)});
    layers.push_back({"light", blocks.light, fmt::format("{} '#ffffff'", labels)});
  }
  std::string data;
  std::vector<std::string> plots;
  for (const Layer& layer : layers) {
    if (!layer.lines.empty()) {
      data += fmt::format("${} << END\n{}END\n", layer.name, layer.lines);
      plots.push_back(fmt::format("${} {}", layer.name, layer.how));
    }
  }
  return fmt::format("{}plot {}\n", data, fmt::join(plots, ", \\\n     "));
}

/// What the names of columns take below the fields.
double below_height(const Heatmap& heatmap) {
  constexpr double usual = 66;
  constexpr double letter = 4.2;  // of a name that stands aslant, downwards
  std::size_t longest = 0;
  for (const std::string& name : heatmap.x) {
    longest = std::max(longest, std::min(name.size(), tick_most));
  }
  return are_crowded(ticks_of(heatmap.x)) ? usual + (letter * static_cast<double>(longest)) : usual;
}

}  // namespace

int height_of(const Heatmap& heatmap) {
  constexpr double around = 150;
  constexpr double row = 44;
  constexpr double least = 440;
  constexpr double most = 1400;
  return static_cast<int>(
      std::clamp(around + (row * static_cast<double>(heatmap.y.size())), least, most));
}

std::string script_of(const Heatmap& heatmap, int height) {
  const Extent extent = colours_of(heatmap);
  const Blocks blocks = blocks_of(heatmap, extent);
  const double top = 1 - (heading_height / height);
  const double bottom = below_height(heatmap) / height;
  std::string out = fmt::format(
      "set tmargin at screen {0:.4f}\nset bmargin at screen {1:.4f}\n"
      "set rmargin at screen 0.85\nset key off\n{2}set cbrange [{3}:{4}]\n"
      "set colorbox vertical user origin screen 0.87, screen {1:.4f} size screen 0.022, screen "
      "{5:.4f}\n",
      top, bottom, palette, number_text(extent.least), number_text(extent.most), top - bottom);
  out += heatmap.spacing == Spacing::logarithmic ? "set logscale cb 10\n" : "";
  constexpr std::size_t columns_most = 16;  // beyond them no text fits a field
  const bool has_room = heatmap.x.size() <= columns_most;
  return out + axes_text(heatmap) +
         fields_text(blocks, has_room ? Texts::written : Texts::left_out);
}

}  // namespace cli
