#include "workloads/training_step.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <numeric>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/workloads/support.hpp"
#include "topology/registry.hpp"
#include "workloads/library_collective.hpp"
#include "workloads/model_file.hpp"
#include "workloads/step_bound.hpp"

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
  const Software software{.launch = sim::Duration{0}};
  const Training training = training_of({.micro_batch = 2, .global_batch = 4}, 8, software);
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
  // Each weight: the norm (4), clipping (8), Adam (4 and 12 twice), the weight from its copy (4 and
  // 2), gradients to zero (4).
  expected += costs.seconds(
      {.kind = KernelWork::Kind::memory, .bytes = weights * (4 + 8 + 4 + 24 + 4 + 2 + 4)});
  const StepReport report =
      run_step(training, a100(), topology::load("test", "gpu-cluster:1x1"), {});
  CHECK(report.seconds / expected == doctest::Approx(1).epsilon(1e-9));
  CHECK(report.tokens_per_s * report.seconds == doctest::Approx(4 * 1024));
  // A GEMM-bound step of an A100: below its peak of 312 TFLOP/s, above a third of it.
  CHECK(report.model_flop_per_s < 312e12);
  CHECK(report.model_flop_per_s > 104e12);
}

TEST_CASE("training step: TP inside a server adds its collectives, as they take alone") {
  const Training one = training_of({.tensor = 8, .micro_batch = 2, .global_batch = 2}, 8,
                                   {.overlap_tensor = TensorOverlap::none});
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
      const double all = std::accumulate(stage.seconds.begin(), stage.seconds.end(),
                                         stage.idle_s + stage.launch_s);
      CHECK(all / report.seconds == doctest::Approx(1).epsilon(1e-6));
      CHECK(stage.memory.total() > 0);
    }
    CHECK(run_step(training, a100(), network, {.network = sim::NetworkModel::ideal}).seconds <=
          report.seconds * (1 + 1e-12));
  }
}

