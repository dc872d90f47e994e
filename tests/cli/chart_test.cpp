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

using cli::Chart;
using cli::ChartKind;
using cli::ChartRequest;
using cli::Mark;
using cli_test::chart_of;
using cli_test::error_in;
using cli_test::lines_of;
using cli_test::panel_of;
using cli_test::point;
using cli_test::step;
using cli_test::Texts;
using cli_test::ticks_of;

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

TEST_CASE("pareto: a front of one says what that one is") {
  const Chart chart =
      chart_of(step(1, 2, 1, R"(,"memory_B":1)") + step(2, 4, 2, R"(,"memory_B":2)"),
               {.kind = ChartKind::pareto});
  REQUIRE(std::get<cli::Curves>(chart.body).list.size() == 1);
  CHECK(std::get<cli::Curves>(chart.body).list.front() == "1  tensor 1");
}

TEST_CASE("tornado: seeds are no lever, and their median counts") {
  const auto row = [](int tensor, int seed, double seconds) {
    return point(fmt::format(R"("layout.tensor":{},"seed":{})", tensor, seed),
                 fmt::format(R"("step_s":{},"seed":{})", seconds, seed));
  };
  const Chart chart = chart_of(
      row(1, 1, 5) + row(1, 2, 7) + row(1, 3, 6) + row(2, 1, 1) + row(2, 2, 9) + row(2, 3, 2),
      {.kind = ChartKind::tornado});
  const auto& body = std::get<cli::Tornado>(chart.body);
  REQUIRE(body.bars.size() == 1);
  CHECK(body.base == 6);
  CHECK(body.bars.front().least == 2);
  CHECK(body.bars.front().most == 6);
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
