#pragma once

#include <optional>
#include <string>

#include "collectives/schedule.hpp"

namespace collectives {

/// Proves a schedule right, or says what is wrong with it.
///
/// Runs the schedule symbolically: a chunk at a rank is the set of ranks whose contributions it
/// holds. Checked, for every order of events that the conditions allow:
///
///   - it ends: no message waits, however indirectly, for itself;
///   - nothing is sent that has not arrived;
///   - no contribution is reduced twice;
///   - no race: when a rank sends a chunk, every other arrival of that chunk at that rank is
///     surely before or surely after; the same for an arrival that replaces what others reduce;
///   - at the end every rank holds what the collective promises, and nothing less.
///
/// Time and memory grow with the number of (message, chunk) pairs, not with the square of the
/// ranks. Returns the first problem found: "rank 3 sends chunk 5 to rank 4 before it holds it".
[[nodiscard]] std::optional<std::string> verify(const Schedule& schedule);

}  // namespace collectives
