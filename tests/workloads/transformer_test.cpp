#include "workloads/transformer.hpp"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/workloads/support.hpp"
#include "workloads/model_file.hpp"

using namespace workloads;

namespace {

Transformer gpt(std::int32_t layers, std::int32_t hidden, std::int32_t heads) {
  return model_of("{style: gpt, layers: " + std::to_string(layers) +
                  ", hidden: " + std::to_string(hidden) + ", heads: " + std::to_string(heads) +
                  ", vocabulary: 51200, sequence: 2048}");
}

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(read_any_model(sim::ConfigNode::parse("m.yaml", text)));
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("transformer: a GPT has 12 l h^2 (1 + 13/12h + (V + s)/12lh) parameters") {
  // Narayanan et al., SC 2021, equation 2, which leaves out the final norm: 2 h.
  for (const auto& [layers, hidden, heads] :
       {std::array{24, 2304, 24}, std::array{36, 4096, 32}, std::array{105, 20480, 128}}) {
    const std::int64_t h = hidden;
    const std::int64_t l = layers;
    const std::int64_t expected = (12 * l * h * h) + (13 * l * h) + ((51200 + 2048) * h) + (2 * h);
    CHECK(parameters(gpt(layers, hidden, heads)).total == expected);
  }
  // Table 1 there: 1.7, 7.5, 39.1, 145.6 and 529.6 billion.
  CHECK(static_cast<double>(parameters(gpt(24, 2304, 24)).total) / 1e9 ==
        doctest::Approx(1.7).epsilon(0.02));
  CHECK(static_cast<double>(parameters(gpt(48, 8192, 64)).total) / 1e9 ==
        doctest::Approx(39.1).epsilon(0.001));
  CHECK(static_cast<double>(parameters(gpt(80, 12288, 96)).total) / 1e9 ==
        doctest::Approx(145.6).epsilon(0.001));
  CHECK(static_cast<double>(parameters(gpt(105, 20480, 128)).total) / 1e9 ==
        doctest::Approx(529.6).epsilon(0.001));
}

TEST_CASE("transformer: BERT has the parameters that its authors count") {
  // The checkpoints bert-base-uncased and bert-large-uncased, pooler included.
  CHECK(parameters(model_of("{style: bert, layers: 12, hidden: 768, heads: 12, vocabulary: 30522,"
                            " sequence: 512}"))
            .total == 109'482'240);
  CHECK(parameters(model_of("{style: bert, layers: 24, hidden: 1024, heads: 16, vocabulary: 30522,"
                            " sequence: 512}"))
            .total == 335'141'888);
}

TEST_CASE("transformer: a token of a GPT takes what equation 3 of SC 2021 says") {
  // It counts four forward passes' worth for a step with recomputation, 3 of them without.
  for (const Transformer& model : {gpt(24, 2304, 24), gpt(80, 12288, 96)}) {
    const TokenFlop once = forward_flop(model, 2048);
    // Its output layer is not done again: 6 h V, not 8 h V.
    const double again = 2.0 * model.hidden * static_cast<double>(model.vocabulary);
    CHECK(((4 * (once.matrices + once.attention)) - again) / megatron_flop(model, 2048) ==
          doctest::Approx(1).epsilon(1e-12));
    CHECK(training_flop(model, 2048) / (3 * (once.matrices + once.attention)) ==
          doctest::Approx(1));
  }
}

TEST_CASE("transformer: a window bounds what attention sees") {
  Transformer model = gpt(2, 1024, 16);
  const double whole = forward_flop(model, 2048).attention;
  model.window = 512;
  CHECK(forward_flop(model, 2048).attention / whole == doctest::Approx(0.25));
  CHECK(forward_flop(model, 256).attention / whole == doctest::Approx(0.125));
}

TEST_CASE("model file: what does not go together is said with both numbers") {
  const std::string rest = "layers: 2, vocabulary: 100, sequence: 64";
  CHECK(error_of("{hidden: 100, heads: 3, " + rest + "}")
            .find("hidden size 100 cannot be divided by 3 heads") != std::string::npos);
  CHECK(error_of("{hidden: 96, heads: 6, key_value_heads: 4, " + rest + "}")
            .find("6 heads cannot share 4 key-value heads evenly") != std::string::npos);
  CHECK(error_of("{hidden: 96, heads: 6, experts: {count: 4, per_token: 8}, " + rest + "}")
            .find("a token takes 8 experts of 4") != std::string::npos);
  CHECK(error_of("{hidden: 96, haeds: 6, " + rest + "}").find("did you mean 'heads'") !=
        std::string::npos);
  CHECK(error_of("{model_type: lama}").find("did you mean 'llama'") != std::string::npos);
}

TEST_CASE("model file: the shipped models have their published number of parameters") {
  struct Case {
    std::string name;
    double billions;
    double active;
  };
  for (const Case& each :
       {Case{"gpt-3.6b", 3.6, 3.6}, Case{"gpt-18.4b", 18.4, 18.4}, Case{"gpt-76.1b", 76.1, 76.1},
        Case{"gpt-310.1b", 310.1, 310.1}, Case{"gpt-1008b", 1008, 1008},
        Case{"gpt3-175b", 174.6, 174.6}, Case{"gpt-22b", 22, 22}, Case{"bert-large", 0.335, 0.335},
        Case{"llama-3.1-8b", 8.030261248, 8.03}, Case{"llama-3.1-70b", 70.553706496, 70.6},
        Case{"llama-3.1-405b", 405.853388800, 405.9}, Case{"mixtral-8x7b", 46.702792704, 12.9},
        Case{"qwen3-235b-a22b", 235.093634560, 22}, Case{"deepseek-v3", 671.026419200, 37}}) {
    const Transformer model = read_model(
        sim::ConfigNode::load(std::string{SOURCE_DIR} + "/configs/models/" + each.name + ".yaml"));
    CAPTURE(each.name);
    CHECK(model.name == each.name);
    const Parameters all = parameters(model);
    CHECK(static_cast<double>(all.total) / 1e9 / each.billions == doctest::Approx(1).epsilon(0.01));
    CHECK(static_cast<double>(all.active) / 1e9 / each.active == doctest::Approx(1).epsilon(0.02));
  }
}

TEST_CASE("model file: a small config.json, as Hugging Face has them") {
  const Transformer model = read_any_model(sim::ConfigNode::parse("config.json", R"({
    "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 64,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": null,
    "intermediate_size": 96, "vocab_size": 1000, "max_position_embeddings": 128,
    "sliding_window": null, "num_local_experts": 4, "num_experts_per_tok": 2,
    "tie_word_embeddings": false, "rope_theta": 1000000.0})"));
  CHECK(model.head_size == 16);
  CHECK(model.window == 0);
  CHECK(model.experts->count == 4);
  // Per layer: norms 2 * 64, q and o 2 * 64 * 64, k and v 2 * 64 * 32, router 64 * 4, and experts
  // of 3 * 64 * 96 each. Outside: 2 * 1000 * 64 and a norm of 64.
  const std::int64_t common = (2 * 64) + (2 * 64 * 64) + (2 * 64 * 32) + (64 * 4);
  const std::int64_t expert = 3 * 64 * 96;
  CHECK(parameters(model).total == 128'064 + (2 * (common + (4 * expert))));
  CHECK(parameters(model).active == 128'064 + (2 * (common + (2 * expert))));
}

TEST_CASE("model file: published models have their published number of parameters") {
  const std::filesystem::path folder =
      std::filesystem::path{SOURCE_DIR} / ".." / "shared" / "reference" / "hf-config";
  if (!std::filesystem::exists(folder)) {
    MESSAGE("skipped: the files of Hugging Face are not here");
    return;
  }
  struct Case {
    std::string file;
    std::int64_t total;
    double active;  // billions
  };
  for (const Case& each :
       {Case{"meta-llama--Meta-Llama-3.1-8B", 8'030'261'248, 8.03},
        Case{"meta-llama--Meta-Llama-3.1-70B", 70'553'706'496, 70.6},
        Case{"meta-llama--Meta-Llama-3.1-405B", 405'853'388'800, 405.9},
        Case{"mistralai--Mixtral-8x7B-v0.1", 46'702'792'704, 12.9},
        Case{"Qwen--Qwen3-235B-A22B", 235'093'634'560, 22},
        // Without the layer that predicts a further token: 671 billion, of which 37 are active.
        Case{"deepseek-ai--DeepSeek-V3", 671'026'419'200, 37}}) {
    const Transformer model =
        read_any_model(sim::ConfigNode::load((folder / (each.file + "_config.json")).string()));
    CAPTURE(each.file);
    CHECK(parameters(model).total == each.total);
    CHECK(static_cast<double>(parameters(model).active) / 1e9 / each.active ==
          doctest::Approx(1).epsilon(0.02));
  }
}
