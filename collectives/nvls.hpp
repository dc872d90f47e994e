#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "collectives/group.hpp"
#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

inline constexpr std::int32_t nvls_pieces = 32;

/// All-reduce with the switch's arithmetic, as NCCL does it with NVLink SHARP: every rank owns one
/// block. All ranks send the switch their contributions to it, the switch adds them up and gives
/// the owner the sum, the owner hands it back, and the switch multiplies it out to the others.
///
///   ranks   n >= 2, each with a cable to one switch
///   size    S bytes; n blocks of P pieces (`Request::pieces`, `nvls_pieces` if that is left open)
///   time    S / B (1 + 1 / n + 2 (1 - 1 / n) / P) where ranks send, and get, at most B: a rank
///           sends its S bytes once, and its block of the sum once more, and the pipeline has to
///           fill; a ring takes S / B 2 (1 - 1 / n)
///
/// B. Klenk et al., "An In-Network Architecture for Accelerating Shared-Memory Multiprocessor
/// Collectives", ISCA 2020.
[[nodiscard]] Schedule nvls_all_reduce(const Request& request);

/// No switch has a cable to every GPU of the group.
[[nodiscard]] std::optional<std::string> nvls_misfit(const topology::Topology& topology,
                                                     const Group& group);

}  // namespace collectives
