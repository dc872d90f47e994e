#pragma once
// The program of one stage: passes of micro-batches in the order of its schedule, messages between
// them, then the end of a step.

#include <cstdint>
#include <vector>

#include "workloads/operations.hpp"
#include "workloads/rank_program.hpp"
#include "workloads/training_programs.hpp"

namespace workloads {

/// Do the first and the last stage both have the embedding?
[[nodiscard]] inline bool shares_embedding(const Training& training) {
  return training.model.tied && training.layout.pipeline > 1;
}

/// The program of `stage`. Its operations are added to `operations`.
[[nodiscard]] std::vector<Instruction> stage_program(const Training& training,
                                                     const KernelCosts& costs,
                                                     Operations& operations, std::int32_t stage);

}  // namespace workloads
