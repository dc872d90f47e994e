#pragma once
// What a rank has to hold: weights, gradients, the optimiser's state, activations, and what
// communication takes (communication_memory.hpp).
//
// Activations are what a forward pass keeps for the backward pass, tensor by tensor. Of a layer of
// GPT, with s tokens, b sequences, hidden size h and a heads, on one GPU (V. Korthikanti et al.,
// "Reducing Activation Recomputation in Large Transformer Models", MLSys 2023, equation 1):
//
//     norms            4 sbh    their inputs
//     attention       11 sbh    input of the projection 2, queries, keys and values 6, input of the
//                               output projection 2, mask of the dropout 1
//     its core         5 a s^2 b   softmax 2, mask 1, input of the weighted sum 2; not if fused
//     feed-forward    19 sbh    its input 2, that of the activation 8, of the second matrix 8, mask
//     1
//
// TP divides what is in the middle of attention and feed-forward networks by t, sequence
// parallelism the rest; CP divides the tokens.

#include <cstdint>

#include "workloads/layout.hpp"
#include "workloads/pipeline.hpp"
#include "workloads/software.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

/// Bytes of the activations of one micro-batch in one layer of a rank.
struct LayerActivations {
  double norms = 0;
  double attention = 0;
  double core = 0;
  double feed_forward = 0;
  double kept = 0;    // until the backward pass, after recomputation
  double redone = 0;  // what is there while the layer is done again, beyond what is kept
};
[[nodiscard]] LayerActivations layer_activations(const Transformer& model, const Layout& layout,
                                                 const Software& software, std::int32_t layer);

/// Bytes of the activations of one micro-batch in one part of the model: of its layers, and of the
/// embedding and the output layer where it has them.
struct PartActivations {
  double kept = 0;    // from its forward pass to the end of its backward pass
  double redone = 0;  // beyond these, while it goes forward or backward: of its largest layer
};
[[nodiscard]] PartActivations part_activations(const Transformer& model, const Layout& layout,
                                               const Software& software, std::int32_t part);

/// Bytes that a rank of a stage holds.
struct StageMemory {
  double weights = 0;
  double gradients = 0;
  double optimizer = 0;
  double activations = 0;  // at their most
  double communication = 0;

  [[nodiscard]] double total() const {
    return weights + gradients + optimizer + activations + communication;
  }
};

/// A rank of `stage`, which does its passes in this order. With PP > 1 tied embeddings are there
/// twice.
[[nodiscard]] StageMemory stage_memory(const Transformer& model, const Layout& layout,
                                       const Software& software, std::int32_t stage,
                                       const StageOrder& order);

/// Weights of a rank, in elements: those that TP and EP leave it, before sharding.
struct RankWeights {
  double dense = 0;    // which DP x CP ranks have in common
  double experts = 0;  // which expert data parallel ranks have in common
};

/// Of one layer; of the embedding; and of what is after the last layer, without an output layer
/// that is the embedding on the same rank.
[[nodiscard]] RankWeights layer_weights(const Transformer& model, const Layout& layout,
                                        std::int32_t layer);
[[nodiscard]] double embedding_weights(const Transformer& model, const Layout& layout);
[[nodiscard]] double head_weights(const Transformer& model, const Layout& layout);

/// Of all parts of `stage`.
[[nodiscard]] RankWeights rank_weights(const Transformer& model, const Layout& layout,
                                       std::int32_t stage);

}  // namespace workloads
