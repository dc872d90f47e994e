#include "workloads/training_programs.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "sim/error.hpp"
#include "tests/workloads/support.hpp"
#include "topology/registry.hpp"
#include "workloads/memory.hpp"
#include "workloads/model_file.hpp"
#include "workloads/rank_run.hpp"

using namespace workloads;
using collectives::Collective;
using Kind = Instruction::Kind;

namespace {

Transformer gpt_of(const std::string& more = "") {
  return model_of(
      "{style: gpt, layers: 8, hidden: 1024, heads: 16, vocabulary: 8192, sequence: 512" + more +
      "}");
}

Training training_of(const Transformer& model, const Layout& layout, const Software& software = {},
                     PipelineKind kind = PipelineKind::one_f_one_b) {
  return {model, layout, software, orders_of("test", kind, layout)};
}

RankPrograms programs_of(const Training& training) {
  const KernelCosts costs{a100(), training.software};
  return training_programs(training, StageKernels{costs});
}

/// Bytes of the operations that a program begins along an axis, by collective.
std::map<Collective, double> bytes_along(const RankPrograms& all, std::size_t program, Axis axis) {
  std::map<Collective, double> out;
  for (const Instruction& each : all.programs[program]) {
    if (each.kind == Kind::begin && each.slot == static_cast<std::uint16_t>(axis)) {
      const Operation& operation = all.operations[each.slot][static_cast<std::size_t>(each.what)];
      out[operation.collective] += static_cast<double>(operation.bytes.count());
    }
  }
  return out;
}

/// Rings over a network, and messages as they are.
RunResult run_on(const RankPrograms& all, const topology::Topology& network,
                 const collectives::ExecuteOptions& options = {}) {
  const auto group_of_ranks = [&](const std::vector<std::int32_t>& ranks) {
    collectives::Group group;
    for (const std::int32_t rank : ranks) {
      group.nodes.push_back(network.endpoints()[static_cast<std::size_t>(rank)]);
    }
    return group;
  };
  const Carrier carrier{
      .operation =
          [&](const Communicator& communicator, const Operation& operation) {
            collectives::Group group = group_of_ranks(communicator.ranks);
            const collectives::Request request{.topology = &network,
                                               .group = &group,
                                               .collective = operation.collective,
                                               .bytes = operation.bytes};
            const bool pairs = operation.collective == Collective::all_to_all;
            collectives::Schedule schedule =
                collectives::find_algorithm(
                    operation.collective,
                    sim::ConfigNode::scalar("test", pairs ? "pairwise" : "ring"))
                    .build(request);
            return Carried{.group = std::move(group), .schedule = std::move(schedule)};
          },
      .message =
          [&](std::int32_t from, std::int32_t to, sim::Bytes bytes) {
            collectives::Schedule schedule{Collective::broadcast, 2, 1, {bytes, 1}};
            schedule.add({.from = collectives::Rank{0},
                          .to = collectives::Rank{1},
                          .chunks = collectives::fixed_chunks(0, 1)},
                         {});
            return Carried{.group = group_of_ranks({from, to}), .schedule = std::move(schedule)};
          }};
  return run_ranks(all, network, options, carrier, category_names.size());
}

}  // namespace

TEST_CASE("training programs: TP's bytes are four sums of b s h a layer and micro-batch") {
  // Narayanan et al., SC 2021, section 3.2: 8 b s h (t - 1) / t per layer in 16 bits, which is what
  // a ring all-reduce sends for four sums of 2 b s h; with full recomputation two more.
  const Transformer model = gpt_of();
  for (const auto recompute : {Recompute::none, Recompute::full}) {
    const Layout layout{.tensor = 4, .pipeline = 2, .micro_batch = 2, .global_batch = 8};
    const RankPrograms all =
        programs_of(training_of(model, layout, {.recompute = recompute, .split_messages = false}));
    const double sums = recompute == Recompute::full ? 6 : 4;
    const double one = 2.0 * 2 * 512 * 1024;
    const double layers = 4.0 * 4 * sums * one;  // layers of a stage, micro-batches
    // The embedding's sum on the first stage; on the last the output layer's gradient, and three
    // numbers a token for the loss.
    CHECK(bytes_along(all, 0, Axis::tensor) ==
          std::map<Collective, double>{{Collective::all_reduce, layers + (4 * one)}});
    CHECK(bytes_along(all, 1, Axis::tensor) ==
          std::map<Collective, double>{
              {Collective::all_reduce, layers + (4 * one) + (4 * 3.0 * 2 * 512 * 4)}});
  }
}

