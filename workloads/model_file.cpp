#include "workloads/model_file.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace workloads {
namespace {

constexpr std::int64_t size_most = 1 << 24;
constexpr std::int64_t vocabulary_most = std::int64_t{1} << 32;

constexpr std::array<std::string_view, 3> styles{"llama", "gpt", "bert"};
constexpr std::array<std::string_view, 2> positions_names{"rotary", "learned"};
constexpr std::array<std::string_view, 2> norm_names{"root-mean-square", "layer"};

constexpr std::array<std::string_view, 22> model_keys{
    "style",      "name",     "layers",    "hidden",       "heads",  "key_value_heads",
    "head_size",  "gated",    "tied",      "feed_forward", "biases", "attention_biases",
    "vocabulary", "sequence", "positions", "norm",         "window", "parallel_block",
    "head_norms", "latent",   "experts",   "token_types"};

/// A value that is there and not null.
std::optional<sim::ConfigNode> said(const sim::ConfigNode& node, std::string_view key) {
  auto found = node.find(key);
  return found && !found->is_empty() ? found : std::nullopt;
}

std::int32_t size_or(const sim::ConfigNode& node, std::string_view key, std::int64_t other,
                     std::int64_t least = 1) {
  const auto found = node.find(key);
  return static_cast<std::int32_t>(found ? found->integer(least, size_most) : other);
}

std::int32_t size_at(const sim::ConfigNode& node, std::string_view key) {
  return static_cast<std::int32_t>(node.at(key).integer(1, size_most));
}

bool flag_or(const sim::ConfigNode& node, std::string_view key, bool other) {
  const auto found = node.find(key);
  return found ? found->boolean() : other;
}

/// What a model of this style is where its file says nothing.
Transformer of_style(std::size_t style) {
  Transformer model;
  if (style > 0) {
    model.gated = false;
    model.tied = true;
    model.biases = true;
    model.positions = Positions::learned;
    model.norm = Norm::layer;
  }
  if (styles.at(style) == "bert") {
    model.family = Family::encoder;
    model.token_types = 2;
  }
  return model;
}

LatentAttention read_latent(const sim::ConfigNode& node) {
  node.expect_keys({"query_rank", "key_value_rank", "key_size", "rotary_size", "value_size"});
  return {.query_rank = size_or(node, "query_rank", 0, 0),
          .key_value_rank = size_at(node, "key_value_rank"),
          .key_size = size_at(node, "key_size"),
          .rotary_size = size_or(node, "rotary_size", 0, 0),
          .value_size = size_at(node, "value_size")};
}

/// Throws if a token would take more experts than there are.
void check_experts(const sim::ConfigNode& node, const Experts& experts) {
  if (experts.per_token > experts.count) {
    node.fail(fmt::format("a token takes {} experts of {}", experts.per_token, experts.count));
  }
}

Experts read_experts(const sim::ConfigNode& node, std::int32_t feed_forward) {
  node.expect_keys(
      {"count", "per_token", "feed_forward", "shared", "first_dense", "every", "biased_router"});
  const Experts experts{.count = size_at(node, "count"),
                        .per_token = size_at(node, "per_token"),
                        .feed_forward = size_or(node, "feed_forward", feed_forward),
                        .shared = size_or(node, "shared", 0, 0),
                        .first_dense = size_or(node, "first_dense", 0, 0),
                        .every = size_or(node, "every", 1),
                        .biased_router = flag_or(node, "biased_router", false)};
  check_experts(node, experts);
  return experts;
}

/// The size of a head, and how many of them keys and values have.
void read_heads(const sim::ConfigNode& node, std::string_view heads, std::string_view key_heads,
                std::string_view head_size, Transformer& model) {
  model.heads = size_at(node, heads);
  const auto shared = said(node, key_heads);
  model.key_value_heads =
      static_cast<std::int32_t>(shared ? shared->integer(1, size_most) : std::int64_t{model.heads});
  if (model.heads % model.key_value_heads != 0) {
    node.at(key_heads).fail(fmt::format("{} heads cannot share {} key-value heads evenly",
                                        model.heads, model.key_value_heads));
  }
  if (const auto given = said(node, head_size)) {
    model.head_size = static_cast<std::int32_t>(given->integer(1, size_most));
  } else if (model.hidden % model.heads != 0) {
    node.at(heads).fail(
        fmt::format("hidden size {} cannot be divided by {} heads", model.hidden, model.heads),
        fmt::format("give '{}'", head_size));
  } else {
    model.head_size = model.hidden / model.heads;
  }
}

}  // namespace

