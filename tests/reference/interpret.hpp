#pragma once

#include <cstdint>
#include <string>

#include "collectives/schedule.hpp"

namespace reference {

/// Plays a schedule on sets of ranks instead of data, one event at a time, each time an event
/// chosen at random among those that may happen: a message leaves, or one is taken in.
///
/// Slow, obvious, and independent of the verifier and of `Progress`. Returns what went wrong: a
/// message that never could be sent, an empty one, a contribution counted twice, a result that is
/// not what the collective promises; empty if nothing did.
std::string interpret(const collectives::Schedule& schedule, std::uint32_t seed);

}  // namespace reference
