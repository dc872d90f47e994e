#pragma once
// What replicas tell each other: sums of gradients, and weights that not all of them keep.
//
// Gradients of a place in the model (a layer, the embedding, the output layer) are summed over all
// replicas; or, where each of them updates a part, scattered among those that have a copy together,
// and then summed with the same parts of other copies. Weights come back once a step, or, where
// nobody keeps them, before every use.

#include <cstdint>
#include <map>
#include <vector>

#include "workloads/memory.hpp"
#include "workloads/program_writer.hpp"
#include "workloads/training_programs.hpp"

namespace workloads {

/// Layers by their numbers, and what is before the first and behind the last one.
inline constexpr std::int32_t embedding_place = -1;
inline constexpr std::int32_t head_place = -2;

class ReplicaExchange {
 public:
  /// Both outlive this.
  ReplicaExchange(const Training& training, ProgramWriter& out)
      : training_{&training}, out_{&out} {}

  /// With overlap, ranks that have updated a part of the weights each gather all of them when the
  /// next step begins: those of `places`, in the order in which they are used.
  void gather_ahead(const std::vector<std::int32_t>& places);

  /// Weights of a place are needed now; where nobody keeps them, those of `next` come beside what
  /// is done with them. The embedding is next to none: it stands for nothing.
  void need(std::int32_t place, std::int32_t next = embedding_place);

  /// A pass has made gradients of a place. `is_complete`: no other will add to them.
  void gradients_of(std::int32_t place, bool is_complete);

  /// All passes have been made. Sums what has not been: of `places`, the last one first.
  void finish(const std::vector<std::int32_t>& places);

  /// Weights have been updated: back to those who have not done so, if they wait for it.
  void updated(const RankWeights& all);

  /// Of so many weights, those that a rank updates.
  [[nodiscard]] double own_part(const RankWeights& all) const;

 private:
  [[nodiscard]] const Layout& layout() const { return training_->layout; }
  [[nodiscard]] const Software& software() const { return training_->software; }
  [[nodiscard]] bool shards(Sharding what) const { return layout().sharding >= what; }
  [[nodiscard]] bool sums_beside_passes() const;
  [[nodiscard]] RankWeights weights_of(std::int32_t place) const;
  [[nodiscard]] std::int32_t copies() const;
  [[nodiscard]] std::int32_t expert_copies() const;

  void exchange(collectives::Collective collective, const RankWeights& bytes);
  void gather(std::int32_t place);
  void sum(std::int32_t place, bool is_complete);
  void sum_copies();
  void wait_for_shards();
  void wait_for_all();

  /// How many operations are over when a place has been gathered.
  struct Gathered {
    std::int32_t dense = 0;
    std::int32_t experts = 0;
  };

  const Training* training_;
  ProgramWriter* out_;
  std::map<std::int32_t, Gathered> ahead_;  // per place, until it is waited for
  RankWeights unsummed_{};                  // bytes of gradients that other copies have, too
};

}  // namespace workloads
