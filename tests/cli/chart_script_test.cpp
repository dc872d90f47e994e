#include "cli/chart_script.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "cli/gnuplot_text.hpp"

using cli::Chart;
using cli::chart_script;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Two points of one line, one of them hollow.
Chart line() {
  return {
      .title = "t",
      .subtitle = "s",
      .body = cli::Curves{
          .legend = "axis",
          .panels = {
              {.x = {.label = "x", .least = 1, .most = 2, .ticks = {{1, "one"}, {2, ""}}},
               .y = {.label = "y", .spacing = cli::Spacing::logarithmic, .least = 0.5, .most = 4},
               .series = {{.name = "a",
                           .points = {{1, 0.5, 0.5, 0.5, cli::Mark::filled},
                                      {2, 4, 3, 4, cli::Mark::hollow}}}}}}}};
}

}  // namespace

TEST_CASE("gnuplot text: no text ends the string it stands in") {
  CHECK(cli::quoted("a_b {/:Bold c} \"d\" \\ $e @f `g`\n") ==
        "'a_b {/:Bold c} \"d\" \\ $e @f `g` '");
  CHECK(cli::quoted("it's\n`date`") == "\"it's \\140date\\140\"");
  CHECK(cli::quoted("''\"\\@") == "\"''\\42\\134\\100\"");
  CHECK(cli::quoted("\xC3\xBC") == "'\xC3\xBC'");
  // A byte that begins nothing becomes U+FFFD.
  CHECK(cli::quoted("a\xFFz") == "'a\xEF\xBF\xBDz'");
  CHECK(cli::shortened("123456", 5) == "12...");
  CHECK(cli::shortened("12345", 5) == "12345");
}

TEST_CASE("chart script: a line, its marks by whether they fit, and an entry in the legend") {
  const std::string script = chart_script(line());
  CHECK(contains(script, "set termoption noenhanced\n"));
  CHECK(contains(script, "set label 101 't' at screen 0.5"));
  CHECK(contains(script, "title 'axis' left\n"));
  CHECK(contains(script, "$p0s0 << END\n1 0.5 0.5 0.5\n2 4 3 4\nEND\n"));
  CHECK(contains(script, "$p0s0f << END\n1 0.5 0.5 0.5\nEND\n"));
  CHECK(contains(script, "$p0s0h << END\n2 4 3 4\nEND\n"));
  CHECK(contains(script, "$p0s0e using 1:2:3:4 with yerrorbars"));
  CHECK(contains(script, "set xtics ('one' 1, '' 2)\n"));
  CHECK(contains(script, "set yrange [0.5:4]\nset logscale y 10\nset ytics autofreq\n"));
  CHECK(contains(script, "keyentry with linespoints"));
  CHECK(contains(script, "title 'a'"));
  CHECK_FALSE(contains(script, "\nset terminal "));
  CHECK(cli::chart_height(line()) == 560);
}

TEST_CASE("chart script: hostile texts stay texts wherever they stand") {
  const std::string hostile = "a'b\"c`d`\n$e @f {/g} \\";
  const std::string_view text = R"("a'b\42c\140d\140 $e \100f {/g} \134")";
  Chart chart = line();
  chart.title = chart.subtitle = hostile;
  auto& curves = std::get<cli::Curves>(chart.body);
  curves.legend = hostile;
  curves.list = {hostile};
  curves.panels[0].x.label = curves.panels[0].x.ticks[0].label = hostile;
  curves.panels[0].series[0].name = hostile;
  const std::string script = chart_script(chart);
  std::size_t found = 0;
  for (std::size_t at = 0; (at = script.find(text, at)) != std::string::npos; ++at) {
    ++found;
  }
  CHECK(found == 7);
  CHECK_FALSE(contains(script, hostile));
}

TEST_CASE("chart script: parts of bars follow each other, and pictures grow with the bars") {
  cli::StackedBars bars{.label = "time (s)", .parts = {"compute", "idle"}};
  bars.bars = {{"one", {1, 2}, "3 s"}, {"two", {0.5, 0.25}, "0.75 s"}};
  const std::string script = chart_script({.body = bars});
  CHECK(contains(script, "$part0 << END\n0 0 1\n1 0 0.5\nEND\n"));
  CHECK(contains(script, "$part1 << END\n0 1 3\n1 0.5 0.75\nEND\n"));
  CHECK(contains(script, "$totals << END\n0 3 \"3 s\"\n1 0.75 \"0.75 s\"\nEND\n"));
  CHECK(contains(script, "set ytics ('one' 0, 'two' 1)"));
  const int few = cli::chart_height({.body = bars});
  bars.bars.resize(40, bars.bars[0]);
  CHECK(cli::chart_height({.body = bars}) > few);
}

TEST_CASE("chart script: the ends of a tornado's bars meet at the base") {
  const cli::Tornado tornado{
      .label = "time (s)", .base = 2, .base_text = "2 s", .bars = {{"a", 1, 5, "x", "it's"}}};
  const std::string script = chart_script({.body = tornado});
  CHECK(contains(script, "$below << END\n0 1 2\nEND\n$above << END\n0 2 5\nEND\n"));
  CHECK(contains(script, "'x' at 1, 0 right"));
  CHECK(contains(script, "\"it's\" at 5, 0 left"));
  CHECK(contains(script, "'base: 2 s' at 2"));
}

TEST_CASE(
    "chart script: fields have dark or light texts by their colour, and grey ones no colour") {
  const cli::Heatmap heatmap{.x_label = "x",
                             .y_label = "y",
                             .colour_label = "c",
                             .x = {"1", "2", "4"},
                             .y = {"1"},
                             .fields = {{0, 0, 1, "1.00", cli::Mark::filled},
                                        {1, 0, 3, "3.00", cli::Mark::filled},
                                        {2, 0, 9, "9.00", cli::Mark::hollow}}};
  const std::string script = chart_script({.body = heatmap});
  // The lowest value is dark violet, the highest light yellow.
  CHECK(contains(script, "$light << END\n0 0 \"1.00\"\nEND\n"));
  CHECK(contains(script, "$dark << END\n1 0 \"3.00\"\n2 0 \"9.00\"\nEND\n"));
  CHECK(contains(script, "$grey << END\n2 0 9\nEND\n"));
  CHECK(contains(script, "set cbrange [1:3]"));
}
