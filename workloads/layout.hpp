#pragma once
// How a model is laid out over GPUs: which rank holds which part of what.
//
// Every rank has a place in a grid of dimensions, the first one innermost: with TP 2, DP 2 and PP 2
// in that order, ranks 0 and 1 share tensors, 0 and 2 are replicas, 0 and 4 neighbours in the
// pipeline. Layers with experts may see the same ranks as another grid (D. Liu et al., "MoE
// Parallel Folding", 2025): there a block of TP x CP x DP ranks is one of expert tensor x expert x
// expert data parallel ranks.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

enum class Dimension : std::uint8_t {
  tensor,
  context,
  data,
  pipeline,
  expert_tensor,  // the last three in layers with experts
  expert,
  expert_data,
};
inline constexpr std::array<std::string_view, 7> dimension_names{"TP",  "CP", "DP", "PP",
                                                                 "ETP", "EP", "EDP"};

/// Who holds what of the optimiser's state, the gradients and the weights (S. Rajbhandari et al.,
/// "ZeRO", SC 2020): everybody everything, or each of a group a part.
enum class Sharding : std::uint8_t { none, optimizer, gradients, weights };
inline constexpr std::array<std::string_view, 4> sharding_names{"none", "optimizer", "gradients",
                                                                "weights"};
[[nodiscard]] constexpr std::string_view name_of(Sharding sharding) {
  return sharding_names.at(static_cast<std::size_t>(sharding));
}

/// How context parallel ranks get at each other's keys and values.
enum class ContextExchange : std::uint8_t {
  ring,        // they go around (H. Liu et al., "Ring Attention", 2023)
  gather,      // all of them are gathered first (Llama 3)
  all_to_all,  // heads for tokens and back (S. Jacobs et al., "DeepSpeed Ulysses", 2023)
};
inline constexpr std::array<std::string_view, 3> context_names{"ring", "gather", "all-to-all"};

struct Layout {
  std::int32_t tensor = 1;
  std::int32_t context = 1;
  std::int32_t data = 1;
  std::int32_t pipeline = 1;
  std::int32_t chunks = 1;                  // parts of the model per stage (virtual stages)
  std::vector<std::int32_t> part_layers{};  // of each part; empty: as many in each
  std::int32_t expert = 1;
  std::int32_t expert_tensor = 1;
  bool sequence_parallel = false;  // what TP does not split is split along the sequence
  ContextExchange exchange = ContextExchange::ring;
  Sharding sharding = Sharding::none;
  std::int32_t sharding_group = 0;  // ranks of DP x CP that share a copy; 0: all
  std::int32_t micro_batch = 1;     // sequences
  std::int32_t global_batch = 1;    // sequences per step
  // From the innermost one out; that of layers with experts follows it.
  std::array<Dimension, 4> order{Dimension::tensor, Dimension::context, Dimension::data,
                                 Dimension::pipeline};

  [[nodiscard]] std::int32_t ranks() const { return tensor * context * data * pipeline; }
  [[nodiscard]] std::int32_t expert_data() const {
    return tensor * context * data / (expert_tensor * expert);
  }
  /// Ranks that have a copy together of what is sharded: of experts, and of all else. All replicas
  /// if nothing is.
  [[nodiscard]] std::int32_t shard_size() const {
    return sharding == Sharding::none || sharding_group == 0 ? data * context : sharding_group;
  }
  [[nodiscard]] std::int32_t expert_shard_size() const {
    return expert_data() < shard_size() ? expert_data() : shard_size();
  }
  [[nodiscard]] std::int32_t size(Dimension dimension) const;
  [[nodiscard]] std::int32_t micro_batches() const { return global_batch / (data * micro_batch); }
};

/// The first layer of each part, and the number of layers.
[[nodiscard]] std::vector<std::int32_t> first_layers(const Layout& layout,
                                                     const Transformer& model);

/// Layers of `parts` parts that are as equal as can be; where some have one less than others, those
/// at both ends, which have the embedding and the output layer besides (as in Llama 3); these two
/// may have none. Requires a layer for each of the others.
inline constexpr std::int32_t bare_parts = 2;
[[nodiscard]] std::vector<std::int32_t> balanced_layers(std::int32_t layers, std::int32_t parts);

/// A rank's place along a dimension.
[[nodiscard]] std::int32_t place_of(const Layout& layout, std::int32_t rank, Dimension dimension);

/// The ranks that differ from `rank` in nothing but their places along these dimensions (of one
/// grid), in order, the rank itself among them.
[[nodiscard]] std::vector<std::int32_t> group_of(const Layout& layout, std::int32_t rank,
                                                 const std::vector<Dimension>& dimensions);

/// All such groups, each once, by their first ranks.
[[nodiscard]] std::vector<std::vector<std::int32_t>> groups_of(
    const Layout& layout, const std::vector<Dimension>& dimensions);

/// Reads
///
///     tensor: 8            # TP; likewise context, data, pipeline, expert, expert_tensor
///     chunks: 3            # of the model per stage
///     part_layers: [7, 8, 7]          # where parts differ, or balanced; else they are equal
///     micro_batch: 1
///     global_batch: 1536
///     sequence_parallel: true
///     context_exchange: ring          # gather, all-to-all
///     sharding: optimizer             # none, gradients, weights
///     sharding_group: 0
///     order: [TP, CP, DP, PP]
///
/// `data` is what is left of `gpus` if it is not said. Throws sim::Error at unknown keys, and where
/// two numbers clash, naming them.
[[nodiscard]] Layout read_layout(const sim::ConfigNode& node, const Transformer& model,
                                 std::int32_t gpus);

/// "[TP, CP, DP, PP]": all four, in some order.
[[nodiscard]] std::array<Dimension, 4> read_order(const sim::ConfigNode& node);

/// What of this model cannot be laid out so, naming the two numbers that clash: "64 heads cannot be
/// divided by TP 48". Empty if all can.
[[nodiscard]] std::string clash_of(const Layout& layout, const Transformer& model);

}  // namespace workloads