TEST_CASE("training programs: replicas sum each gradient once, whole or to who updates it") {
  const Transformer model = gpt_of();
  Layout layout{.tensor = 2, .data = 2, .pipeline = 2, .micro_batch = 1, .global_batch = 8};
  for (const bool overlaps : {true, false}) {
    for (std::size_t stage = 0; stage < 2; ++stage) {
      const double weights = rank_weights(model, layout, static_cast<std::int32_t>(stage)).dense;
      layout.sharding = Sharding::none;
      CHECK(bytes_along(programs_of(training_of(model, layout, {.overlap_data = overlaps})), stage,
                        Axis::data) ==
            std::map<Collective, double>{{Collective::all_reduce, 4 * weights}});
      layout.sharding = Sharding::optimizer;
      CHECK(bytes_along(programs_of(training_of(model, layout, {.overlap_data = overlaps})), stage,
                        Axis::data) ==
            std::map<Collective, double>{{Collective::reduce_scatter, 4 * weights},
                                         {Collective::all_gather, 2 * weights}});
    }
  }
  // Copies of four of eight replicas: sums inside each, and of a quarter between the two.
  layout.data = 8;
  layout.global_batch = 32;
  layout.sharding = Sharding::optimizer;
  layout.sharding_group = 4;
  const RankPrograms copies = programs_of(training_of(model, layout));
  const double held = rank_weights(model, layout, 0).dense;
  CHECK(bytes_along(copies, 0, Axis::data) ==
        std::map<Collective, double>{{Collective::reduce_scatter, 4 * held},
                                     {Collective::all_gather, 2 * held}});
  CHECK(bytes_along(copies, 0, Axis::copies) ==
        std::map<Collective, double>{{Collective::all_reduce, 4 * held / 4}});
  layout = {.tensor = 2, .data = 2, .pipeline = 2, .micro_batch = 1, .global_batch = 8};
  // Rajbhandari et al., ZeRO, section 7.2: stage 3 gathers weights forward and backward, and sums.
  // The embedding's are not needed backward.
  layout.sharding = Sharding::weights;
  const RankPrograms sharded = programs_of(training_of(model, layout));
  double layers = 0;
  for (std::int32_t layer = 0; layer < 4; ++layer) {
    layers += layer_weights(model, layout, layer).dense;
  }
  const double passes = 4;  // micro-batches
  CHECK(bytes_along(sharded, 0, Axis::data).at(Collective::all_gather) ==
        doctest::Approx(passes * 2 * ((2 * layers) + embedding_weights(model, layout))));
  CHECK(bytes_along(sharded, 0, Axis::data).at(Collective::reduce_scatter) ==
        doctest::Approx(passes * 4 * (layers + embedding_weights(model, layout))));
}

TEST_CASE("training programs: between stages hidden states go on, and gradients back") {
  const Transformer model = gpt_of();
  const auto messages = [&](const Layout& layout, const Software& software) {
    const RankPrograms all = programs_of(training_of(model, layout, software));
    std::map<std::int32_t, int> sizes;
    for (const Instruction& each : all.programs[1]) {
      if (each.kind == Kind::send) {
        ++sizes[each.what];
      }
    }
    return sizes;
  };
  const std::int32_t all = 2 * 512 * 1024 * 2;  // b s h in 16 bits
  Layout layout{.tensor = 4, .pipeline = 4, .micro_batch = 2, .global_batch = 16};
  // Stage 1 of 4 sends 8 forward and 8 backward; split, each rank a quarter (SC 2021, section 4.1).
  CHECK(messages(layout, {.split_messages = false}) == std::map<std::int32_t, int>{{all, 16}});
  CHECK(messages(layout, {}) == std::map<std::int32_t, int>{{all / 4, 16}});
  layout.sequence_parallel = true;
  CHECK(messages(layout, {}) == std::map<std::int32_t, int>{{all / 4, 16}});
}

