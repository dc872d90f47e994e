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
    const StageMemory memory = stage_memory(model, layout, {}, 3, 1);
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
  const std::int32_t held = most_in_flight(one_f_one_b(8, 64).front());
  // 12 layers for 8 micro-batches, as much as all 96 layers for one; beside it the core of one
  // layer, while it is done again, and the mask of the embedding's dropout.
  const double sbh = 2048.0 * 12288;
  const double expected = (96 * sbh * 34 / 8) + (5.0 * 96 * 2048 * 2048 / 8) + (sbh / 8 * 8);
  CHECK(stage_memory(model, layout, software, 0, held).activations == expected);
}
