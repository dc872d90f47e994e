#pragma once
// A training step as programs of ranks: what every rank computes, whom it talks to, and when.

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "workloads/kernel_costs.hpp"
#include "workloads/layout.hpp"
#include "workloads/pipeline.hpp"
#include "workloads/rank_program.hpp"
#include "workloads/software.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

/// What is trained, and how.
struct Training {
  Transformer model;
  Layout layout;
  Software software;
  std::vector<StageOrder> orders;  // of the pipeline's stages
  // Ranks whose kernels take so many times as long as they should.
  std::map<std::int32_t, double> stragglers{};
};

/// Where the time of a rank goes. The last ones are of waiting: for collectives along a dimension,
/// and for the neighbours in the pipeline.
enum class Category : std::uint8_t {
  compute,
  recompute,
  optimizer,
  tensor,
  context,
  expert,
  data,
  pipeline,
};
inline constexpr std::array<std::string_view, 8> category_names{
    "compute", "recompute", "optimizer", "TP", "CP", "EP", "DP", "PP"};

/// The communicators of a rank, by slot: who shares a layer's tensors, a sequence, experts, one
/// expert; who are replicas (over DP and CP), and of experts, or have a copy together of what is
/// sharded; who has the same part of other copies; and who has the embedding, if first and last
/// stage both do.
enum class Axis : std::uint8_t {
  tensor,
  context,
  expert,
  expert_tensor,
  data,
  expert_data,
  copies,
  expert_copies,
  embedding,
};
inline constexpr std::size_t axes = 9;

/// Peers, by slot: the ranks that hold the next and the previous part of the model.
enum class Neighbour : std::uint8_t { next, previous };

/// The orders of the pipeline's stages for a layout, by the kind of schedule. Throws sim::Error, in
/// the name of `where`, for micro-batches and chunks that do not go with it.
[[nodiscard]] std::vector<StageOrder> orders_of(const std::string& where, PipelineKind kind,
                                                const Layout& layout);

/// One step: all micro-batches forward and backward, gradients summed over replicas, weights
/// updated, and, where each replica updates a part, given to the others.
///
/// Gradients of a layer are summed up beside the backward pass of the layers before it, or, without
/// `overlap_data`, when all is done; what went through a stage's last micro-batch is complete.
///
/// With `replicas` above 0 of that many of the DP replicas only, which stand for the others: those
/// do the same. Communicators then name all their members.
[[nodiscard]] RankPrograms training_programs(const Training& training, const StageKernels& costs,
                                             std::int32_t replicas = 0);

}  // namespace workloads
