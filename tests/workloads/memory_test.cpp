#include "workloads/memory.hpp"

#include <doctest/doctest.h>

#include "tests/workloads/support.hpp"
#include "workloads/model_file.hpp"
#include "workloads/pipeline.hpp"

using namespace workloads;

namespace {

/// GPT-3 as of Korthikanti et al., table 3.
Transformer gpt3() {
  return model_of(
      "{style: gpt, layers: 96, hidden: 12288, heads: 96, vocabulary: 51200,"
      " sequence: 2048}");
}

/// Megatron-LM of 2022: attention in several kernels, with dropout.
Software megatron(Recompute recompute) {
  return {.recompute = recompute, .fused_attention = false, .dropout = true};
}

}  // namespace

TEST_CASE("memory: a layer's activations are those of Korthikanti's formulas, to the byte") {
  // Table 2 there, with s, b, h, a and t: bytes per layer.
  const Transformer model = gpt3();
  for (const double t : {1.0, 2.0, 8.0}) {
    for (const std::int32_t b : {1, 4}) {
      const double s = 2048;
      const double h = 12288;
      const double a = 96;
      const double sbh = s * b * h;
      Layout layout{.tensor = static_cast<std::int32_t>(t), .micro_batch = b};
      const auto kept = [&](Recompute recompute) {
        return layer_activations(model, layout, megatron(recompute), 0).kept;
      };
      CHECK(kept(Recompute::none) == sbh * (10 + (24 / t) + (5 * a * s / (h * t))));
      CHECK(kept(Recompute::full) == 2 * sbh);
      layout.sequence_parallel = true;
      CHECK(kept(Recompute::none) == sbh / t * (34 + (5 * a * s / h)));
      CHECK(kept(Recompute::selective) == sbh * 34 / t);
      CHECK(kept(Recompute::full) == 2 * sbh / t);
    }
  }
}

TEST_CASE("memory: without dropout, fused attention and CP") {
  // Llama: no masks, keys and values of 8 heads, and three inner vectors of 28672.
  const Transformer model = model_of(
      "{layers: 80, hidden: 8192, heads: 64, key_value_heads: 8, feed_forward: 28672,"
      " vocabulary: 128256, sequence: 8192}");
  const Layout layout{.tensor = 8, .context = 2, .sequence_parallel = true};
  const LayerActivations each = layer_activations(model, layout, {}, 0);
  const double tokens = 8192 / 2.0;
  CHECK(each.norms == 2 * tokens / 8 * 8192 * 2);
  CHECK(each.attention == (tokens / 8 * 8192 * 2) + (tokens * (8192 + 2048 + 8192) / 8 * 2));
  CHECK(each.core == tokens * 8 * 4);
  CHECK(each.feed_forward == (tokens / 8 * 8192 * 2) + (tokens * 3 * 28672 / 8 * 2));
}

TEST_CASE("memory: weights of all ranks are those of the model, norms once a rank") {
  const Transformer model = model_of(
      "{layers: 6, hidden: 256, heads: 8, feed_forward: 512, vocabulary: 1000, sequence: 128,"
      " experts: {count: 8, per_token: 2, feed_forward: 64, shared: 1, first_dense: 2}}");
  const auto total = static_cast<double>(parameters(model).total);
  const auto sum = [&](const Layout& layout) {
    double all = 0;
    for (std::int32_t stage = 0; stage < layout.pipeline; ++stage) {
      const RankWeights weights = rank_weights(model, layout, stage);
      all += (weights.dense * layout.tensor) +
             (weights.experts * layout.expert * layout.expert_tensor);
    }
    return all;
  };
  CHECK(sum({}) == total);
  CHECK(sum({.pipeline = 3}) == total);
  CHECK(sum({.pipeline = 3, .chunks = 2}) == total);
  CHECK(sum({.data = 4, .expert = 4}) == total);
  // Norms (two a layer, one at the end) and routers are on every rank of TP.
  CHECK(sum({.tensor = 2, .expert_tensor = 2}) == total + (13 * 256) + (4 * 256 * 8));
}

