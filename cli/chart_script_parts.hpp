#pragma once
// What scripts of charts are made of. Lengths are in points of a picture 1000 wide.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/chart.hpp"

namespace cli {

/// Colour and marks, as gnuplot numbers them.
struct ChartLook {
  std::string_view colour;
  int mark;    // filled
  int hollow;  // the same, hollow
};
[[nodiscard]] ChartLook chart_look(std::size_t number);
inline constexpr std::size_t colours_count = 7;  // then they come again, with other marks

/// A number as gnuplot reads it. Requires a finite one.
[[nodiscard]] std::string number_text(double value);

/// "set xtics ('a' 1, 'b' 2)". A name longer than `longest` is shortened.
[[nodiscard]] std::string ticks_text(std::string_view axis, const std::vector<Tick>& ticks,
                                     std::size_t longest);

/// How wide the left margin has to be, as a share of the width, so that the first of these names,
/// standing aslant, does not begin left of the picture. 0 if they do not.
[[nodiscard]] double slant_margin(const std::vector<Tick>& ticks, std::size_t longest);

/// Are these names so long, or so many, that they have to stand aslant below an axis?
[[nodiscard]] bool are_crowded(const std::vector<Tick>& ticks);

/// Letters of the longest lines of a legend; the list below it has small ones.
struct LegendWidth {
  std::size_t title = 0;
  std::size_t names = 0;
  std::size_t list = 0;
};

/// Where such a legend begins, as a share of the width of the picture.
[[nodiscard]] double legend_start(const LegendWidth& width);

/// "set key" for such a legend, below the headings of a picture of that height.
[[nodiscard]] std::string key_text(const LegendWidth& width, int height, const std::string& title);

// Names that are long have small letters.
inline constexpr std::size_t small_from = 32;
inline constexpr std::size_t letters_most = 64;  // of a name in a legend, or at a bar
inline constexpr double letter_width_usual = 0.0087;
inline constexpr double small_letter_width = 0.0066;

/// Of names the longest of which has so many letters: as a share of the width of the picture.
[[nodiscard]] double letter_width(std::size_t longest);

/// " font ',12'", or nothing for the usual one.
[[nodiscard]] std::string font_for(std::size_t longest);

inline constexpr double legend_gap = 0.015;  // between a picture and its legend
inline constexpr double heading_height = 80;
inline constexpr double legend_line = 25;

[[nodiscard]] std::string script_of(const Curves& curves, int height);
[[nodiscard]] std::string script_of(const StackedBars& bars, int height);
[[nodiscard]] std::string script_of(const Tornado& tornado, int height);
[[nodiscard]] std::string script_of(const Heatmap& heatmap, int height);

[[nodiscard]] int height_of(const Curves& curves);
[[nodiscard]] int height_of(const StackedBars& bars);
[[nodiscard]] int height_of(const Tornado& tornado);
[[nodiscard]] int height_of(const Heatmap& heatmap);

}  // namespace cli
