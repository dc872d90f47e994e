#include "workloads/memory.hpp"

#include <algorithm>
#include <vector>

#include "workloads/communication_memory.hpp"

namespace workloads {
namespace {

/// Sizes of a layer on one rank, in elements.
struct Sizes {
  double tokens = 0;   // of a micro-batch
  double outside = 0;  // tokens of what TP does not split
  double hidden = 0;
  double queries = 0;  // elements per token, of this rank's heads
  double keys = 0;     // of keys and values together
  double values = 0;   // of what attention gives
  double scores = 0;   // of all heads of this rank
};

Sizes sizes_of(const Transformer& model, const Layout& layout) {
  const double t = layout.tensor;
  const double sequence = static_cast<double>(model.sequence) / layout.context;
  Sizes out;
  out.tokens = sequence * layout.micro_batch;
  out.outside = layout.sequence_parallel ? out.tokens / t : out.tokens;
  out.hidden = model.hidden;
  const double heads = model.heads / t;
  if (model.latent) {
    const LatentAttention& latent = *model.latent;
    out.queries = heads * (latent.key_size + latent.rotary_size);
    out.keys = heads * (latent.key_size + latent.rotary_size + latent.value_size);
    out.values = heads * latent.value_size;
  } else {
    out.queries = heads * model.head_size;
    out.keys = 2 * std::max(model.key_value_heads / t, 1.0) * model.head_size;
    out.values = out.queries;
  }
  const double seen = model.window > 0 ? std::min(model.window, model.sequence) : model.sequence;
  out.scores = heads * out.tokens * seen;
  return out;
}

/// What a feed-forward network keeps per token that goes through it, beyond its input: the inputs
/// of the activation function and of the second matrix.
double inner_elements(const Transformer& model, double inner) {
  return (model.gated ? 3 : 2) * inner;
}

double feed_forward_bytes(const Transformer& model, const Layout& layout, const Software& software,
                          std::int32_t layer, const Sizes& sizes) {
  const double element = software.element;
  const double input = sizes.outside * sizes.hidden * element;
  if (!model.has_experts(layer)) {
    return input +
           (sizes.tokens * inner_elements(model, model.feed_forward) / layout.tensor * element);
  }
  // Tokens go to the experts that they take, evenly: as many come as go.
  const Experts& experts = *model.experts;
  const double routed = sizes.outside * experts.per_token * layout.expert_tensor;
  const double each = inner_elements(model, experts.feed_forward) / layout.expert_tensor;
  const double shared =
      sizes.tokens * experts.shared * inner_elements(model, experts.feed_forward) / layout.tensor;
  return input + (((routed * (sizes.hidden + each)) + shared) * element);
}

/// The inputs of the second matrix.
double activated_bytes(const Transformer& model, const Layout& layout, const Software& software,
                       std::int32_t layer, const Sizes& sizes) {
  const double dense = sizes.tokens * model.feed_forward / layout.tensor * software.element;
  if (!model.has_experts(layer)) {
    return dense;
  }
  const Experts& experts = *model.experts;
  return (sizes.outside * experts.per_token + sizes.tokens * experts.shared / layout.tensor) *
         experts.feed_forward * software.element;
}

double norm_elements(const Transformer& model) {
  return (model.norm == Norm::layer ? 2.0 : 1.0) * model.hidden;
}

}  // namespace

LayerActivations layer_activations(const Transformer& model, const Layout& layout,
                                   const Software& software, std::int32_t layer) {
  const Sizes sizes = sizes_of(model, layout);
  const double element = software.element;
  const double vector = sizes.outside * sizes.hidden;  // elements of the hidden state
  const double mask = software.dropout ? 1 : 0;        // byte per element
  LayerActivations out;
  out.norms = (model.parallel_block ? 1 : 2) * vector * element;
  out.attention = (vector * element) +
                  (sizes.tokens * (sizes.queries + sizes.keys + sizes.values) * element) +
                  (vector * mask);
  constexpr double statistics = 4;  // bytes of a row's sum of exponentials
  const double row_statistics = sizes.tokens * model.heads / layout.tensor * statistics;
  // The softmax; with dropout its mask, and what is left of it.
  out.core =
      software.fused_attention ? row_statistics : sizes.scores * (element + (mask * (1 + element)));
  out.feed_forward = feed_forward_bytes(model, layout, software, layer, sizes) + (vector * mask);
  const double all = out.norms + out.attention + out.core + out.feed_forward;
  switch (software.recompute) {
    case Recompute::none:
      out.kept = all;
      break;
    case Recompute::selective:
      out.kept = software.fused_attention ? all : all - out.core;
      break;
    case Recompute::elementwise:
      // Not the outputs of norms, nor of activation functions.
      out.kept = all - ((model.parallel_block ? 1 : 2) * vector * element) -
                 activated_bytes(model, layout, software, layer, sizes);
      break;
    case Recompute::full:
      out.kept = vector * element;
      break;
  }
  out.redone = all - out.kept;
  return out;
}

RankWeights layer_weights(const Transformer& model, const Layout& layout, std::int32_t layer) {
  const Parameters all = parameters(model);
  const double t = layout.tensor;
  const double norms = static_cast<double>(model.parallel_block ? 1 : 2) * norm_elements(model);
  RankWeights out{.dense = norms + ((static_cast<double>(all.attention) - norms) / t)};
  if (model.has_experts(layer)) {
    const Experts& experts = *model.experts;
    const auto expert = static_cast<double>(all.expert);
    out.dense += static_cast<double>(all.router) + (experts.shared * expert / t);
    out.experts =
        experts.count / static_cast<double>(layout.expert) * expert / layout.expert_tensor;
  } else {
    out.dense += static_cast<double>(all.dense) / t;
  }
  return out;
}

double embedding_weights(const Transformer& model, const Layout& layout) {
  const double table = static_cast<double>(model.vocabulary) * model.hidden;
  const double others =
      static_cast<double>(parameters(model).embedding) - table;  // positions, types
  return (table / layout.tensor) + others;
}

double head_weights(const Transformer& model, const Layout& layout) {
  const double table = static_cast<double>(model.vocabulary) * model.hidden / layout.tensor;
  const bool is_embedding = model.tied && layout.pipeline == 1;
  return norm_elements(model) + (is_embedding ? 0 : table);
}

RankWeights rank_weights(const Transformer& model, const Layout& layout, std::int32_t stage) {
  const std::vector<std::int32_t> first = first_layers(layout, model);
  const std::int32_t parts = layout.pipeline * layout.chunks;
  RankWeights out;
  for (std::int32_t part = stage; part < parts; part += layout.pipeline) {
    const auto at = static_cast<std::size_t>(part);
    for (std::int32_t layer = first[at]; layer < first[at + 1]; ++layer) {
      const RankWeights each = layer_weights(model, layout, layer);
      out.dense += each.dense;
      out.experts += each.experts;
    }
    out.dense += part == 0 ? embedding_weights(model, layout) : 0;
    out.dense += part == parts - 1 ? head_weights(model, layout) : 0;
  }
  return out;
}

PartActivations part_activations(const Transformer& model, const Layout& layout,
                                 const Software& software, std::int32_t part) {
  const std::vector<std::int32_t> first = first_layers(layout, model);
  const Sizes sizes = sizes_of(model, layout);
  const auto at = static_cast<std::size_t>(part);
  PartActivations out;
  for (std::int32_t layer = first[at]; layer < first[at + 1]; ++layer) {
    const LayerActivations each = layer_activations(model, layout, software, layer);
    out.kept += each.kept;
    out.redone = std::max(out.redone, each.redone);
  }
  if (part == 0 && software.dropout) {
    out.kept += sizes.outside * sizes.hidden;  // its mask
  }
  if (part == (layout.pipeline * layout.chunks) - 1) {
    // The final norm's and the output layer's inputs, and its output in single precision.
    constexpr double single = 4;
    out.kept += (2 * sizes.outside * sizes.hidden * software.element) +
                (sizes.tokens * static_cast<double>(model.vocabulary) / layout.tensor * single);
  }
  return out;
}

namespace {

/// The most that passes in this order hold at once.
double most_activations(const Transformer& model, const Layout& layout, const Software& software,
                        std::int32_t stage, const StageOrder& order) {
  std::vector<PartActivations> parts;
  for (std::int32_t chunk = 0; chunk < layout.chunks; ++chunk) {
    parts.push_back(part_activations(model, layout, software, (chunk * layout.pipeline) + stage));
  }
  double held = 0;
  double most = 0;
  for (const Slot& slot : order) {
    const PartActivations& part = parts[static_cast<std::size_t>(slot.chunk)];
    held += slot.work == Work::forward ? part.kept : 0;
    most = std::max(most, held + part.redone);
    held -= is_last_of(slot.work) ? part.kept : 0;
  }
  return most;
}

}  // namespace

StageMemory stage_memory(const Transformer& model, const Layout& layout, const Software& software,
                         std::int32_t stage, const StageOrder& order) {
  const RankWeights weights = rank_weights(model, layout, stage);
  const std::int32_t replicas = layout.data * layout.context;
  const double dense_parts = layout.sharding_group > 0 ? layout.sharding_group : replicas;
  const double expert_parts = std::min<double>(layout.expert_data(), dense_parts);
  const auto held = [&](Sharding from) {
    return layout.sharding >= from
               ? (weights.dense / dense_parts) + (weights.experts / expert_parts)
               : weights.dense + weights.experts;
  };
  return {.weights = software.element * held(Sharding::weights),
          .gradients = software.gradient * held(Sharding::gradients),
          .optimizer = software.optimizer * held(Sharding::optimizer),
          .activations = most_activations(model, layout, software, stage, order),
          .communication = communication_bytes(model, layout, software, stage)};
}

}  // namespace workloads
