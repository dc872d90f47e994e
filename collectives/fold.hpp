#pragma once
// A part of a schedule that stands for all of it.
//
// In a ring every rank does what its neighbour does. Of ranks that do the same, in turns of
// `ranks`, it is enough to run the first turn: what the last of them would send to the first one of
// the next turn goes to the first one of its own, from whom it gets just what it would get from
// there. That is exact where links are as alike as ranks are.

#include <cstdint>
#include <optional>

#include "collectives/schedule.hpp"

namespace collectives {

/// The transfers of the first `ranks` ranks, each leading to the rank of them whose turn it is.
/// Nothing if the ranks do not do the same in turns of `ranks`, if switches take part, or if a rank
/// would send to itself.
[[nodiscard]] std::optional<Schedule> folded(const Schedule& schedule, std::int32_t ranks);

}  // namespace collectives
