#pragma once
// Of a run that cannot go on: who waits for what.

#include <span>
#include <string>

#include "workloads/rank_program.hpp"
#include "workloads/rank_state.hpp"

namespace workloads {

/// A line for each of the first ranks that are not done, by their numbers in the topology.
[[nodiscard]] std::string blocked_ranks(const RankPrograms& all, std::span<const RankState> ranks,
                                        std::span<const CommunicatorState> communicators);

}  // namespace workloads
