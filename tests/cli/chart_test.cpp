#include "cli/chart_kinds.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/chart_script.hpp"
#include "sim/error.hpp"
#include "tests/cli/chart_sample.hpp"
#include "tests/cli/mutated.hpp"
#include "tests/topology/support.hpp"

using cli::Chart;
using cli::ChartKind;
using cli::ChartRequest;
using cli::Mark;
using cli_test::chart_of;
using cli_test::lines_of;
using cli_test::panel_of;
using cli_test::point;
using topology_test::error_of;

namespace {

using Texts = std::vector<std::string>;

std::string error_in(const std::string& lines, const ChartRequest& request) {
  return error_of([&] { return chart_of(lines, request); });
}

/// What the marks along an axis say; "" for those without a name.
Texts ticks_of(const cli::ChartAxis& axis) {
  Texts out;
  for (const cli::Tick& tick : axis.ticks) {
    out.push_back(tick.label);
  }
  return out;
}

/// A step of a model with this tensor parallelism and pipeline.
std::string step(int tensor, int pipeline, double seconds, const std::string& more = "") {
  return point(fmt::format(R"("layout.tensor":{},"layout.pipeline":{})", tensor, pipeline),
               fmt::format(R"("step_s":{}{})", seconds, more));
}

}  // namespace

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

TEST_CASE("scaling: the ideal goes through the fewest GPUs of each line") {
  const auto row = [](int tensor, int gpus, double rate) {
    return point(fmt::format(R"("layout.tensor":{},"topology.shape":"{}x1")", tensor, gpus),
                 fmt::format(R"("gpus":{},"tokens_per_s":{})", gpus, rate));
  };
  const Chart chart =
      chart_of(row(1, 16, 180) + row(1, 8, 100) + row(1, 32, 300) + row(2, 16, 50) + row(2, 32, 99),
               {.kind = ChartKind::scaling});
  // 100 at 8 is 200 at 16 and 400 at 32; 50 at 16 is 100 at 32.
  CHECK(lines_of(panel_of(chart)) ==
        ": 8 100, 16 200, 32 400; : 16 50, 32 100; 1: 8 100, 16 180, 32 300; 2: 16 50, 32 99; "
        "ideal: ");
  CHECK(lines_of(panel_of(chart, 1)) == ": 8 100, 16 90, 32 75; : 16 100, 32 99");
  CHECK(panel_of(chart).series.at(1).stroke == cli::Stroke::dashed);
  CHECK(panel_of(chart).x.spacing == cli::Spacing::logarithmic);
  CHECK(panel_of(chart).y.spacing == cli::Spacing::logarithmic);
  CHECK(panel_of(chart).y.label == "throughput (tokens/s)");
}

TEST_CASE("scaling: the ideal time of a step is shorter by the GPUs, and longer by the tokens") {
  const auto row = [](int gpus, double seconds, double tokens) {
    return point(
        fmt::format(R"("gpus":{})", gpus),
        fmt::format(R"("gpus":{},"step_s":{},"tokens_per_s":{})", gpus, seconds, tokens / seconds));
  };
  const ChartRequest request{.kind = ChartKind::scaling, .y = "step_s"};
  // Strong: 100 tokens at all times; 2 s on 8 are 1 s on 16, and 1 / 1.25 is 80 %.
  const Chart strong = chart_of(row(8, 2, 100) + row(16, 1.25, 100), request);
  CHECK(lines_of(panel_of(strong)) == ": 8 2, 16 1; : 8 2, 16 1.25; ideal: ");
  CHECK(lines_of(panel_of(strong, 1)) == ": 8 100, 16 80");
  // Weak: twice the tokens on twice the GPUs take 2 s still.
  const Chart weak = chart_of(row(8, 2, 100) + row(16, 2.5, 200), request);
  CHECK(lines_of(panel_of(weak)) == ": 8 2, 16 2; : 8 2, 16 2.5; ideal: ");
  CHECK(lines_of(panel_of(weak, 1)) == ": 8 100, 16 80");
}

