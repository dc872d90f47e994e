#include "cli/chart_kinds.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/cli/chart_sample.hpp"

using cli::Chart;
using cli::ChartKind;
using cli::ChartRequest;
using cli_test::chart_of;
using cli_test::error_in;
using cli_test::lines_of;
using cli_test::panel_of;
using cli_test::point;
using cli_test::step;

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

TEST_CASE("scaling: where models grow with the cluster it is their FLOP, not their tokens") {
  const auto row = [](const std::string& model, int gpus, double rate) {
    return point(fmt::format(R"("model":"{}","topology.shape":"{}x8")", model, gpus / 8),
                 fmt::format(R"("gpus":{},"tokens_per_s":7,"cluster_flop_per_s":{})", gpus, rate));
  };
  const Chart grown =
      chart_of(row("small", 8, 1e15) + row("large", 16, 1.5e15) + row("larger", 32, 5e15),
               {.kind = ChartKind::scaling});
  CHECK(lines_of(panel_of(grown)) ==
        ": 8 1e+15, 16 2e+15, 32 4e+15; : 8 1e+15, 16 1.5e+15, 32 5e+15; ideal: ");
  CHECK(lines_of(panel_of(grown, 1)) == ": 8 100, 16 75, 32 125");
  CHECK(panel_of(grown).y.label == "compute rate");
  // Two models on the same clusters: a line each, of tokens.
  const Chart both =
      chart_of(row("small", 8, 1) + row("small", 16, 2) + row("large", 8, 1) + row("large", 16, 2),
               {.kind = ChartKind::scaling});
  CHECK(panel_of(both).y.label == "throughput (tokens/s)");
}

TEST_CASE(
    "scaling: rows without a result change nothing, and no ideal goes through what does not fit") {
  const auto row = [](const std::string& model, int gpus, const std::string& more) {
    return point(fmt::format(R"("model":"{}","topology.shape":"{}x8")", model, gpus / 8),
                 fmt::format(R"("gpus":{},"tokens_per_s":7{})", gpus, more));
  };
  const auto invalid = [](const std::string& model) {
    return point(fmt::format(R"("model":"{}","topology.shape":"3x8")", model), R"("message":"no")",
                 "invalid");
  };
  const Chart grown = chart_of(row("a", 8, R"(,"cluster_flop_per_s":9e15,"fits":false)") +
                                   row("b", 16, R"(,"cluster_flop_per_s":1e15)") + invalid("a") +
                                   invalid("b") + row("c", 32, R"(,"cluster_flop_per_s":1e15)"),
                               {.kind = ChartKind::scaling});
  CHECK(panel_of(grown).y.label == "compute rate");
  CHECK(lines_of(panel_of(grown, 1)) == ": 8 1800, 16 100, 32 50");
}

TEST_CASE("scaling: the time of models that grow is ideal by their FLOP") {
  const auto row = [](const std::string& model, int gpus, double seconds, double flop) {
    return point(fmt::format(R"("model":"{}")", model),
                 fmt::format(R"("gpus":{},"step_s":{},"tokens_per_s":5,"cluster_flop_per_s":{})",
                             gpus, seconds, flop / seconds));
  };
  // Three times the FLOP on twice the GPUs: 1.5 times the time.
  const std::string lines = row("a", 8, 2, 1e15) + row("b", 16, 4, 3e15);
  const Chart times = chart_of(lines, {.kind = ChartKind::scaling, .y = "step_s"});
  CHECK(lines_of(panel_of(times)) == ": 8 2, 16 3; : 8 2, 16 4; ideal: ");
  CHECK(lines_of(panel_of(times, 1)) == ": 8 100, 16 75");
  CHECK(error_in(lines, {.kind = ChartKind::scaling, .y = "tokens_per_s"}) ==
        "--y: error: the models differ, so that their tokens do not compare\n"
        "  hint: cluster_flop_per_s");
}

TEST_CASE("scaling: what it cannot draw") {
  const std::string lines = step(1, 1, 4, R"(,"gpus":8,"tokens_per_s":1)");
  CHECK(error_in(lines, {.kind = ChartKind::scaling}) ==
        "--kind: error: scaling is over numbers of GPUs, and all rows that are left have 8");
  CHECK(error_in(lines, {.kind = ChartKind::scaling, .y = "mfu"}) ==
        "--y: error: no ideal is known for 'mfu' over GPUs\n"
        "  hint: choose one of: tokens_per_s, cluster_flop_per_s, step_s");
  CHECK(error_in(step(1, 1, 4), {.kind = ChartKind::scaling})
            .starts_with("espalier plot: error: no row has 'gpus'"));
}
