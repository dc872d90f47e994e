#include "cli/plot_script.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/gnuplot_text.hpp"
#include "sim/contract.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

/// Colour, and mark as gnuplot numbers them: 5 square, 7 circle, 9 and 11 triangles, 13 diamond, 15
/// pentagon; the even number before is the same mark, hollow.
struct Look {
  std::string_view algorithm;
  std::string_view colour;
  int mark = 0;
};

// Those that are often drawn together are furthest apart.
constexpr std::array looks{
    Look{"ring", "#0072b2", 7},
    Look{"ring2d", "#56b4e9", 5},
    Look{"double-binary-tree", "#e69f00", 9},
    Look{"halving-doubling", "#009e73", 13},
    Look{"multitree", "#d55e00", 15},
    Look{"hierarchical", "#cc79a7", 11},
    Look{"bidirectional-ring", "#332288", 6},
    Look{"hdrm", "#117733", 12},
    Look{"direct", "#882255", 4},
    Look{"two-shot", "#999933", 8},
    Look{"star", "#666666", 10},
    Look{"pairwise", "#0072b2", 6},
    Look{"binomial", "#e69f00", 8},
    Look{"halving", "#009e73", 12},
    Look{"doubling", "#009e73", 4},
};

/// The looks of algorithms that stand in one figure. One that the table does not know gets a look
/// by its name alone, or, if that is taken, the next free one.
std::vector<Look> looks_of(const std::vector<std::string>& algorithms) {
  std::vector<Look> out(algorithms.size());
  std::vector<bool> taken(looks.size(), false);
  const auto take = [&](std::size_t i, std::size_t look) {
    out[i] = looks.at(look);
    out[i].algorithm = algorithms[i];
    taken[look] = true;
  };
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    const auto* const known = std::ranges::find(looks, algorithms[i], &Look::algorithm);
    if (known != looks.end()) {
      take(i, static_cast<std::size_t>(known - looks.begin()));
    }
  }
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    if (!out[i].algorithm.empty()) {
      continue;
    }
    std::uint32_t hash = 2166136261U;  // FNV-1a, the same on every machine
    for (const char letter : algorithms[i]) {
      hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
    }
    std::size_t look = hash % looks.size();
    for (std::size_t tries = 0; taken[look] && tries < looks.size(); ++tries) {
      look = (look + 1) % looks.size();
    }
    take(i, look);
  }
  return out;
}

Look look_of(const std::vector<Look>& all, std::string_view algorithm) {
  return *std::ranges::find(all, algorithm, &Look::algorithm);
}

constexpr std::string_view bound_colour = "#333333";

/// What a figure shows of a row.
struct Figure {
  std::string_view quantity;  // "bus bandwidth"
  std::string_view bound;     // what the dashed line is called
  std::string_view unit;
  double (*value)(const Row& row);
  double (*bound_value)(const Row& row);
};

constexpr Figure busbw_figure{
    "bus bandwidth", "upper bound", "B/s", [](const Row& row) { return row.busbw_Bps; },
    // The bus bandwidth of a run that takes no longer than the bound.
    [](const Row& row) {
      return row.lower_bound_s > 0 ? row.busbw_Bps * row.time_s / row.lower_bound_s : 0;
    }};

constexpr Figure speedup_figure{"speedup", "", "x", [](const Row& row) { return row.speedup; },
                                [](const Row&) { return 0.0; }};

constexpr Figure time_figure{"time", "lower bound", "s", [](const Row& row) { return row.time_s; },
                             [](const Row& row) { return row.lower_bound_s; }};

double finite(double value) {
  sim::require(std::isfinite(value), "a plot: finite numbers");
  return value;
}

/// The sizes that have a place on a logarithmic axis, ascending, each once.
std::vector<sim::Bytes> sizes_of(const Comparison& comparison) {
  std::vector<sim::Bytes> sizes;
  for (const Row& row : comparison.rows) {
    if (row.bytes > sim::Bytes{0}) {
      sizes.push_back(row.bytes);
    }
  }
  std::ranges::sort(sizes);
  sizes.erase(std::ranges::unique(sizes).begin(), sizes.end());
  return sizes;
}

