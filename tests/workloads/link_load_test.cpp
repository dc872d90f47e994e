// What a training step puts on links, and whose timeline is recorded.

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/workloads/support.hpp"
#include "topology/registry.hpp"
#include "workloads/training_step.hpp"

using namespace workloads;

namespace {

Training training_of(const Layout& layout, const Software& software = {}) {
  return {model_of("{style: gpt, layers: 8, hidden: 2048, heads: 16, vocabulary: 51200,"
                   " sequence: 1024}"),
          layout, software, orders_of("test", PipelineKind::one_f_one_b, layout)};
}

Timeline recorded(const Training& training, const topology::Topology& network, Symmetry symmetry,
                  StepReport& report) {
  Timeline timeline{.stages_most = 4};
  report = run_step(training, a100(), network, {}, symmetry, &timeline);
  return timeline;
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

TEST_CASE("link load: collectives that need no network put their bytes on links all the same") {
  const Training training = training_of({.tensor = 8, .micro_batch = 2, .global_batch = 2},
                                        {.overlap_tensor = TensorOverlap::none});
  const auto network = topology::load("test", "gpu-cluster:1x8,nvlink=300GB/s,500ns");
  StepReport report;
  const Timeline timeline = recorded(training, network, Symmetry::folded, report);
  REQUIRE(report.events == 0);
  REQUIRE(timeline.recording.link_bytes.size() == network.links().size());
  // All-reduces of S = 2 x 1024 tokens x 2048 x 2 B, four a layer and two more, each of which
  // leaves every GPU with 2 (n - 1) / n S, and reaches it with as much; the norm of gradients is a
  // few bytes more.
  constexpr double size = 2.0 * 1024 * 2048 * 2;
  constexpr double each = ((4 * 8) + 2) * 2.0 * 7 / 8 * size;
  for (const double bytes : timeline.recording.link_bytes) {
    CHECK(bytes / each == doctest::Approx(1).epsilon(1e-3));
  }
}

TEST_CASE("link load: replicas that stand for others carry their share of what all carry") {
  const Training training =
      training_of({.tensor = 4, .data = 8, .pipeline = 2, .global_batch = 32});
  const auto network =
      topology::load("test", "gpu-cluster:8x8,nvlink=300GB/s,500ns,nic=200Gbps,500ns");
  StepReport some;
  StepReport all;
  const Timeline folded = recorded(training, network, Symmetry::folded, some);
  const Timeline whole = recorded(training, network, Symmetry::ignored, all);
  REQUIRE(some.ranks_run < all.ranks_run);
  const double share = static_cast<double>(some.ranks_run) / all.ranks_run;
  CHECK(sum(folded.recording.link_bytes) / share ==
        doctest::Approx(sum(whole.recording.link_bytes)));
}

TEST_CASE("link load: of a long pipeline the first and the last stages are recorded") {
  const Training training = training_of({.pipeline = 8, .global_batch = 8});
  const auto network = topology::load("test", "gpu-cluster:1x8");
  StepReport report;
  CHECK(recorded(training, network, Symmetry::folded, report).stage_of ==
        std::vector<std::int32_t>{0, 1, 6, 7});
}