TEST_CASE("memory: a weight takes 18 bytes, or 6 and 12 over DP with a sharded optimiser") {
  // The account of Megatron-LM: 2 for the weight, 4 for its gradient, 12 for Adam.
  const Transformer model = gpt3();
  Layout layout{.tensor = 8, .data = 4, .pipeline = 8};
  const double weights = rank_weights(model, layout, 3).dense;
  const auto bytes = [&] {
    const StageMemory memory = stage_memory(model, layout, {}, 3, {{Work::forward}});
    return memory.weights + memory.gradients + memory.optimizer;
  };
  CHECK(bytes() / weights == doctest::Approx(18));
  layout.sharding = Sharding::optimizer;
  CHECK(bytes() / weights == doctest::Approx(6 + (12 / 4.0)));
  layout.sharding = Sharding::gradients;
  CHECK(bytes() / weights == doctest::Approx(2 + (16 / 4.0)));
  layout.sharding = Sharding::weights;
  CHECK(bytes() / weights == doctest::Approx(18 / 4.0));
}

TEST_CASE("memory: the first stage holds what its schedule keeps in flight") {
  const Transformer model = gpt3();
  const Layout layout{.tensor = 8, .pipeline = 8, .sequence_parallel = true};
  const Software software = megatron(Recompute::selective);
  // 12 layers for 8 micro-batches, as much as all 96 layers for one; beside it the core of one
  // layer, while it is done again, and the mask of the embedding's dropout.
  const double sbh = 2048.0 * 12288;
  const double expected = (96 * sbh * 34 / 8) + (5.0 * 96 * 2048 * 2048 / 8) + (sbh / 8 * 8);
  CHECK(stage_memory(model, layout, software, 0, one_f_one_b(8, 64).front()).activations ==
        expected);
}

TEST_CASE("memory: outputs over the vocabulary are there once with 1F1B, for all with GPipe") {
  const Transformer model = gpt3();
  const Layout layout{.tensor = 8, .pipeline = 8, .sequence_parallel = true};
  const Software software = megatron(Recompute::full);
  // Of the last stage: inputs of 12 layers, of the norm and of the output layer, and its output.
  const double sbh = 2048.0 * 12288;
  const double each = (14 * 2 * sbh / 8) + (4.0 * 2048 * 51200 / 8);
  const double redone = (sbh / 8 * (34 - 2)) + (5.0 * 96 * 2048 * 2048 / 8);
  const auto most = [&](const std::vector<StageOrder>& orders) {
    return stage_memory(model, layout, software, 7, orders.back()).activations;
  };
  CHECK(most(one_f_one_b(8, 16)) == each + redone);
  CHECK(most(gpipe(8, 16)) == (16 * each) + redone);
}

TEST_CASE("memory: what communication takes") {
  // Without others to talk to, nothing.
  Transformer model = gpt3();
  CHECK(stage_memory(model, {}, {}, 0, {}).communication == 0);
  // TP and DP, each with a ring and a tree: 3 connections x 24 channels x 10 MiB.
  constexpr double connection = 10.0 * 1024 * 1024;
  const Software software{.communication_blocks = 24};
  CHECK(stage_memory(model, {.tensor = 8, .data = 4}, software, 0, {}).communication ==
        2 * 3 * 24 * connection);
  // The output layer is the embedding, on two stages: a communicator of theirs, and a connection
  // for messages. Each message is an eighth of the hidden states of a micro-batch: one comes, one
  // goes.
  const double message = 2.0 * 2048 * 12288 / 8;
  const Layout pipeline{.tensor = 8, .pipeline = 8};
  CHECK(stage_memory(model, pipeline, software, 0, {}).communication ==
        (7 * 24 * connection) + (2 * message));
  CHECK(stage_memory(model, pipeline, software, 1, {}).communication ==
        (4 * 24 * connection) + (2 * message));
  // Where replicas keep parts only: weights and gradients of a layer, this one's and the next
  // one's.
  Layout sharded{.data = 8, .sharding = Sharding::weights};
  const double layer = layer_weights(model, sharded, 0).dense;
  CHECK(stage_memory(model, sharded, software, 0, {}).communication ==
        (3 * 24 * connection) + (2 * (2 + 4) * layer));
  sharded.sharding = Sharding::gradients;
  CHECK(stage_memory(model, sharded, software, 0, {}).communication ==
        (3 * 24 * connection) + (2 * 4 * layer));
}
