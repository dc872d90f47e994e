#include "cli/chart_kinds.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/cli/chart_sample.hpp"

using cli::Chart;
using cli::ChartKind;
using cli::Mark;
using cli_test::chart_of;
using cli_test::error_in;
using cli_test::lines_of;
using cli_test::panel_of;
using cli_test::point;
using cli_test::step;
using cli_test::Texts;
using cli_test::ticks_of;

TEST_CASE("line: a line for each value of the axis that remains, along the one with most values") {
  const std::string lines = step(4, 1, 0.001) + step(1, 1, 0.004) + step(2, 1, 0.002) +
                            step(1, 8, 0.008) + step(2, 8, 0.003) + step(4, 8, 0.002);
  const Chart chart = chart_of(lines, {.source = "r"});
  const cli::Panel& panel = panel_of(chart);
  CHECK(lines_of(panel) == "1: 1 4, 2 2, 4 1; 8: 1 8, 2 3, 4 2");
  CHECK(std::get<cli::Curves>(chart.body).legend == "layout.pipeline");
  CHECK(chart.title == "step time against layout.tensor");
  CHECK(chart.subtitle == "r");
  CHECK(chart.notes.empty());
  CHECK(panel.x.label == "layout.tensor");
  CHECK(ticks_of(panel.x) == Texts{"1", "2", "4"});
  CHECK(panel.y.label == "step time (ms)");
  // Doubling: a factor apart.
  CHECK(panel.x.spacing == cli::Spacing::logarithmic);
  CHECK(panel.y.spacing == cli::Spacing::linear);
  CHECK(panel.y.least == 0);
  CHECK(panel_of(chart_of(lines, {.log = cli::LogAxes{}})).x.spacing == cli::Spacing::linear);
  // 1, 2, 5 are not.
  CHECK(panel_of(chart_of(step(1, 1, 1) + step(2, 1, 1) + step(5, 1, 1), {})).x.spacing ==
        cli::Spacing::linear);
  CHECK(lines_of(panel_of(chart_of(lines, {.x = "layout.pipeline", .y = "step_s"}))) ==
        "1: 1 4, 8 8; 2: 1 2, 8 3; 4: 1 1, 8 2");
}

TEST_CASE("line: axes that say the same as another one are not counted") {
  // Batches grow with the shape, and PP with TP: one line.
  const auto row = [](int size, double seconds) {
    return point(
        fmt::format(R"("topology.shape":"{0}x8","layout.global_batch":{0},"seed":1)", size),
        fmt::format(R"("gpus":{},"step_s":{})", 8 * size, seconds));
  };
  const Chart chart = chart_of(row(1, 3) + row(2, 4) + row(4, 5), {.x = "gpus"});
  CHECK(lines_of(panel_of(chart)) == ": 8 3, 16 4, 32 5");
  // Not even where x decides neither: two lines, and each is named after the first of them.
  const auto other = [](int size, int tensor, double seconds) {
    return point(fmt::format(R"("topology.shape":"{0}x8","batch":{0},"tensor":{1})", size, tensor),
                 fmt::format(R"("step_s":{})", seconds));
  };
  CHECK(lines_of(panel_of(chart_of(
            other(1, 1, 3) + other(2, 1, 4) + other(1, 2, 5) + other(2, 2, 6) + other(1, 4, 7),
            {.x = "tensor"}))) == "1x8: 1 3, 2 5, 4 7; 2x8: 1 4, 2 6");
}

TEST_CASE("line: rows without a result, or without the numbers, are left out and counted") {
  const std::string lines =
      step(1, 1, 4) + step(2, 1, 2) + step(4, 1, 1) +
      point(R"("layout.tensor":8,"layout.pipeline":1)", R"("mfu":0.5)") +
      point(R"("layout.tensor":3,"layout.pipeline":1)", R"("message":"no")", "invalid") +
      point(R"("layout.tensor":5,"layout.pipeline":1)", R"("mfu":0)", "does not fit");
  const Chart chart = chart_of(lines, {});
  CHECK(lines_of(panel_of(chart)) == ": 1 4, 2 2, 4 1");
  CHECK(chart.notes ==
        Texts{"2 of 6 rows have no result and are left out: 1 does not fit, 1 invalid",
              "rows without step_s, left out: 1"});
  CHECK(error_in(point(R"("a":1)", R"("b":1)", "failed"), {}) ==
        "espalier plot: error: no row has a result: 1 failed");
}

TEST_CASE("line: what does not fit into memory is hollow") {
  const Chart chart = chart_of(step(1, 1, 4, R"(,"fits":false)") + step(2, 1, 2), {});
  const auto& points = panel_of(chart).series.at(0).points;
  CHECK(points.at(0).mark == Mark::hollow);
  CHECK(points.at(1).mark == Mark::filled);
  CHECK(chart.subtitle == "hollow: does not fit into memory");
}

TEST_CASE("line: rows that differ in their seeds are one point, the median, with a bar") {
  std::string lines;
  for (const auto& [seed, seconds] : {std::pair{1, 5.0}, {2, 1.0}, {3, 2.0}, {4, 3.0}}) {
    lines += point(fmt::format(R"("size":1,"seed":{})", seed),
                   fmt::format(R"("seed":{},"step_s":{})", seed, seconds));
    lines += point(fmt::format(R"("size":2,"seed":{})", seed),
                   fmt::format(R"("seed":{},"step_s":7)", seed));
  }
  const Chart chart = chart_of(lines, {});
  // Of 1, 2, 3, 5 the median is (2 + 3) / 2.
  CHECK(lines_of(panel_of(chart)) == ": 1 2.5, 2 7");
  CHECK(panel_of(chart).series.at(0).points.at(0).least == 1);
  CHECK(panel_of(chart).series.at(0).points.at(0).most == 5);
}