std::vector<std::string> algorithms_of(const Comparison& comparison) {
  std::vector<std::string> names;
  for (const Row& row : comparison.rows) {
    if (std::ranges::find(names, row.algorithm) == names.end()) {
      names.push_back(row.algorithm);
    }
  }
  return names;
}

/// "'32 KiB' 32768, '' 65536, ...": a mark at every size, a label where there is room, the largest
/// size first served.
std::string size_marks(const std::vector<sim::Bytes>& sizes) {
  constexpr double labels_max = 9;
  const auto place = [](sim::Bytes size) { return std::log2(static_cast<double>(size.count())); };
  const double gap = (place(sizes.back()) - place(sizes.front())) / labels_max;
  std::vector<std::string> marks;
  double next_label = place(sizes.back());
  for (const sim::Bytes size : std::views::reverse(sizes)) {
    const bool has_room = place(size) <= next_label;
    marks.push_back(
        fmt::format("{} {}", quoted(has_room ? sim::to_text(size) : std::string{}), size.count()));
    if (has_room) {
      next_label = place(size) - gap;
    }
  }
  std::ranges::reverse(marks);
  return fmt::format("{}", fmt::join(marks, ", "));
}

/// The decimal prefix that suits the largest value of a linear axis.
struct Scale {
  double factor;
  std::string_view prefix;
};

Scale scale_for(const Comparison& comparison, const Figure& figure) {
  double most = 0;
  for (const Row& row : comparison.rows) {
    most = std::max({most, figure.value(row), figure.bound_value(row)});
  }
  constexpr std::array scales{Scale{1e12, "T"}, Scale{1e9, "G"},  Scale{1e6, "M"},
                              Scale{1e3, "k"},  Scale{1, ""},     Scale{1e-3, "m"},
                              Scale{1e-6, "u"}, Scale{1e-9, "n"}, Scale{1e-12, "p"}};
  // Network people say 1800 GB/s, not 1.8 TB/s; nobody says 4000 s, but 0.9 s and 300 ms are fine.
  const auto* const first = figure.unit == "B/s" ? scales.begin() + 1 : scales.begin() + 4;
  const auto* const fits = std::find_if(
      first, scales.end(), [most](const Scale& scale) { return most >= scale.factor; });
  return fits == scales.end() ? *first : *fits;
}

/// A long path keeps its end, where the name is.
std::string shortened(const std::string& name) {
  constexpr std::size_t longest = 64;
  return name.size() <= longest ? name : "..." + name.substr(name.size() - longest + 3);
}

/// Everything but the data and the axes. The headings are centred on the picture, not on the axes:
/// the legend takes its share of the width.
std::string frame(const Comparison& comparison, const Figure& figure, std::string_view size) {
  const std::string heading =
      fmt::format("{} of {} on {}{}", figure.quantity, comparison.collective,
                  shortened(comparison.topology), size);
  const std::string details =
      fmt::format("{}, {} ranks, {} network, {} routing", comparison.summary, comparison.ranks,
                  comparison.network, comparison.routing);
  return fmt::format(
      "# gnuplot -e \"set terminal pngcairo size 1000,560; set output 'figure.png'\" THIS_FILE\n"
      "# scenario {}, seed {}, profile {} ({})\n"
      "set encoding utf8\n"
      "set termoption noenhanced\n"
      "set label 101 {} at screen 0.5, screen 0.955 center\n"
      "set label 102 {} at screen 0.5, screen 0.905 center font ',12' textcolor rgb '#555555'\n"
      "set tmargin at screen 0.82\n"
      "set border 3 linecolor rgb '#555555'\n"
      "set tics nomirror textcolor rgb '#222222'\n"
      "set grid linecolor rgb '#dddddd' linewidth 1\n",
      quoted(comparison.scenario_hash), comparison.seed, quoted(comparison.profile),
      quoted(comparison.provenance), quoted(heading), quoted(details));
}