TEST_CASE("training step: a slow host is what a small step takes") {
  const Training training = training_of({.micro_batch = 1, .global_batch = 8}, 8,
                                        {.launch = sim::Duration{1'000'000'000}});  // 1 ms
  const auto network = topology::load("test", "gpu-cluster:1x1");
  const StepReport report = run_step(training, a100(), network, {});
  double kernels = 0;
  for (const LayerWork& work : {embedding_work(training.model, training.layout, training.software),
                                head_work(training.model, training.layout, training.software)}) {
    kernels += static_cast<double>(work.forward.size() + work.backward.size());
  }
  const LayerWork layer = layer_work(training.model, training.layout, training.software, 0);
  kernels += 8 * static_cast<double>(layer.forward.size() + layer.backward.size());
  // A millisecond for each kernel of eight micro-batches, which all take less, and for the update.
  const double expected = ((8 * kernels) + 1) * 1e-3;
  CHECK(report.seconds >= expected);
  CHECK(report.seconds < expected * 1.001 + report.stages[0].seconds[2]);
  CHECK(report.stages[0].launch_s > 0.5 * report.seconds);
}

TEST_CASE("training step: a few replicas take as long as all of them") {
  struct Case {
    Layout layout;
    Software software;
  };
  const Software plain{.overlap_data = false, .overlap_pipeline = false};
  for (const Case& each :
       {Case{{.tensor = 8, .data = 8, .pipeline = 2, .global_batch = 32}, plain},
        Case{{.tensor = 8,
              .data = 8,
              .pipeline = 2,
              .chunks = 2,
              .sharding = Sharding::optimizer,
              .global_batch = 32},
             {}},
        Case{{.tensor = 2, .data = 16, .pipeline = 2, .global_batch = 32}, {}},
        Case{{.tensor = 4,
              .context = 2,
              .data = 8,
              .sharding = Sharding::optimizer,
              .global_batch = 16},
             {}},
        Case{{.data = 64, .sharding = Sharding::weights, .global_batch = 64}, {}}}) {
    const Training training = training_of(each.layout, 8, each.software);
    const std::int32_t ranks = each.layout.ranks();
    const auto network =
        topology::load("test", "gpu-cluster:" + std::to_string(ranks / 8) + "x8" + servers);
    const StepReport some = run_step(training, a100(), network, {});
    const StepReport all = run_step(training, a100(), network, {}, Symmetry::ignored);
    CHECK(some.ranks_run < ranks);
    CHECK(all.ranks_run == ranks);
    CHECK(some.seconds == all.seconds);
    for (std::size_t i = 0; i < category_names.size(); ++i) {
      CHECK(some.stages[0].seconds.at(i) == doctest::Approx(all.stages[0].seconds.at(i)));
    }
  }
}

TEST_CASE("training step: ranks of TP that lie on two servers, or not, are told apart") {
  const Training training = training_of({.tensor = 4, .data = 4, .global_batch = 4});
  const auto whole = topology::load("test", "gpu-cluster:2x8" + servers);
  const auto cut = topology::load("test", "gpu-cluster:3x6" + servers);
  // On servers of six, groups 4..7 lie on two: slower than on servers of eight.
  const StepReport fast = run_step(training, a100(), whole, {});
  const StepReport slow = run_step(training, a100(), cut, {});
  CHECK(slow.seconds > fast.seconds * 1.01);
}

TEST_CASE("training step: servers that differ are all run") {
  const Training training = training_of({.tensor = 8, .data = 4, .global_batch = 4});
  const auto pods = topology::load(
      "test", "gpu-cluster:4x8,nodes_per_leaf=2,nvlink=300GB/s,500ns,nic=200Gbps,500ns");
  CHECK(run_step(training, a100(), pods, {}).ranks_run == 32);
  CHECK(run_step(training, a100(), topology::load("test", "torus:4x8"), {}).ranks_run == 32);
}

namespace {

/// A layout by chance, of 16 GPUs.
Training any_training(std::mt19937_64& random) {
  const auto pick = [&](std::initializer_list<std::int32_t> values) {
    return values.begin()[random() % values.size()];
  };
  while (true) {
    Layout layout{.tensor = pick({1, 2, 4, 8}),
                  .context = pick({1, 1, 2}),
                  .pipeline = pick({1, 2, 4}),
                  .chunks = pick({1, 2}),
                  .sequence_parallel = pick({0, 1}) == 1,
                  .sharding = static_cast<Sharding>(pick({0, 1, 2, 3})),
                  .micro_batch = pick({1, 2}),
                  .global_batch = pick({16, 32})};
    const std::int32_t others = layout.tensor * layout.context * layout.pipeline;
    layout.data = 16 / others;
    layout.exchange = static_cast<ContextExchange>(pick({0, 1, 2}));
    if (others > 16 || (layout.chunks > 1 && layout.pipeline == 1)) {
      continue;
    }
    layout.expert_tensor = layout.tensor;
    layout.sharding_group = pick({0, 0, 2});
    Software software{.recompute = static_cast<Recompute>(pick({0, 1, 2, 3})),
                      .fused_attention = pick({0, 1}) == 1,
                      .overlap_tensor = static_cast<TensorOverlap>(pick({0, 1, 2})),
                      .overlap_data = pick({0, 1}) == 1,
                      .overlap_pipeline = pick({0, 1}) == 1,
                      .split_messages = pick({0, 1}) == 1,
                      .synchronises = pick({0, 1}) == 1};
    if (clash_of(layout, gpt_of(8)).empty()) {
      return training_of(layout, 8, software);
    }
  }
}

}  // namespace

TEST_CASE("training step: whatever the layout, links and overlap help, or do nothing") {
  std::mt19937_64 random{1};
  const auto slow = topology::load("test", "gpu-cluster:2x8,nvlink=300GB/s,500ns,nic=50Gbps,500ns");
  const auto fast = topology::load("test", "gpu-cluster:2x8" + servers);
  for (int i = 0; i < 60; ++i) {
    Training training = any_training(random);
    CAPTURE(i);
    const double seconds = run_step(training, a100(), fast, {}).seconds;
    // Flows that come together a little later may part a little earlier: a hundredth is allowed.
    constexpr double hundredth = 1.01;
    CHECK(run_step(training, a100(), slow, {}).seconds * hundredth >= seconds);
    CHECK(run_step(training, a100(), fast, {.network = sim::NetworkModel::ideal}).seconds <=
          seconds * (1 + 1e-9));
    Training plain = training;
    plain.software.overlap_tensor = TensorOverlap::none;
    plain.software.overlap_data = false;
    plain.software.overlap_pipeline = false;
    CHECK(run_step(plain, a100(), fast, {}).seconds * hundredth >= seconds);
  }
}

TEST_CASE("training step: the bound is one, whatever the layout, and meets what nobody delays") {
  std::mt19937_64 random{2};
  const auto slow = topology::load("test", "gpu-cluster:2x8,nvlink=300GB/s,500ns,nic=50Gbps,500ns");
  const auto fast = topology::load("test", "gpu-cluster:2x8" + servers);
  const collectives::ExecuteOptions options;
  double closeness = 0;
  constexpr int count = 120;
  for (int i = 0; i < count; ++i) {
    const Training training = any_training(random);
    CAPTURE(i);
    for (const auto* const network : {&slow, &fast}) {
      StepCosts costs{a100(), training.software, *network, options};
      const double bound = sim::seconds(step_lower_bound(training, costs).time);
      const double seconds = run_step(training, costs).seconds;
      CHECK(bound <= seconds);
      closeness += bound / seconds;
    }
  }
  // Over 50 and 200 Gb/s together. It is what a search has its speed from.
  CHECK(closeness / (2 * count) > 0.8);
  // On one GPU, and with TP in a server, it is the step.
  for (const std::int32_t tensor : {1, 8}) {
    const Training training = training_of({.tensor = tensor, .micro_batch = 2, .global_batch = 4},
                                          8, {.overlap_tensor = TensorOverlap::none});
    const auto network =
        topology::load("test", "gpu-cluster:1x" + std::to_string(tensor) + servers);
    StepCosts costs{a100(), training.software, network, options};
    CHECK(sim::seconds(step_lower_bound(training, costs).time) ==
          run_step(training, costs).seconds);
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

TEST_CASE("training step: what ranks hold over time is most what the order of passes says") {
  for (const PipelineKind kind : {PipelineKind::gpipe, PipelineKind::one_f_one_b,
                                  PipelineKind::interleaved, PipelineKind::zero_bubble}) {
    const Layout layout{.pipeline = 4,
                        .chunks = kind == PipelineKind::interleaved ? 2 : 1,
                        .micro_batch = 1,
                        .global_batch = 8};
    const Training training{gpt_of(8),
                            layout,
                            {.recompute = Recompute::selective, .fused_attention = false},
                            orders_of("test", kind, layout)};
    Timeline timeline;
    const StepReport report =
        run_step(training, a100(), topology::load("test", "gpu-cluster:1x4" + servers), {},
                 Symmetry::folded, &timeline);
    const std::vector<StageMemory> expected = memory_of(training);
    for (std::size_t stage = 0; stage < 4; ++stage) {
      CHECK(report.stages[stage].memory.activations ==
            doctest::Approx(expected[stage].activations));
      CHECK(report.stages[stage].memory.total() == doctest::Approx(expected[stage].total()));
      // Each micro-batch comes and goes: nothing is left, and nobody goes back in time.
      sim::Bytes held{};
      sim::Bytes most{};
      sim::Duration when{};
      for (const Recording::Level& level : timeline.recording.levels) {
        if (level.rank == timeline.recording.ranks[stage]) {
          CHECK(level.when >= when);
          when = level.when;
          held = level.held;
          most = std::max(most, held);
        }
      }
      CHECK(held == sim::Bytes{0});
      CHECK(static_cast<double>(most.count()) == report.stages[stage].memory.activations);
      CHECK(static_cast<double>(timeline.held_always[stage].count()) ==
            doctest::Approx(expected[stage].total() - expected[stage].activations));
    }
  }
}

TEST_CASE("training step: stages on other GPUs take what those take") {
  // Two stages that wait for their messages, one micro-batch: forward, forward, backward, backward.
  const Training training = training_of({.pipeline = 2, .global_batch = 1});
  const auto network = topology::load("test", "gpu-cluster:1x2" + servers);
  const collectives::ExecuteOptions options;
  const auto compute = [&](std::array<const calibration::GpuProfile*, 2> profiles) {
    StepCosts costs{profiles, training.software, network, options};
    const StepReport report = run_step(training, costs);
    return std::array{report.stages[0].seconds[0], report.stages[1].seconds[0], report.seconds};
  };
  const auto fast = compute({&h100(), &h100()});
  const auto slow = compute({&a100(), &a100()});
  const auto mixed = compute({&h100(), &a100()});
  CHECK(mixed[0] == fast[0]);
  CHECK(mixed[1] == slow[1]);
  CHECK(fast[2] < mixed[2]);
  CHECK(mixed[2] < slow[2]);
}

TEST_CASE("training step: a straggler holds up its group, by what its kernels take longer") {
  Training training = training_of({.tensor = 4, .global_batch = 2}, 8,
                                  {.overlap_tensor = TensorOverlap::none,
                                   .launch = sim::Duration{0},
                                   .collective_launch = sim::Duration{0}});
  const auto network = topology::load("test", "gpu-cluster:1x4" + servers);
  const StepReport usual = run_step(training, a100(), network, {});
  training.stragglers[2] = 1.5;
  const StepReport held_up = run_step(training, a100(), network, {});
  CHECK(held_up.ranks_run == 4);
  // All wait for it at every collective: half as long again for all kernels, the update included.
  double kernels = 0;
  for (const auto category : {Category::compute, Category::recompute, Category::optimizer}) {
    kernels += usual.stages[0].seconds.at(static_cast<std::size_t>(category));
  }
  CHECK(held_up.seconds == doctest::Approx(usual.seconds + (kernels / 2)).epsilon(1e-6));
  // A rank that is faster than the others changes nothing for them.
  training.stragglers[2] = 0.5;
  CHECK(run_step(training, a100(), network, {}).seconds == doctest::Approx(usual.seconds));
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
