#pragma once
// A transformer by its shape, and what follows from that: how many parameters it has, and how much
// arithmetic a token takes.

#include <cstdint>
#include <optional>
#include <string>

namespace workloads {

/// Multi-head latent attention: keys and values of all heads come from one short vector per token
/// (DeepSeek-AI, "DeepSeek-V2", 2024, section 2.1). Sizes are per head, ranks per token.
struct LatentAttention {
  std::int32_t query_rank = 0;  // 0: queries come straight from the hidden vector
  std::int32_t key_value_rank = 0;
  std::int32_t key_size = 0;     // of the part without position
  std::int32_t rotary_size = 0;  // of the part with it, which all heads share in keys
  std::int32_t value_size = 0;
};

/// A mixture of experts in place of the feed-forward network.
struct Experts {
  std::int32_t count = 0;  // routed ones, of which each token takes `per_token`
  std::int32_t per_token = 0;
  std::int32_t feed_forward = 0;  // the inner size of one
  std::int32_t shared = 0;        // experts that every token takes
  std::int32_t first_dense = 0;   // so many layers at the beginning have no experts
  std::int32_t every = 1;         // of the others, each `every`-th has them
  bool biased_router = false;     // a correction per expert (DeepSeek-V3)
};

enum class Family : std::uint8_t {
  decoder,  // causal: each token sees those before it
  encoder,  // every token sees all; a pooler reads the first (BERT)
};

enum class Positions : std::uint8_t { rotary, learned };
enum class Norm : std::uint8_t { root_mean_square, layer };

/// The shape of a transformer. Sizes count elements.
struct Transformer {
  std::string name;
  Family family = Family::decoder;
  std::int32_t layers = 0;
  std::int32_t hidden = 0;
  std::int32_t heads = 0;
  std::int32_t key_value_heads = 0;
  std::int32_t head_size = 0;
  std::int32_t feed_forward = 0;  // the inner size
  bool gated = true;              // SwiGLU and the like: three matrices, not two
  std::int64_t vocabulary = 0;
  std::int32_t sequence = 0;      // tokens; learned positions have a vector for each
  std::int32_t window = 0;        // so many tokens before it a token sees; 0: all
  bool tied = false;              // the output layer is the embedding
  bool parallel_block = false;    // attention and feed-forward both read the layer's input
  bool biases = false;            // of matrices
  bool attention_biases = false;  // of those that make queries, keys and values, if not of all
  bool head_norms = false;        // queries and keys of each head are normalised
  Positions positions = Positions::rotary;
  Norm norm = Norm::root_mean_square;
  std::int32_t token_types = 0;  // of encoders: further embeddings
  std::optional<LatentAttention> latent{};
  std::optional<Experts> experts{};

  [[nodiscard]] bool has_experts(std::int32_t layer) const;
};

/// Parameters, by where they are.
struct Parameters {
  std::int64_t attention = 0;  // of one layer, norms included
  std::int64_t dense = 0;      // the feed-forward network of a layer without experts
  std::int64_t router = 0;     // of a layer with experts
  std::int64_t expert = 0;     // one of them
  std::int64_t embedding = 0;  // of tokens and positions
  std::int64_t head = 0;       // the final norm; the output layer if it is not tied; the pooler
  std::int64_t total = 0;
  std::int64_t active = 0;  // that a token meets: of experts, those that it takes
};
[[nodiscard]] Parameters parameters(const Transformer& model);

/// Floating-point operations per token of one forward pass, an addition and a multiplication each.
struct TokenFlop {
  double matrices = 0;   // products with weights, the output layer included
  double attention = 0;  // scores and their weighted sums, as if nothing was masked
};
[[nodiscard]] TokenFlop forward_flop(const Transformer& model, std::int32_t sequence);

/// What a training step does per token by the usual count: a backward pass is twice a forward pass,
/// recomputation not counted, nothing masked. 6 P and attention (A. Chowdhery et al., "PaLM", 2022,
/// appendix B, with P without the embedding).
[[nodiscard]] double training_flop(const Transformer& model, std::int32_t sequence);

/// D. Narayanan et al., "Efficient Large-Scale Language Model Training on GPU Clusters Using
/// Megatron-LM", SC 2021, equation 3, per token: 96 l h^2 (1 + s / 6h + V / 16lh). It counts a
/// forward pass that is done again, and feed-forward networks of four times the hidden size.
[[nodiscard]] double megatron_flop(const Transformer& model, std::int32_t sequence);

}  // namespace workloads