/// "size value" lines as the gnuplot variable `name`.
template <class Value>
std::string data_block(std::string_view name, const std::vector<const Row*>& rows, Value value) {
  std::string out = fmt::format("{} << END\n", name);
  for (const Row* row : rows) {
    out += fmt::format("{} {}\n", row->bytes.count(), finite(value(*row)));
  }
  return out + "END\n";
}

/// The rows that have a place on the axes.
template <class Keep>
std::vector<const Row*> rows_where(const Comparison& comparison, Keep keep) {
  std::vector<const Row*> rows;
  for (const Row& row : comparison.rows) {
    if (row.bytes > sim::Bytes{0} && keep(row)) {
      rows.push_back(&row);
    }
  }
  std::ranges::stable_sort(rows, {}, &Row::bytes);
  return rows;
}

/// Lines over sizes. `scale` divides the values.
std::string curves(const Comparison& comparison, const Figure& figure, double scale) {
  std::string data;
  std::vector<std::string> plots;
  const auto value = [&](const Row& row) { return figure.value(row) / scale; };
  const auto bound = [&](const Row& row) { return figure.bound_value(row) / scale; };
  std::vector<const Row*> bounded =
      rows_where(comparison, [&](const Row& row) { return bound(row) > 0; });
  // Rows under different conditions have bounds of their own; the loosest holds for all.
  std::ranges::stable_sort(
      bounded, {}, [](const Row* row) { return std::pair{row->bytes, row->lower_bound_s}; });
  const auto [repeated, end] = std::ranges::unique(bounded, {}, &Row::bytes);
  bounded.erase(repeated, end);
  if (!bounded.empty()) {
    data += data_block("$bound", bounded, bound);
    plots.push_back(
        fmt::format("$bound with lines linewidth 2 dashtype (8,5) linecolor rgb '{}' title '{}'",
                    bound_colour, figure.bound));
  }
  const std::vector<std::string> algorithms = algorithms_of(comparison);
  const std::vector<Look> all_looks = looks_of(algorithms);
  for (const std::string& algorithm : algorithms) {
    const Look look = look_of(all_looks, algorithm);
    const std::string name = fmt::format("$algorithm{}", plots.size());
    const auto rows = rows_where(
        comparison, [&](const Row& row) { return row.algorithm == algorithm && value(row) > 0; });
    if (!rows.empty()) {
      data += data_block(name, rows, value);
      plots.push_back(
          fmt::format("{} with linespoints linewidth 2.5 pointsize 1.1 pointtype {} "
                      "linecolor rgb '{}' title {}",
                      name, look.mark, look.colour, quoted(algorithm)));
    }
  }
  if (plots.empty()) {
    return "set yrange [0:1]\nplot [1:2] NaN notitle\n";  // one rank, or nothing to move
  }
  return fmt::format("{}plot {}\n", data, fmt::join(plots, ", \\\n     "));
}

