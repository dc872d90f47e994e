#pragma once
// Models as users write them:
//
//     style: gpt              # or llama, bert: what is left out below is as in those
//     layers: 96
//     hidden: 12288
//     heads: 96
//     vocabulary: 51200
//     sequence: 2048
//
// Further keys: name, key_value_heads, head_size, feed_forward, gated, tied, biases,
// attention_biases, head_norms, positions (rotary, learned), norm (root-mean-square, layer),
// window, parallel_block, token_types,
// latent: {query_rank, key_value_rank, key_size, rotary_size, value_size} and
// experts: {count, per_token, feed_forward, shared, first_dense, every, biased_router}.

#include "sim/config.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

/// Reads such a mapping. Throws sim::Error at unknown keys, sizes out of range, and sizes that do
/// not go together, naming both.
[[nodiscard]] Transformer read_model(const sim::ConfigNode& node);

/// Reads the `config.json` of a model on Hugging Face: Llama, Mistral, Mixtral, Qwen2, Qwen3 and
/// its mixtures of experts, DeepSeek-V2 and V3, GPT-2, BERT; of models with several parts, that of
/// the `text_config`. Keys that say nothing of the shape are left alone. `sequence` is what the
/// model was made for (`max_position_embeddings`).
///
/// Throws sim::Error for a type of model that it does not know, and at missing or wrong sizes.
[[nodiscard]] Transformer read_hugging_face(const sim::ConfigNode& outer);

/// Either of both: a file of Hugging Face says its `model_type`, or its `architectures`.
[[nodiscard]] Transformer read_any_model(const sim::ConfigNode& node);

}  // namespace workloads