TEST_CASE("scaling: what it cannot draw") {
  const std::string lines = step(1, 1, 4, R"(,"gpus":8,"tokens_per_s":1)");
  CHECK(error_in(lines, {.kind = ChartKind::scaling}) ==
        "--kind: error: scaling is over numbers of GPUs, and all rows that are left have 8");
  CHECK(error_in(lines, {.kind = ChartKind::scaling, .y = "mfu"}) ==
        "--y: error: no ideal is known for 'mfu' over GPUs\n"
        "  hint: choose one of: tokens_per_s, step_s");
  CHECK(error_in(step(1, 1, 4), {.kind = ChartKind::scaling})
            .starts_with("espalier plot: error: no row has 'gpus'"));
}

TEST_CASE("busbw: over sizes, and the bound if it is the same for all lines") {
  const auto row = [](const std::string& algorithm, int bytes, double busbw, double bound) {
    return point(fmt::format(R"("algorithms":"{}","sizes":"{} B")", algorithm, bytes),
                 fmt::format(R"("bytes":{},"busbw_Bps":{},"time_s":2e-6,"lower_bound_s":{})", bytes,
                             busbw, bound));
  };
  const std::string ring = row("ring", 1024, 1e9, 1e-6) + row("ring", 2048, 4e9, 1e-6);
  const ChartRequest request{.kind = ChartKind::busbw};
  // 1 GB/s in 2 us is 2 GB/s in 1 us. The other one has twice that in the same time.
  const Chart same =
      chart_of(ring + row("tree", 1024, 0.5e9, 0.5e-6) + row("tree", 2048, 8e9, 2e-6), request);
  CHECK(lines_of(panel_of(same)) ==
        "upper bound: 1024 2, 2048 8; ring: 1024 1, 2048 4; tree: 1024 0.5, 2048 8");
  CHECK(panel_of(same).y.label == "bus bandwidth (GB/s)");
  CHECK(panel_of(same).x.spacing == cli::Spacing::logarithmic);
  CHECK(ticks_of(panel_of(same).x) == Texts{"1 KiB", "2 KiB"});
  const Chart other =
      chart_of(ring + row("tree", 1024, 1e9, 1e-6) + row("tree", 2048, 8e9, 1e-6), request);
  CHECK(lines_of(panel_of(other)) == "ring: 1024 1, 2048 4; tree: 1024 1, 2048 8");
  CHECK(error_in(step(1, 1, 4), request).starts_with("--x: error: no row has 'bytes'"));
}

TEST_CASE("breakdown: a bar for each row, of the parts that any of them has") {
  const std::string lines =
      step(1, 2, 1, R"(,"compute_s":0.25,"TP_s":0,"CP_s":0,"idle_s":0.5)") +
      step(2, 2, 1, R"(,"compute_s":0.125,"TP_s":0.25,"CP_s":0,"idle_s":0,"fits":false)");
  const Chart chart = chart_of(lines, {.kind = ChartKind::breakdown});
  const auto& bars = std::get<cli::StackedBars>(chart.body);
  CHECK(bars.label == "time of a step (ms)");
  CHECK(bars.parts == Texts{"compute", "TP", "idle"});
  REQUIRE(bars.bars.size() == 2);
  CHECK(bars.bars[0].name == "tensor 1");
  CHECK(bars.bars[1].name == "tensor 2 (does not fit)");
  CHECK(bars.bars[0].parts == std::vector<double>{250, 0, 500});
  CHECK(bars.bars[1].parts == std::vector<double>{125, 250, 0});
  CHECK(bars.bars[0].total == "750.0 ms");
  CHECK(error_in(step(1, 1, 1), {.kind = ChartKind::breakdown})
            .starts_with("espalier plot: error: no row has 'compute_s'"));
}