/// One bar per row, named at its left, and the bound as a line across.
std::string bars(const Comparison& comparison, const Figure& figure) {
  const Scale scale = scale_for(comparison, figure);
  const std::size_t count = comparison.rows.size();
  std::string out = frame(comparison, figure, ", " + sim::to_text(comparison.rows.front().bytes));
  std::string names;
  std::string data = "$bars << END\n";
  double bound = 0;
  double most = 0;
  const std::vector<std::string> algorithms = algorithms_of(comparison);
  const std::vector<Look> all_looks = looks_of(algorithms);
  for (std::size_t i = 0; i < count; ++i) {
    const Row& row = comparison.rows[i];
    const double value = finite(figure.value(row)) / scale.factor;
    bound = std::max(bound, finite(figure.bound_value(row)) / scale.factor);
    most = std::max({most, value, bound});
    names += fmt::format("{}{} {}", i == 0 ? "" : ", ", quoted(row.algorithm), i);
    data += fmt::format("{} {} 0x{} \"{}\"\n", i, value,
                        look_of(all_looks, row.algorithm).colour.substr(1),
                        sim::to_text_si(figure.value(row), figure.unit));
  }
  constexpr double beyond = 1.03;
  constexpr double room = 1.2;  // for the numbers, in a column beyond the bars and the bound
  out += fmt::format(
      "set xlabel '{} ({}{})'\nset xrange [0:{}]\nset yrange [{}:-0.7]\nset ytics ({}) scale 0\n"
      "set grid noytics\nset key off\nset rmargin 3\ncolumn_x = {}\n{}END\n",
      figure.quantity, scale.prefix, figure.unit, most > 0 ? most * room : 1,
      static_cast<double>(count) - 0.3, names, most * beyond, data);
  if (bound > 0) {
    out += fmt::format(
        "set arrow 1 from {0}, graph 0 to {0}, graph 1 nohead front linewidth 2 dashtype (8,5) "
        "linecolor rgb '{1}'\n"
        "set label 1 '{2}' at {0}, graph 1 center offset 0,0.6 textcolor rgb '{1}'\n",
        bound, bound_colour, figure.bound);
  }
  return out +
         "plot $bars using 2:1:(0):2:($1-0.33):($1+0.33):3 with boxxyerror fillstyle solid 0.9 "
         "noborder linecolor rgb variable, \\\n"
         "     $bars using (column_x):1:4 with labels left\n";
}

std::string size_axis(const std::vector<sim::Bytes>& sizes) {
  constexpr double beside = 1.2;  // room at both ends
  return fmt::format(
      "set xlabel 'size'\nset logscale x 2\nset xrange [{}:{}]\nset xtics ({})\n"
      "set key outside right center vertical maxcols 1 Left reverse samplen 2.5 spacing 1.3\n",
      static_cast<double>(sizes.front().count()) / beside,
      static_cast<double>(sizes.back().count()) * beside, size_marks(sizes));
}

}  // namespace

std::string busbw_script(const Comparison& comparison) {
  sim::require(!comparison.rows.empty(), "busbw_script: rows");
  const std::vector<sim::Bytes> sizes = sizes_of(comparison);
  if (sizes.size() < 2) {
    return bars(comparison, busbw_figure);
  }
  const Scale scale = scale_for(comparison, busbw_figure);
  return frame(comparison, busbw_figure, "") + size_axis(sizes) +
         fmt::format("set ylabel 'bus bandwidth ({}B/s)'\nset yrange [0:*]\n", scale.prefix) +
         curves(comparison, busbw_figure, scale.factor);
}

std::string speedup_script(const Comparison& comparison) {
  sim::require(!comparison.rows.empty(), "speedup_script: rows");
  const std::vector<sim::Bytes> sizes = sizes_of(comparison);
  if (sizes.size() < 2) {
    return bars(comparison, speedup_figure);
  }
  return frame(comparison, speedup_figure, "") + size_axis(sizes) +
         fmt::format("set ylabel {}\nset yrange [0:*]\n",
                     quoted("speedup over " + comparison.rows.front().algorithm)) +
         curves(comparison, speedup_figure, 1);
}

std::string time_script(const Comparison& comparison) {
  sim::require(!comparison.rows.empty(), "time_script: rows");
  const std::vector<sim::Bytes> sizes = sizes_of(comparison);
  if (sizes.size() < 2) {
    return bars(comparison, time_figure);
  }
  // gnuplot writes the units itself: 10 us, 100 us, 1 ms.
  return frame(comparison, time_figure, "") + size_axis(sizes) +
         "set ylabel 'time'\nset logscale y 10\nset format y '%.0s %cs'\n" +
         curves(comparison, time_figure, 1);
}

}  // namespace cli
