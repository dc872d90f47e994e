#include "workloads/transformer.hpp"

namespace workloads {
namespace {

/// A matrix with its bias.
std::int64_t matrix(std::int64_t in, std::int64_t out, bool biased) {
  return (in * out) + (biased ? out : 0);
}

std::int64_t norm(const Transformer& model, std::int64_t size) {
  return model.norm == Norm::layer ? 2 * size : size;
}

std::int64_t latent_attention(const Transformer& model, const LatentAttention& latent) {
  const std::int64_t h = model.hidden;
  const std::int64_t query = std::int64_t{model.heads} * (latent.key_size + latent.rotary_size);
  const std::int64_t queries = latent.query_rank > 0 ? matrix(h, latent.query_rank, false) +
                                                           norm(model, latent.query_rank) +
                                                           matrix(latent.query_rank, query, false)
                                                     : matrix(h, query, false);
  const std::int64_t keys_and_values =
      matrix(h, latent.key_value_rank + latent.rotary_size, false) +
      norm(model, latent.key_value_rank) +
      matrix(latent.key_value_rank,
             std::int64_t{model.heads} * (latent.key_size + latent.value_size), false);
  return queries + keys_and_values +
         matrix(std::int64_t{model.heads} * latent.value_size, h, false);
}

std::int64_t grouped_attention(const Transformer& model) {
  const std::int64_t h = model.hidden;
  const std::int64_t query = std::int64_t{model.heads} * model.head_size;
  const std::int64_t key = std::int64_t{model.key_value_heads} * model.head_size;
  const bool biased = model.biases || model.attention_biases;
  const std::int64_t head_norms = model.head_norms ? 2 * norm(model, model.head_size) : 0;
  return matrix(h, query, biased) + (2 * matrix(h, key, biased)) + head_norms +
         matrix(query, h, model.biases);
}

std::int64_t feed_forward(const Transformer& model, std::int64_t inner) {
  const std::int64_t up = matrix(model.hidden, inner, model.biases);
  return (model.gated ? 2 * up : up) + matrix(inner, model.hidden, model.biases);
}

std::int32_t expert_layers(const Transformer& model) {
  std::int32_t count = 0;
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    count += model.has_experts(layer) ? 1 : 0;
  }
  return count;
}

}  // namespace

bool Transformer::has_experts(std::int32_t layer) const {
  return experts && layer >= experts->first_dense && layer % experts->every == experts->every - 1;
}

Parameters parameters(const Transformer& model) {
  const std::int64_t h = model.hidden;
  Parameters out;
  const std::int64_t norms = (model.parallel_block ? 1 : 2) * norm(model, h);
  out.attention =
      norms + (model.latent ? latent_attention(model, *model.latent) : grouped_attention(model));
  out.dense = feed_forward(model, model.feed_forward);
  const std::int64_t position_rows = model.positions == Positions::learned ? model.sequence : 0;
  out.embedding = (model.vocabulary + position_rows + model.token_types) * h;
  out.head = norm(model, h) + (model.tied ? 0 : model.vocabulary * h) +
             (model.family == Family::encoder ? matrix(h, h, model.biases) : 0);
  std::int64_t with_experts = 0;
  std::int64_t taken = 0;
  if (model.experts) {
    const Experts& experts = *model.experts;
    out.expert = feed_forward(model, experts.feed_forward);
    out.router = (h * experts.count) + (experts.biased_router ? experts.count : 0);
    with_experts = out.router + ((experts.count + experts.shared) * out.expert);
    taken = out.router + ((experts.per_token + experts.shared) * out.expert);
  }
  const std::int64_t sparse = expert_layers(model);
  const std::int64_t common = out.embedding + out.head + (model.layers * out.attention) +
                              ((model.layers - sparse) * out.dense);
  out.total = common + (sparse * with_experts);
  out.active = common + (sparse * taken);
  return out;
}

TokenFlop forward_flop(const Transformer& model, std::int32_t sequence) {
  const std::int64_t h = model.hidden;
  Transformer bare = model;  // matrices alone
  bare.biases = bare.attention_biases = bare.head_norms = false;
  std::int64_t attention = 0;
  double score_size = 2.0 * model.heads * model.head_size;
  if (model.latent) {
    const LatentAttention& latent = *model.latent;
    attention = latent_attention(bare, latent) - norm(model, latent.key_value_rank) -
                (latent.query_rank > 0 ? norm(model, latent.query_rank) : 0);
    score_size = static_cast<double>(model.heads) *
                 (latent.key_size + latent.rotary_size + latent.value_size);
  } else {
    attention = grouped_attention(bare);
  }
  std::int64_t weights = (model.layers * attention) + (model.vocabulary * h);
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    if (model.has_experts(layer)) {
      const Experts& experts = *model.experts;
      weights += (h * experts.count) +
                 ((experts.per_token + experts.shared) * feed_forward(bare, experts.feed_forward));
    } else {
      weights += feed_forward(bare, model.feed_forward);
    }
  }
  const std::int32_t seen = model.window > 0 && model.window < sequence ? model.window : sequence;
  constexpr double flop = 2;  // a multiplication and an addition
  return {.matrices = flop * static_cast<double>(weights),
          .attention = flop * model.layers * score_size * seen};
}

double training_flop(const Transformer& model, std::int32_t sequence) {
  constexpr double passes = 3;  // one forward, and a backward that is worth two
  const TokenFlop once = forward_flop(model, sequence);
  return passes * (once.matrices + once.attention);
}

double megatron_flop(const Transformer& model, std::int32_t sequence) {
  const double l = model.layers;
  const double h = model.hidden;
  return 96 * l * h * h *
         (1 + (sequence / (6 * h)) + (static_cast<double>(model.vocabulary) / (16 * l * h)));
}

}  // namespace workloads
