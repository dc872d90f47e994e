#pragma once
// The ways to train a model on some GPUs: what can differ, and all that goes together.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "workloads/layout.hpp"
#include "workloads/pipeline.hpp"
#include "workloads/software.hpp"
#include "workloads/training_programs.hpp"
#include "workloads/transformer.hpp"

namespace planning {

/// Values to be tried, in order, each with each of the others.
struct SearchSpace {
  std::vector<std::int32_t> tensor;
  std::vector<std::int32_t> context;
  std::vector<std::int32_t> pipeline;
  std::vector<std::int32_t> expert;
  std::vector<std::int32_t> expert_tensor;
  std::vector<std::int32_t> chunks;  // above 1: with the interleaved schedule
  std::vector<std::int32_t> micro_batch;
  std::vector<workloads::PipelineKind> schedules;  // of one chunk
  std::vector<workloads::Recompute> recompute;
  std::vector<workloads::Sharding> sharding;
};

/// What people try: TP inside a server, PP up to 64 stages, EP up to 64, CP from 32,768 tokens on,
/// micro-batches and chunks up to 8; 1F1B and interleaved; any recomputation; the optimiser
/// sharded, or all weights. Powers of two, or what divides GPUs.
[[nodiscard]] SearchSpace usual_space(const workloads::Transformer& model,
                                      const workloads::Software& software, std::int32_t gpus,
                                      std::int32_t gpus_per_server);

/// One of these ways.
struct Candidate {
  workloads::Layout layout;
  workloads::PipelineKind schedule{};
  workloads::Recompute recompute{};
};

/// All that go together, in the order of the values; `base` has what they share: the batch, the
/// order of dimensions, how CP exchanges. With TP they are sequence parallel if `base` is.
[[nodiscard]] std::vector<Candidate> candidates(const SearchSpace& space,
                                                const workloads::Transformer& model,
                                                const workloads::Layout& base, std::int32_t gpus);

/// Why nothing of a space goes together: reasons, with the numbers that clash, those that hold most
/// often first, as many as `most`.
[[nodiscard]] std::vector<std::string> clashes(const SearchSpace& space,
                                               const workloads::Transformer& model,
                                               const workloads::Layout& base, std::int32_t gpus,
                                               std::size_t most);

/// A candidate as it is trained.
[[nodiscard]] workloads::Training training_of(const Candidate& candidate,
                                              const workloads::Transformer& model,
                                              const workloads::Software& software);

}  // namespace planning
