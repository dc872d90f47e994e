#include "workloads/communication_memory.hpp"

#include <algorithm>

#include "workloads/memory.hpp"

namespace workloads {
namespace {

/// Of NCCL's buffers, in connections of a channel.
double connections_of(const Transformer& model, const Layout& layout, std::int32_t stage) {
  constexpr double ring_and_tree = 3;
  constexpr std::int32_t peers_most = 7;  // in a server of eight
  constexpr double messages = 1;
  const auto one_if = [&](bool is_there) { return is_there ? ring_and_tree : 0.0; };
  const bool is_end = stage == 0 || stage == layout.pipeline - 1;
  const std::int32_t copies = layout.data * layout.context / layout.shard_size();
  double out = one_if(layout.tensor > 1) + one_if(layout.shard_size() > 1) + one_if(copies > 1);
  out += one_if(layout.pipeline > 1 && model.tied && is_end);
  out += layout.pipeline > 1 ? messages : 0;
  if (layout.context > 1) {
    out += layout.exchange == ContextExchange::all_to_all ? std::min(layout.context - 1, peers_most)
                                                          : one_if(true);
  }
  if (model.experts) {
    out += std::min(layout.expert - 1, peers_most);
    out += one_if(layout.expert_tensor > 1) + one_if(layout.expert_shard_size() > 1);
  }
  return out;
}

/// Whole weights and gradients of the largest layer, where a rank keeps parts of them.
double whole_bytes(const Transformer& model, const Layout& layout, const Software& software) {
  const double each = (layout.sharding >= Sharding::weights ? software.element : 0) +
                      (layout.sharding >= Sharding::gradients ? software.gradient : 0);
  if (each <= 0 || layout.shard_size() == 1) {
    return 0;
  }
  double most = 0;
  for (const std::int32_t layer : {0, model.layers - 1}) {
    const RankWeights weights = layer_weights(model, layout, layer);
    most = std::max(most, weights.dense + weights.experts);
  }
  return (software.overlap_data ? 2 : 1) * each * most;
}

}  // namespace

double communication_bytes(const Transformer& model, const Layout& layout, const Software& software,
                           std::int32_t stage) {
  constexpr double connection = 10.0 * 1024 * 1024;
  const double hidden = static_cast<double>(model.sequence) / layout.context * layout.micro_batch *
                        model.hidden * software.element;
  double out = connections_of(model, layout, stage) * software.communication_blocks * connection;
  out += whole_bytes(model, layout, software);
  if (layout.pipeline > 1) {
    const bool is_split =
        layout.tensor > 1 && (layout.sequence_parallel || software.split_messages);
    out += 2 * (is_split ? hidden / layout.tensor : hidden);
  }
  if (layout.sequence_parallel && layout.tensor > 1) {
    out += hidden;
  }
  return out;
}

}  // namespace workloads