TEST_CASE("line: quantities are numbers, names are categories in the order they come") {
  const auto row = [](const std::string& bandwidth, const std::string& software, double seconds) {
    return point(fmt::format(R"("nic.bandwidth":"{}","software":"{}")", bandwidth, software),
                 fmt::format(R"("step_s":{})", seconds));
  };
  const std::string lines = row("400 Gbps", "old", 2) + row("12.5 GB/s", "old", 4) +
                            row("400 Gbps", "new", 1) + row("12.5 GB/s", "new", 3);
  const cli::Panel over_rates = panel_of(chart_of(lines, {.x = "nic.bandwidth"}));
  CHECK(lines_of(over_rates) == "old: 1.25e+10 4, 5e+10 2; new: 1.25e+10 3, 5e+10 1");
  CHECK(ticks_of(over_rates.x) == Texts{"12.5 GB/s", "400 Gbps"});
  const cli::Panel over_names =
      panel_of(chart_of(lines, {.x = "software", .where = {{"nic.bandwidth", "100Gbps"}}}));
  CHECK(lines_of(over_names) == ": 0 4, 1 3");
  CHECK(ticks_of(over_names.x) == Texts{"old", "new"});
  CHECK(error_in(lines,
                 {.x = "software", .group = "nic.bandwidth", .log = cli::LogAxes{.x = true}}) ==
        "--log: error: x has no numbers: software is a name");
}

TEST_CASE("line: what is not above 0 has no place on a logarithmic axis") {
  const std::string lines = step(1, 1, 0) + step(2, 1, 2) + step(4, 1, 400);
  const Chart chart = chart_of(lines, {.log = cli::LogAxes{.y = true}});
  CHECK(lines_of(panel_of(chart)) == ": 2 2, 4 400");
  CHECK(chart.notes ==
        Texts{"rows whose step_s is not above 0, without a place on a logarithmic axis: 1"});
  CHECK(ticks_of(panel_of(chart).y) ==
        Texts{"2 s", "5 s", "10 s", "20 s", "50 s", "100 s", "200 s", "500 s"});
  CHECK(panel_of(chart).y.label == "step time");
  CHECK(error_in(step(1, 1, 0) + step(2, 1, 0), {.log = cli::LogAxes{.y = true}}) ==
        "--log: error: no row has a step_s above 0");
}

TEST_CASE("line: of many values along x those are named that have room, the last one first") {
  std::string lines;
  for (int power = 10; power <= 26; ++power) {
    lines += point(fmt::format(R"("sizes":"{} B")", 1 << power), R"("time_s":1)");
  }
  // 75 letters, each name with its gap 9: eight names, so 17 doublings have one at every third.
  CHECK(ticks_of(panel_of(chart_of(lines, {})).x) == Texts{"", "2 KiB", "", "", "16 KiB", "", "",
                                                           "128 KiB", "", "", "1 MiB", "", "",
                                                           "8 MiB", "", "", "64 MiB"});
}

TEST_CASE("line: what cannot be drawn says why, and what would help") {
  const std::string lines = step(1, 1, 4) + step(2, 1, 2) + step(1, 2, 3);
  CHECK(error_in(lines, {.x = "layout.tensr"}) ==
        "--x: error: no row has 'layout.tensr'\n  hint: did you mean 'layout.tensor'?");
  CHECK(error_in(lines, {.y = "step"}) ==
        "--y: error: no row has 'step'\n  hint: choose one of: layout.tensor, layout.pipeline, "
        "point, scenario, status, step_s");
  CHECK(error_in(lines, {.y = "scenario"}) ==
        "--y: error: r:1: scenario: expected a number, got 's'");
  CHECK(error_in(lines, {.group = "layout.tensor", .where = {{"layout.tensor", 3.0}}}) ==
        "--where layout.tensor=3: error: no row has this value\n  hint: choose one of: 1, 2");
  CHECK(error_in(lines, {.where = {{"tensor", 3.0}}}).starts_with("--where: error: no row has"));
  CHECK(error_in(lines, {.x = "layout.tensor", .group = "status"}) ==
        "--where: error: r:1 and r:3 would stand at the same place: they differ in "
        "layout.pipeline\n  hint: --where layout.pipeline=1");
  CHECK(error_in(step(1, 1, 4) + step(1, 1, 4), {.x = "layout.tensor"}) ==
        "espalier plot: error: r:1 and r:2 would stand at the same place");
  CHECK(error_in(step(1, 1, 4), {}) ==
        "--x: error: which key? No axis has more than one value in the rows that are left");
  CHECK(error_in(step(1, 1, 1e41) + step(2, 1, 1), {}) ==
        "r:1: error: step_s: 1e+41 is too large to be drawn");
  std::string many;
  for (int i = 0; i < 15; ++i) {
    many += step(i, 1, 1) + step(i, 2, 1);
  }
  CHECK(error_in(many, {.x = "layout.pipeline"}) ==
        "--group: error: 15 groups are too many, at most 14: '0', '1', ...\n  hint: --where");
  CHECK(error_in(lines, {.maximised = {"step_s"}}) ==
        "--maximise: error: a chart of the kind 'line' has no such option\n"
        "  hint: it has --x, --y, --group, --log");
  CHECK(error_in(lines, {.kind = ChartKind::breakdown, .y = "step_s"}) ==
        "--y: error: a chart of the kind 'breakdown' has no such option");
}
