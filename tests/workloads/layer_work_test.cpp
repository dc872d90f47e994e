#include "workloads/layer_work.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

#include "tests/workloads/support.hpp"
#include "workloads/model_file.hpp"

using namespace workloads;
using collectives::Collective;

namespace {

double flop_in(const std::vector<Piece>& pass) {
  double sum = 0;
  for (const Piece& piece : pass) {
    if (const auto* const kernel = std::get_if<KernelWork>(&piece)) {
      sum += flop_of(*kernel);
    }
  }
  return sum;
}

/// How often each collective is there, and its bytes all together.
struct Traffic {
  int count = 0;
  double bytes = 0;
};
std::map<Collective, Traffic> traffic_in(const std::vector<Piece>& pass) {
  std::map<Collective, Traffic> out;
  for (const Piece& piece : pass) {
    if (const auto* const work = std::get_if<CollectiveWork>(&piece)) {
      ++out[work->collective].count;
      out[work->collective].bytes += work->bytes;
    }
  }
  return out;
}

const std::vector<std::string> models{
    "{style: gpt, layers: 4, hidden: 1024, heads: 16, vocabulary: 51200, sequence: 512}",
    "{layers: 4, hidden: 2048, heads: 32, key_value_heads: 8, feed_forward: 7168,"
    " vocabulary: 32000, sequence: 1024}",
    "{layers: 4, hidden: 2048, heads: 32, feed_forward: 7168, vocabulary: 32000, sequence: 1024,"
    " experts: {count: 16, per_token: 4, feed_forward: 1024, shared: 1, first_dense: 1}}",
    "{layers: 4, hidden: 2048, heads: 16, feed_forward: 7168, vocabulary: 32000, sequence: 1024,"
    " latent: {query_rank: 512, key_value_rank: 256, key_size: 128, rotary_size: 64,"
    " value_size: 128}}",
    "{layers: 4, hidden: 1024, heads: 16, vocabulary: 32000, sequence: 1024, window: 256}",
    "{style: bert, layers: 4, hidden: 1024, heads: 16, vocabulary: 30522, sequence: 512}"};

}  // namespace

TEST_CASE("layer work: all ranks' products together are the operations that the model takes") {
  for (const std::string& text : models) {
    const Transformer model = model_of(text);
    for (const bool fused : {true, false}) {
      Software software{.fused_attention = fused};
      // MLA scores over key_size + rotary_size and values of value_size: not one kernel's size.
      if (model.latent && fused) {
        continue;
      }
      const TokenFlop once = forward_flop(model, model.sequence);
      const double expected = (once.matrices + once.attention) * model.sequence * 2;
      for (const std::int32_t t : {1, 4}) {
        const Layout layout{.tensor = t,
                            .expert_tensor = model.experts ? t : 1,
                            .sequence_parallel = t > 1,
                            .micro_batch = 2};
        double forward = flop_in(head_work(model, layout, software).forward);
        double backward = flop_in(head_work(model, layout, software).backward);
        for (std::int32_t layer = 0; layer < model.layers; ++layer) {
          const LayerWork work = layer_work(model, layout, software, layer);
          forward += flop_in(work.forward);
          backward += flop_in(work.backward);
        }
        CAPTURE(text);
        CAPTURE(t);
        // Under MLA every rank of TP makes the short vectors, and routers see each token once.
        const double twice = model.latent ? 0.05 : 1e-12;
        CHECK(forward * t / expected == doctest::Approx(1).epsilon(twice));
        const double again = fused ? 0.5 * once.attention * model.sequence * 2 : 0;
        CHECK(backward * t / ((2 * expected) + again) == doctest::Approx(1).epsilon(twice));
      }
    }
  }
}

