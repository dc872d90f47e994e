#pragma once
// The program of one stage: passes of micro-batches in the order of its schedule, then the end of a
// step.

#include <utility>
#include <vector>

#include "workloads/rank_program.hpp"
#include "workloads/training_programs.hpp"

namespace workloads {

/// The operations that communicators carry out, each once.
class Operations {
 public:
  Operations() : all_(axes) {}

  /// The number of the operation among those along `axis`.
  std::int32_t number_of(Axis axis, collectives::Collective collective, double bytes);

  [[nodiscard]] std::vector<std::vector<Operation>> take() { return std::move(all_); }

 private:
  std::vector<std::vector<Operation>> all_;
};

/// Do the first and the last stage both have the embedding?
[[nodiscard]] inline bool shares_embedding(const Training& training) {
  return training.model.tied && training.layout.pipeline > 1;
}

/// The program of `stage`. Its operations are added to `operations`.
[[nodiscard]] std::vector<Instruction> stage_program(const Training& training,
                                                     const KernelCosts& costs,
                                                     Operations& operations, std::int32_t stage);

}  // namespace workloads