TEST_CASE("heatmap: fields without a result are blank, those that do not fit are grey") {
  const std::string lines =
      step(2, 1, 2.5) + step(16, 1, 4, R"(,"fits":false)") + step(2, 4, 1.25) +
      point(R"("layout.tensor":3,"layout.pipeline":4)", R"("message":"no")", "invalid");
  const Chart chart = chart_of(lines, {.kind = ChartKind::heatmap});
  const auto& heatmap = std::get<cli::Heatmap>(chart.body);
  CHECK(heatmap.x == Texts{"2", "3", "16"});
  CHECK(heatmap.y == Texts{"1", "4"});
  CHECK(heatmap.colour_label == "step time (s)");
  std::string fields;
  for (const cli::Heatmap::Field& field : heatmap.fields) {
    fields += fmt::format("{} {} {} {};", field.x, field.y, field.text,
                          field.mark == Mark::hollow ? "grey" : "coloured");
  }
  CHECK(fields == "0 0 2.50 coloured;0 1 1.25 coloured;2 0 4.00 grey;");
  CHECK(chart.subtitle == "grey: does not fit into memory");
  CHECK(chart.notes == Texts{"1 of 4 rows have no result and are left out: 1 invalid"});
  CHECK(error_in(step(1, 1, 1) + step(2, 1, 1), {.kind = ChartKind::heatmap}) ==
        "--group: error: which key? A heatmap needs two axes along which rows vary");
}

namespace {

/// Rows with these pairs of numbers, told apart by their place.
std::string pairs(const std::vector<std::pair<double, double>>& all) {
  std::string lines;
  for (std::size_t i = 0; i < all.size(); ++i) {
    lines += point(fmt::format(R"("n":{})", i),
                   fmt::format(R"("u":{},"v":{})", all[i].first, all[i].second));
  }
  return lines;
}

ChartRequest pareto(const Texts& maximised) {
  return {.kind = ChartKind::pareto, .x = "u", .y = "v", .maximised = maximised};
}

}  // namespace

TEST_CASE("pareto: the front is what nothing betters, and its line goes around the rest") {
  const std::string lines = pairs({{3, 4}, {1, 5}, {2, 3}, {4, 1}, {2, 3}}) +
                            point(R"("n":5)", R"("u":0.5,"v":0.5,"fits":false)");
  const Chart chart = chart_of(lines, pareto({}));
  const cli::Panel& panel = panel_of(chart);
  CHECK(panel.series.at(0).name == "front");
  CHECK(cli_test::places_of(panel.series.at(0)) == "1 5, 2 5, 2 3, 4 3, 4 1");
  CHECK(cli_test::places_of(panel.series.at(1)) == "3 4, 1 5, 2 3, 4 1, 2 3, 0.5 0.5");
  CHECK(std::get<cli::Curves>(chart.body).list == Texts{"1  n 1", "2  n 2", "3  n 3"});
  CHECK(panel.labels.at(2).x == 4);
  CHECK(chart.title == "low u, low v");
  // Nothing is further than 4 and has less than 1.
  CHECK(cli_test::places_of(panel_of(chart_of(lines, pareto({"u"}))).series.at(0)) == "4 1");
  // More of both: from the right, and upwards.
  const Chart most = chart_of(lines, pareto({"u", "v"}));
  CHECK(cli_test::places_of(panel_of(most).series.at(0)) == "4 1, 3 1, 3 4, 1 4, 1 5");
  CHECK(most.title == "high u, high v");
  CHECK(error_in(lines, pareto({"w"})) ==
        "--maximise: error: 'w' is on no axis\n  hint: did you mean 'u'?");
}

