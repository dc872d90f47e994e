#include "workloads/replica_exchange.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace workloads {
namespace {

using collectives::Collective;

RankWeights times(const RankWeights& weights, double dense, double experts) {
  return {.dense = weights.dense * dense, .experts = weights.experts * experts};
}

}  // namespace

bool ReplicaExchange::sums_beside_passes() const {
  return software().overlap_data || shards(Sharding::gradients);
}

RankWeights ReplicaExchange::weights_of(std::int32_t place) const {
  switch (place) {
    case embedding_place:
      return {.dense = embedding_weights(training_->model, layout())};
    case head_place:
      return {.dense = head_weights(training_->model, layout())};
    default:
      return layer_weights(training_->model, layout(), place);
  }
}

std::int32_t ReplicaExchange::copies() const {
  return layout().data * layout().context / layout().shard_size();
}

std::int32_t ReplicaExchange::expert_copies() const {
  return layout().expert_data() / layout().expert_shard_size();
}

double ReplicaExchange::own_part(const RankWeights& all) const {
  return shards(Sharding::optimizer)
             ? (all.dense / layout().shard_size()) + (all.experts / layout().expert_shard_size())
             : all.dense + all.experts;
}

void ReplicaExchange::exchange(Collective collective, const RankWeights& bytes) {
  if (layout().shard_size() > 1 && bytes.dense > 0) {
    out_->begin(Axis::data, collective, bytes.dense);
  }
  if (layout().expert_shard_size() > 1 && bytes.experts > 0) {
    out_->begin(Axis::expert_data, collective, bytes.experts);
  }
}

// Weights.

void ReplicaExchange::gather(std::int32_t place) {
  const double element = software().element;
  exchange(Collective::all_gather, times(weights_of(place), element, element));
  ahead_[place] = {out_->begun(Axis::data), out_->begun(Axis::expert_data)};
}

void ReplicaExchange::gather_ahead(const std::vector<std::int32_t>& places) {
  if (software().overlap_data && shards(Sharding::optimizer) && !shards(Sharding::weights)) {
    std::ranges::for_each(places, [&](std::int32_t place) { gather(place); });
  }
}

void ReplicaExchange::need(std::int32_t place, std::int32_t next) {
  if (shards(Sharding::weights) && !ahead_.contains(place)) {
    gather(place);
  }
  if (const auto found = ahead_.find(place); found != ahead_.end()) {
    if (found->second.dense > 0) {
      out_->wait(Axis::data, found->second.dense);
    }
    if (found->second.experts > 0) {
      out_->wait(Axis::expert_data, found->second.experts);
    }
    ahead_.erase(found);
  }
  if (shards(Sharding::weights) && software().overlap_data && next != embedding_place) {
    gather(next);
  }
}

void ReplicaExchange::updated(const RankWeights& all) {
  if (shards(Sharding::optimizer) && !shards(Sharding::weights) && !software().overlap_data) {
    exchange(Collective::all_gather, times(all, software().element, software().element));
    wait_for_shards();
  }
}

// Gradients.

void ReplicaExchange::gradients_of(std::int32_t place, bool is_complete) {
  if (shards(Sharding::gradients) || (is_complete && software().overlap_data)) {
    sum(place, is_complete);
  }
}

/// Complete ones are summed with those of other copies when the sum inside the copy is there, while
/// the next one is under way.
void ReplicaExchange::sum(std::int32_t place, bool is_complete) {
  const double bytes = software().gradient;
  const RankWeights weights = weights_of(place);
  if (is_complete) {
    sum_copies();
    const RankWeights part =
        times(weights, bytes / layout().shard_size(), bytes / layout().expert_shard_size());
    unsummed_.dense += part.dense;
    unsummed_.experts += part.experts;
  }
  exchange(shards(Sharding::optimizer) ? Collective::reduce_scatter : Collective::all_reduce,
           times(weights, bytes, bytes));
}

void ReplicaExchange::sum_copies() {
  const RankWeights bytes = std::exchange(unsummed_, {});
  const bool are_others = copies() > 1 && bytes.dense > 0;
  const bool are_other_experts = expert_copies() > 1 && bytes.experts > 0;
  if (are_others || are_other_experts) {
    wait_for_shards();
  }
  if (are_others) {
    out_->begin(Axis::copies, Collective::all_reduce, bytes.dense);
  }
  if (are_other_experts) {
    out_->begin(Axis::expert_copies, Collective::all_reduce, bytes.experts);
  }
}

void ReplicaExchange::finish(const std::vector<std::int32_t>& places) {
  if (!sums_beside_passes()) {
    for (const std::int32_t place : places | std::views::reverse) {
      sum(place, true);
    }
  }
  wait_for_shards();
  sum_copies();
  wait_for_all();
}

void ReplicaExchange::wait_for_shards() {
  if (layout().shard_size() > 1) {
    out_->wait(Axis::data);
  }
  if (layout().expert_shard_size() > 1 && training_->model.experts) {
    out_->wait(Axis::expert_data);
  }
}

void ReplicaExchange::wait_for_all() {
  if (copies() > 1) {
    out_->wait(Axis::copies);
  }
  if (expert_copies() > 1 && training_->model.experts) {
    out_->wait(Axis::expert_copies);
  }
}

}  // namespace workloads