Transformer read_model(const sim::ConfigNode& node) {
  node.expect_keys(model_keys);
  const auto style = node.find("style");
  Transformer model = of_style(style ? style->choice(styles, "style of model") : 0);
  const auto name = node.find("name");
  model.name = name ? name->text() : "model";
  model.layers = size_at(node, "layers");
  model.hidden = size_at(node, "hidden");
  read_heads(node, "heads", "key_value_heads", "head_size", model);
  constexpr std::int64_t usual = 4;
  model.feed_forward = size_or(node, "feed_forward", usual * model.hidden);
  model.gated = flag_or(node, "gated", model.gated);
  model.vocabulary = node.at("vocabulary").integer(1, vocabulary_most);
  model.sequence = size_at(node, "sequence");
  model.window = size_or(node, "window", 0, 0);
  model.tied = flag_or(node, "tied", model.tied);
  model.parallel_block = flag_or(node, "parallel_block", false);
  model.biases = flag_or(node, "biases", model.biases);
  model.attention_biases = flag_or(node, "attention_biases", false);
  model.head_norms = flag_or(node, "head_norms", false);
  model.token_types = size_or(node, "token_types", model.token_types, 0);
  if (const auto positions = node.find("positions")) {
    model.positions = static_cast<Positions>(positions->choice(positions_names, "positions"));
  }
  if (const auto norm = node.find("norm")) {
    model.norm = static_cast<Norm>(norm->choice(norm_names, "norm"));
  }
  if (const auto latent = node.find("latent")) {
    model.latent = read_latent(*latent);
  }
  if (const auto experts = node.find("experts")) {
    model.experts = read_experts(*experts, model.feed_forward);
  }
  return model;
}