TEST_CASE("pareto: three rows on a grid of three by three, all 729 of them, by the definition") {
  const auto place = [](int number) { return std::pair<double, double>{number % 3, number / 3}; };
  for (int all = 0; all < 729; ++all) {
    const std::vector<std::pair<double, double>> rows{place(all % 9), place(all / 9 % 9),
                                                      place(all / 81)};
    // In the front is what no other one is as good as in both and better in one, or equals, if it
    // comes later.
    Texts expected;
    std::vector<std::tuple<double, double, std::size_t>> front;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      bool is_in = true;
      for (std::size_t j = 0; j < rows.size(); ++j) {
        const bool is_as_good = rows[j].first <= rows[i].first && rows[j].second <= rows[i].second;
        is_in = is_in && !(j != i && is_as_good && (rows[j] != rows[i] || j < i));
      }
      if (is_in) {
        front.emplace_back(rows[i].first, rows[i].second, i);
      }
    }
    std::ranges::sort(front);
    for (const auto& [u, v, row] : front) {
      expected.push_back(fmt::format("{:g} {:g}", u, v));
    }
    const Chart chart = chart_of(pairs(rows), pareto({}));
    Texts found;
    const auto& line = panel_of(chart).series.at(0).points;
    for (std::size_t i = 0; i < line.size(); i += 2) {
      found.push_back(fmt::format("{:g} {:g}", line[i].x, line[i].y));
    }
    CAPTURE(all);
    CHECK(found == expected);
  }
}

TEST_CASE("tornado: one axis at a time about the base, the longest bar first") {
  const auto row = [](int a, const std::string& b, double seconds) {
    return point(fmt::format(R"("a":{},"b":"{}")", a, b), fmt::format(R"("step_s":{})", seconds));
  };
  const std::string lines = row(1, "x", 10) + row(2, "x", 8) + row(4, "x", 5) + row(1, "y", 1) +
                            row(2, "y", 20) + row(4, "y", 30);
  const auto bars_of = [](const Chart& chart) {
    std::string out;
    for (const cli::Tornado::Bar& bar : std::get<cli::Tornado>(chart.body).bars) {
      out += fmt::format("{} {:g} at {} to {:g} at {};", bar.name, bar.least, bar.least_text,
                         bar.most, bar.most_text);
    }
    return out;
  };
  // The middle of 1, 2, 4 is 2, and that of x, y the one below it.
  const Chart middle = chart_of(lines, {.kind = ChartKind::tornado, .source = "r"});
  CHECK(std::get<cli::Tornado>(middle.body).base == 8);
  CHECK(bars_of(middle) == "b 8 at x to 20 at y;a 5 at 4 to 10 at 1;");
  CHECK(middle.subtitle == "r; one change at a time to a 2, b x");
  const Chart other =
      chart_of(lines, {.kind = ChartKind::tornado, .where = {{"b", "y"}, {"a", 4.0}}});
  CHECK(std::get<cli::Tornado>(other.body).base == 30);
  CHECK(bars_of(other) == "a 1 at 1 to 30 at 4;b 5 at x to 30 at y;");
  CHECK(error_in(row(1, "x", 1) + row(2, "y", 1) + row(3, "x", 1), {.kind = ChartKind::tornado}) ==
        "--where: error: no row that can be drawn is at the base: a 2, b x\n"
        "  hint: choose another one: --where AXIS=VALUE");
}

TEST_CASE("charts: whatever rows hold, each kind is a chart with a script, or an error") {
  const std::string lines =
      step(1, 1, 2, R"(,"gpus":8,"tokens_per_s":9,"memory_B":5,"compute_s":1,"idle_s":1)") +
      step(2, 1, 1, R"(,"gpus":16,"tokens_per_s":9,"memory_B":4,"compute_s":1,"fits":false)") +
      step(1, 2, 3, R"(,"gpus":8,"tokens_per_s":1,"memory_B":3,"compute_s":1,"idle_s":1)") +
      step(2, 2, 3, R"(,"gpus":16,"tokens_per_s":2,"memory_B":3,"compute_s":2,"idle_s":1)") +
      point(R"("algorithm":"ring")",
            R"("bytes":1024,"busbw_Bps":1e9,"time_s":1e-6,"lower_bound_s":1e-7)");
  std::mt19937 random{5};
  std::size_t drawn = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string other = cli_test::mutated(lines, random);
    for (std::size_t kind = 0; kind < cli::chart_kind_names.size(); ++kind) {
      try {
        const Chart chart = chart_of(other, {.kind = static_cast<ChartKind>(kind)});
        drawn += cli::chart_script(chart).empty() ? 0U : 1U;
      } catch (const sim::Error&) {
        continue;
      }
    }
  }
  CHECK(drawn > 1000);
}