TEST_CASE("training programs: every schedule and layout runs to its end") {
  const auto network = topology::load("test", "gpu-cluster:4x4");
  const Transformer dense = gpt_of();
  const Transformer sparse = gpt_of(", experts: {count: 8, per_token: 2, feed_forward: 512}");
  struct Case {
    Layout layout;
    PipelineKind kind;
  };
  std::vector<Case> cases;
  for (const auto kind :
       {PipelineKind::gpipe, PipelineKind::one_f_one_b, PipelineKind::zero_bubble}) {
    cases.push_back({{.tensor = 4, .data = 2, .pipeline = 2, .global_batch = 8}, kind});
    cases.push_back({{.tensor = 2, .context = 2, .pipeline = 4, .global_batch = 4}, kind});
  }
  cases.push_back({{.tensor = 2, .data = 4, .pipeline = 2, .chunks = 4, .global_batch = 16},
                   PipelineKind::interleaved});
  for (const Case& each : cases) {
    Layout layout = each.layout;
    for (const bool sequence_parallel : {false, true}) {
      layout.sequence_parallel = sequence_parallel;
      for (const auto sharding : {Sharding::none, Sharding::optimizer, Sharding::weights}) {
        layout.sharding = sharding;
        for (const Transformer& model : {dense, sparse}) {
          layout.expert = model.experts && sequence_parallel ? 2 : 1;
          layout.expert_tensor = layout.expert > 1 ? 1 : layout.tensor;
          REQUIRE(clash_of(layout, model).empty());
          const Training training =
              training_of(model, layout, {.recompute = Recompute::selective}, each.kind);
          const RankPrograms all = programs_of(training);
          const RunResult flow = run_on(all, network);
          CHECK(flow.time > sim::Duration{0});
          // Nobody is ever in the way on an ideal network.
          CHECK(run_on(all, network, {.network = sim::NetworkModel::ideal}).time <= flow.time);
        }
      }
    }
  }
}

TEST_CASE("training programs: overlap never makes a step longer") {
  const auto network = topology::load("test", "gpu-cluster:2x4");
  const Transformer model = gpt_of();
  for (const Layout& layout : {Layout{.tensor = 4, .data = 2, .global_batch = 4},
                               Layout{.tensor = 2, .data = 2, .pipeline = 2, .global_batch = 8},
                               Layout{.data = 8, .global_batch = 16}}) {
    const auto time_of = [&](bool data, TensorOverlap tensor, bool pipeline) {
      return run_on(programs_of(training_of(model, layout,
                                            {.overlap_tensor = tensor,
                                             .overlap_data = data,
                                             .overlap_pipeline = pipeline})),
                    network)
          .time;
    };
    using enum TensorOverlap;
    CHECK(time_of(true, gradients, true) <= time_of(false, gradients, true));
    CHECK(time_of(true, gradients, true) <= time_of(true, none, true));
    CHECK(time_of(true, gradients, true) <= time_of(true, gradients, false));
    CHECK(time_of(true, none, true) <= time_of(false, none, true));
  }
}

TEST_CASE("training programs: schedules that do not go with a layout are refused") {
  CHECK_THROWS_WITH_AS(orders_of("s.yaml", PipelineKind::one_f_one_b,
                                 {.pipeline = 2, .chunks = 2, .global_batch = 4}),
                       doctest::Contains("2 chunks per stage need the schedule 'interleaved'"),
                       sim::Error);
  CHECK_THROWS_WITH_AS(orders_of("s.yaml", PipelineKind::interleaved,
                                 {.pipeline = 4, .chunks = 2, .global_batch = 6}),
                       doctest::Contains("6 micro-batches cannot be divided by PP 4"), sim::Error);
}