namespace {

std::int32_t said_or(const sim::ConfigNode& node, std::string_view key, std::int64_t other,
                     std::int64_t least = 0) {
  const auto found = said(node, key);
  return static_cast<std::int32_t>(found ? found->integer(least, size_most) : other);
}

bool said_true(const sim::ConfigNode& node, std::string_view key, bool other = false) {
  const auto found = said(node, key);
  return found ? found->boolean() : other;
}

/// Decoders with rotary positions, as of Llama.
Transformer read_llama_like(const sim::ConfigNode& node, std::string_view type) {
  Transformer model = of_style(0);
  model.layers = size_at(node, "num_hidden_layers");
  model.hidden = size_at(node, "hidden_size");
  read_heads(node, "num_attention_heads", "num_key_value_heads", "head_dim", model);
  model.feed_forward = size_at(node, "intermediate_size");
  model.vocabulary = node.at("vocab_size").integer(1, vocabulary_most);
  model.sequence = size_at(node, "max_position_embeddings");
  model.tied = said_true(node, "tie_word_embeddings");
  model.biases = said_true(node, "mlp_bias");
  model.attention_biases = said_true(node, "attention_bias") || type.starts_with("qwen2");
  model.head_norms = type.starts_with("qwen3");
  if (said_true(node, "use_sliding_window", true)) {
    model.window = said_or(node, "sliding_window", 0);
  }
  return model;
}

/// `experts` of a file that calls their number and size so.
Experts experts_of(const sim::ConfigNode& node, std::string_view count, std::string_view size) {
  const Experts experts{.count = size_at(node, count),
                        .per_token = size_at(node, "num_experts_per_tok"),
                        .feed_forward = size_at(node, size)};
  check_experts(node.at(count), experts);
  return experts;
}

Transformer read_deepseek(const sim::ConfigNode& node, std::string_view type) {
  Transformer model = read_llama_like(node, type);
  model.latent = LatentAttention{.query_rank = said_or(node, "q_lora_rank", 0),
                                 .key_value_rank = size_at(node, "kv_lora_rank"),
                                 .key_size = size_at(node, "qk_nope_head_dim"),
                                 .rotary_size = size_at(node, "qk_rope_head_dim"),
                                 .value_size = size_at(node, "v_head_dim")};
  if (said(node, "n_routed_experts")) {
    model.experts = experts_of(node, "n_routed_experts", "moe_intermediate_size");
    model.experts->shared = said_or(node, "n_shared_experts", 0);
    model.experts->first_dense = said_or(node, "first_k_dense_replace", 0);
    model.experts->every = said_or(node, "moe_layer_freq", 1, 1);
    model.experts->biased_router = type == "deepseek_v3";
  }
  return model;
}

Transformer read_gpt2(const sim::ConfigNode& node) {
  Transformer model = of_style(1);
  model.layers = size_at(node, "n_layer");
  model.hidden = size_at(node, "n_embd");
  read_heads(node, "n_head", "n_kv_head", "n_head_size", model);
  constexpr std::int64_t usual = 4;
  model.feed_forward = said_or(node, "n_inner", usual * model.hidden, 1);
  model.vocabulary = node.at("vocab_size").integer(1, vocabulary_most);
  model.sequence =
      said(node, "n_positions") ? size_at(node, "n_positions") : size_at(node, "n_ctx");
  return model;
}

Transformer read_bert(const sim::ConfigNode& node) {
  constexpr std::size_t bert = 2;
  Transformer model = of_style(bert);
  model.layers = size_at(node, "num_hidden_layers");
  model.hidden = size_at(node, "hidden_size");
  read_heads(node, "num_attention_heads", "num_key_value_heads", "head_dim", model);
  model.feed_forward = size_at(node, "intermediate_size");
  model.vocabulary = node.at("vocab_size").integer(1, vocabulary_most);
  model.sequence = size_at(node, "max_position_embeddings");
  model.token_types = said_or(node, "type_vocab_size", 2);
  return model;
}

}  // namespace

Transformer read_hugging_face(const sim::ConfigNode& outer) {
  const sim::ConfigNode node = said(outer, "text_config").value_or(outer);
  constexpr std::array<std::string_view, 10> types{
      "llama",     "mistral",     "mixtral",     "qwen2", "qwen3",
      "qwen3_moe", "deepseek_v2", "deepseek_v3", "gpt2",  "bert"};
  const std::string type{types.at(node.at("model_type").choice(types, "type of model"))};
  Transformer model;
  if (type == "gpt2") {
    model = read_gpt2(node);
  } else if (type == "bert") {
    model = read_bert(node);
  } else if (type.starts_with("deepseek")) {
    model = read_deepseek(node, type);
  } else {
    model = read_llama_like(node, type);
  }
  if (type == "mixtral") {
    model.experts = experts_of(node, "num_local_experts", "intermediate_size");
  } else if (type == "qwen3_moe") {
    model.experts = experts_of(node, "num_experts", "moe_intermediate_size");
    model.experts->every = said_or(node, "decoder_sparse_step", 1, 1);
  }
  model.name = type;
  return model;
}

Transformer read_any_model(const sim::ConfigNode& node) {
  const bool is_hugging_face =
      node.is_map() && (node.find("model_type") || node.find("architectures"));
  return is_hugging_face ? read_hugging_face(node) : read_model(node);
}

}  // namespace workloads