TEST_CASE("layer work: TP sums a layer's hidden states twice forward, twice backward") {
  // M. Shoeybi et al., "Megatron-LM", 2019, figure 4: 4 all-reduces of b s h a layer.
  const Transformer model = model_of(models[0]);
  Layout layout{.tensor = 4, .micro_batch = 3};
  const double bytes = 3.0 * 512 * 1024 * 2;
  const LayerWork work = layer_work(model, layout, {}, 0);
  for (const auto* const pass : {&work.forward, &work.backward}) {
    const auto traffic = traffic_in(*pass);
    REQUIRE(traffic.size() == 1);
    CHECK(traffic.at(Collective::all_reduce).count == 2);
    CHECK(traffic.at(Collective::all_reduce).bytes == 2 * bytes);
  }
  // Sequence parallel: as many bytes, an all-gather and a reduce-scatter for each sum; and backward
  // one more all-gather each of what went into the first products (Korthikanti et al., 4.2.2).
  layout.sequence_parallel = true;
  const LayerWork split = layer_work(model, layout, {}, 0);
  const auto forward = traffic_in(split.forward);
  CHECK(forward.at(Collective::all_gather).bytes == 2 * bytes);
  CHECK(forward.at(Collective::reduce_scatter).bytes == 2 * bytes);
  const auto backward = traffic_in(split.backward);
  CHECK(backward.at(Collective::all_gather).bytes == 4 * bytes);
  CHECK(backward.at(Collective::reduce_scatter).bytes == 2 * bytes);
  // One GPU talks to nobody.
  CHECK(traffic_in(layer_work(model, {}, {}, 0).forward).empty());
}

TEST_CASE("layer work: CP passes keys and values around, gathers them, or swaps heads for tokens") {
  const Transformer model = model_of(models[1]);  // keys and values of 8 heads of 64 each
  Layout layout{.context = 4, .micro_batch = 3};
  const double keys = 3.0 * 1024 * 2 * 8 * 64 * 2;  // bytes of the whole sequence
  for (const auto exchange : {ContextExchange::ring, ContextExchange::gather}) {
    layout.exchange = exchange;
    const LayerWork work = layer_work(model, layout, {}, 0);
    CHECK(traffic_in(work.forward).at(Collective::all_gather).bytes == keys);
    CHECK(traffic_in(work.backward).at(Collective::all_gather).bytes == keys);
    CHECK(traffic_in(work.backward).at(Collective::reduce_scatter).bytes == keys);
    // Each of the four ranks has a quarter of the pairs.
    CHECK(flop_in(work.forward) * 4 /
              flop_in(layer_work(model, {.micro_batch = 3}, {}, 0).forward) ==
          doctest::Approx(1));
  }
  // DeepSpeed Ulysses: queries, keys, values and results of a rank's tokens, two exchanges a pass.
  layout.exchange = ContextExchange::all_to_all;
  const double heads = 3.0 * 256 * ((2 * 32) + (2 * 8)) * 64 * 2;
  for (const auto& pass :
       {layer_work(model, layout, {}, 0).forward, layer_work(model, layout, {}, 0).backward}) {
    CHECK(traffic_in(pass).at(Collective::all_to_all).count == 2);
    CHECK(traffic_in(pass).at(Collective::all_to_all).bytes == heads);
  }
}

TEST_CASE("layer work: EP sends each token to its experts and back") {
  const Transformer model = model_of(models[2]);
  const Layout layout{.data = 8, .expert = 8, .micro_batch = 2};
  const LayerWork work = layer_work(model, layout, {}, 1);
  const double bytes = 2.0 * 1024 * 4 * 2048 * 2;  // tokens, experts of each, hidden, two bytes
  for (const auto* const pass : {&work.forward, &work.backward}) {
    const auto traffic = traffic_in(*pass);
    REQUIRE(traffic.size() == 1);
    CHECK(traffic.at(Collective::all_to_all).count == 2);
    CHECK(traffic.at(Collective::all_to_all).bytes == 2 * bytes);
  }
  CHECK(traffic_in(layer_work(model, layout, {}, 0).forward).empty());  // a dense layer
}

TEST_CASE("layer work: what is done again is the layer, or the core of attention") {
  const Transformer model = model_of(models[0]);
  const auto work = [&](Recompute recompute, bool fused) {
    return layer_work(model, {}, {.recompute = recompute, .fused_attention = fused}, 0);
  };
  CHECK(work(Recompute::none, false).again.empty());
  const LayerWork full = work(Recompute::full, false);
  CHECK(flop_in(full.again) == flop_in(full.forward));
  // Scores and weighted sums: 4 s^2 h.
  CHECK(flop_in(work(Recompute::selective, false).again) == 4.0 * 512 * 512 * 1024);
  CHECK(work(Recompute::selective, true).again.empty());
}
