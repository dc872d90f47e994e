#pragma once
// What a picture of results shows, before anything is drawn: numbers, labels and scales.
//
// Numbers are in the units of their axes, as the labels have them: 2.5 for 2.5 ms, if an axis is in
// milliseconds.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cli {

enum class Spacing : std::uint8_t { linear, logarithmic };

struct Tick {
  double at = 0;
  std::string label{};  // empty for a mark alone
};

struct ChartAxis {
  std::string label{};
  Spacing spacing = Spacing::linear;
  double least = 0;
  double most = 1;
  std::vector<Tick> ticks{};  // empty: gnuplot chooses
};

/// Does a row fit into the memory of its GPUs? If not, its mark is hollow.
enum class Mark : std::uint8_t { filled, hollow };

struct ChartPoint {
  double x = 0;
  double y = 0;
  double least = 0;  // of several rows that differ in their seeds; y is their median
  double most = 0;
  Mark mark = Mark::filled;
};

enum class Stroke : std::uint8_t { none, solid, dashed };

/// The look of what is a bound and no result: dark grey.
inline constexpr std::size_t bound_look = 1000;

/// Points with a line through them.
struct Series {
  std::string name{};    // in the legend; empty: not there
  std::size_t look = 0;  // number of its colour and mark
  Stroke stroke = Stroke::solid;
  bool has_marks = true;
  std::vector<ChartPoint> points{};  // along the line
};

/// A text beside a point.
struct PointLabel {
  double x = 0;
  double y = 0;
  std::string text{};
};

struct Panel {
  ChartAxis x{};
  ChartAxis y{};
  std::vector<Series> series{};
  std::vector<PointLabel> labels{};
  double label_right = -1;  // on which side of their points they stand: -1 left, 1 right
  double label_up = -1;     // -1 below, 1 above
};

/// One panel, or several, one above the other, along the same x.
struct Curves {
  std::string legend{};  // what stands above the names of series
  std::vector<Panel> panels{};
  std::vector<std::string> list{};  // lines of text below the legend
};

/// Bars from left to right, each in parts.
struct StackedBars {
  std::string label{};               // of the axis
  std::vector<std::string> parts{};  // names, in the order of the bars
  struct Bar {
    std::string name{};
    std::vector<double> parts{};  // as many
    std::string total{};          // written at its end
  };
  std::vector<Bar> bars{};
};

/// Fields of a grid, coloured by a number.
struct Heatmap {
  std::string x_label{};
  std::string y_label{};
  std::string colour_label{};
  Spacing spacing = Spacing::linear;  // of the colours
  std::vector<std::string> x{};       // names of columns
  std::vector<std::string> y{};       // of rows, from below
  struct Field {
    std::size_t x = 0;
    std::size_t y = 0;
    double value = 0;
    std::string text{};
    Mark mark = Mark::filled;  // hollow: no colour, its GPUs have not enough memory
  };
  std::vector<Field> fields{};  // those there are
};

/// How far one number goes when one thing changes: bars about a base.
struct Tornado {
  std::string label{};  // of the axis
  double base = 0;
  std::string base_text{};
  struct Bar {
    std::string name{};
    double least = 0;
    double most = 0;
    std::string least_text{};  // what it is there
    std::string most_text{};
  };
  std::vector<Bar> bars{};  // the longest first
};

struct Chart {
  std::string title{};
  std::string subtitle{};
  std::vector<std::string> notes{};  // what is not in the picture, and why
  std::variant<Curves, StackedBars, Heatmap, Tornado> body{};
};

}  // namespace cli
