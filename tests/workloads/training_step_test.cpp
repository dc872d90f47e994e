#include "workloads/training_step.hpp"

#include <numeric>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/workloads/support.hpp"
#include "topology/registry.hpp"
#include "workloads/library_collective.hpp"
#include "workloads/model_file.hpp"

using namespace workloads;

namespace {

Transformer gpt_of(std::int32_t layers) {
  return model_of("{style: gpt, layers: " + std::to_string(layers) +
                  ", hidden: 2048, heads: 16, vocabulary: 51200, sequence: 1024}");
}

Training training_of(const Layout& layout, std::int32_t layers = 8, const Software& software = {}) {
  return {
      gpt_of(layers), layout, software,
      orders_of("test", layout.chunks > 1 ? PipelineKind::interleaved : PipelineKind::one_f_one_b,
                layout)};
}

const std::string servers = ",nvlink=300GB/s,500ns,nic=200Gbps,500ns";

}  // namespace

TEST_CASE("training step: on one GPU it is its kernels, one after the other") {
  const Training training = training_of({.micro_batch = 2, .global_batch = 4});
  const KernelCosts costs{a100(), training.software};
  double expected = 0;
  const auto add = [&](const std::vector<Piece>& pass, double times) {
    for (const Piece& piece : pass) {
      expected += times * costs.seconds(std::get<KernelWork>(piece));
    }
  };
  constexpr double micro_batches = 2;
  for (const LayerWork& work : {embedding_work(training.model, training.layout, training.software),
                                head_work(training.model, training.layout, training.software)}) {
    add(work.forward, micro_batches);
    add(work.backward, micro_batches);
  }
  for (std::int32_t layer = 0; layer < 8; ++layer) {
    const LayerWork work = layer_work(training.model, training.layout, training.software, layer);
    add(work.forward, micro_batches);
    add(work.backward, micro_batches);
  }
  const double weights = rank_weights(training.model, training.layout, 0).dense;
  // Each weight: its gradient twice (4 bytes), Adam's state read and written (12), itself (2).
  expected += costs.seconds({.kind = KernelWork::Kind::memory, .bytes = weights * (8 + 24 + 2)});
  const StepReport report =
      run_step(training, a100(), topology::load("test", "gpu-cluster:1x1"), {});
  CHECK(report.seconds / expected == doctest::Approx(1).epsilon(1e-9));
  CHECK(report.tokens_per_s * report.seconds == doctest::Approx(4 * 1024));
  // A GEMM-bound step of an A100: below its peak of 312 TFLOP/s, above a third of it.
  CHECK(report.model_flop_per_s < 312e12);
  CHECK(report.model_flop_per_s > 104e12);
}

TEST_CASE("training step: TP inside a server adds its collectives, as they take alone") {
  const Training one =
      training_of({.tensor = 8, .micro_batch = 2, .global_batch = 2}, 8, {.overlap_tensor = TensorOverlap::none});
  const auto network = topology::load("test", "gpu-cluster:1x8" + servers);
  const StepReport report = run_step(one, a100(), network, {});
  const auto& fit = a100().collectives->fit;
  const calibration::CollectiveShape shape{calibration::Operation::all_reduce,
                                           calibration::Number::switches, 8, 1,
                                           2.0 * 1024 * 2048 * 2};
  const double sum = simulate(servers_of(fit.node(), shape), fit.cost(shape), shape);
  // Four a layer, one behind the embedding, one before the output layer's gradient goes on.
  const double waited = report.stages[0].seconds[static_cast<std::size_t>(Category::tensor)];
  CHECK(waited / (((4 * 8) + 2) * sum) == doctest::Approx(1).epsilon(0.05));
  CHECK(report.events == 0);  // nobody else uses these cables: nothing needs the network
}

TEST_CASE("training step: categories and idle time are all the time there is") {
  const auto network = topology::load("test", "gpu-cluster:4x8" + servers);
  for (const Layout& layout :
       {Layout{.tensor = 8, .data = 2, .pipeline = 2, .global_batch = 8},
        Layout{.tensor = 4, .data = 4, .pipeline = 2, .chunks = 2, .global_batch = 16},
        Layout{.tensor = 2, .context = 2, .data = 8, .global_batch = 8},
        Layout{.data = 32, .sharding = Sharding::weights, .global_batch = 32}}) {
    const Training training = training_of(layout);
    const StepReport report = run_step(training, a100(), network, {});
    for (const StageReport& stage : report.stages) {
      const double all = std::accumulate(stage.seconds.begin(), stage.seconds.end(), stage.idle_s);
      CHECK(all / report.seconds == doctest::Approx(1).epsilon(1e-6));
      CHECK(stage.memory.total() > 0);
    }
    CHECK(run_step(training, a100(), network, {.network = sim::NetworkModel::ideal}).seconds <=
          report.seconds * (1 + 1e-12));
  }
}

TEST_CASE("training step: faster links never make it slower") {
  const Training training = training_of({.tensor = 8, .data = 2, .pipeline = 2, .global_batch = 8});
  double before = 1e9;
  for (const char* const rate : {"50Gbps", "100Gbps", "200Gbps", "400Gbps", "800Gbps"}) {
    const auto network = topology::load(
        "test", std::string{"gpu-cluster:4x8,nvlink=300GB/s,500ns,nic="} + rate + ",500ns");
    const double seconds = run_step(training, a100(), network, {}).seconds;
    CHECK(seconds <= before * (1 + 1e-9));
    before = seconds;
  }
}

TEST_CASE("training step: a cluster that is too small, and a profile that lacks something") {
  const Training training = training_of({.tensor = 8, .global_batch = 1});
  CHECK_THROWS_WITH_AS(run_step(training, a100(), topology::load("test", "gpu-cluster:1x4"), {}),
                       doctest::Contains("8 ranks, but the topology has 4 GPUs"), sim::Error);
  calibration::GpuProfile bare = a100();
  bare.collectives.reset();
  CHECK_THROWS_WITH_AS(run_step(training, bare, topology::load("test", "gpu-cluster:1x8"), {}),
                       doctest::Contains("the profile has no collectives"), sim::Error);
}
