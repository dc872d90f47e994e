#include "cli/sweep_plots.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace cli;

namespace {

using Texts = std::vector<std::string>;

std::vector<SweepPlot> plots_of(const std::string& text) {
  return read_sweep_plots(sim::ConfigNode::parse("sweep.yaml", text).at("plots"));
}

}  // namespace

TEST_CASE("sweep: its plots are what espalier plot has options for") {
  const std::vector<SweepPlot> plots = plots_of(
      "plots:\n"
      "  - scaling\n"
      "  - {kind: heatmap, x: a, group: b, y: mfu, where: {c: 1, d: ring}, log: x, title: T,\n"
      "     file: m.pdf}\n"
      "  - {kind: pareto, maximise: [mfu]}\n");
  REQUIRE(plots.size() == 3);
  CHECK(plots[0].file == "scaling.svg");
  CHECK(plots[0].request.kind == ChartKind::scaling);
  const ChartRequest& heatmap = plots[1].request;
  CHECK(plots[1].file == "m.pdf");
  CHECK(heatmap.kind == ChartKind::heatmap);
  CHECK(heatmap.x == "a");
  CHECK(heatmap.group == "b");
  CHECK(heatmap.y == "mfu");
  CHECK(heatmap.title == "T");
  REQUIRE(heatmap.where.size() == 2);
  CHECK(heatmap.where[0].key == "c");
  CHECK(heatmap.where[0].value == ResultValue{1.0});
  CHECK(heatmap.where[1].value == ResultValue{std::string{"ring"}});
  REQUIRE(heatmap.log.has_value());
  CHECK(heatmap.log->x);
  CHECK(!heatmap.log->y);
  CHECK(plots[2].request.maximised == Texts{"mfu"});
}

TEST_CASE("sweep: what is no plot is said where it stands") {
  const auto error = [](const std::string& text) {
    return topology_test::error_of([&] { return plots_of(text); });
  };
  CHECK(error("plots: [scalling]").find("'scaling'") != std::string::npos);
  CHECK(error("plots: [{x: a}]").find("'kind'") != std::string::npos);
  CHECK(error("plots: [{kind: line, colour: red}]").find("'colour'") != std::string::npos);
  CHECK(error("plots: [scaling, scaling]").find("another plot has the file 'scaling.svg'") !=
        std::string::npos);
  CHECK(error("plots: [{kind: line, file: ../a.svg}]").find("'../a.svg' is no name of a file") !=
        std::string::npos);
  CHECK(error("plots: [{kind: line, file: a.jpg}]").find("'a.jpg' is no picture") !=
        std::string::npos);
  CHECK(error("plots: [{kind: line, log: z}]").find("'z'") != std::string::npos);
}
