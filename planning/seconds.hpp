#pragma once
// Time as one counts it over a whole training run: weeks and months.

#include <chrono>

#include "sim/units.hpp"

namespace planning {

/// Seconds, as a double. A run lasts longer than the 106 days that `sim::Duration` reaches, and
/// nothing in it has to be right to the picosecond: after 30 years, doubles are still 0.1 us apart.
using Seconds = std::chrono::duration<double>;

/// What it takes to write or to read `size` at `bandwidth`, which must be above 0.
[[nodiscard]] Seconds transfer_time(sim::Bytes size, sim::Bandwidth bandwidth);

}  // namespace planning
