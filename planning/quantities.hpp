#pragma once
// Money, power and energy, as types: a price does not add to a power.

#include "planning/seconds.hpp"
#include "sim/units.hpp"

namespace planning {

using Usd = sim::Quantity<struct UsdTag, double>;
using Watts = sim::Quantity<struct WattsTag, double>;
using Joules = sim::Quantity<struct JoulesTag, double>;

[[nodiscard]] constexpr Joules operator*(Watts power, Seconds time) {
  return Joules{power.count() * time.count()};
}

/// For prices that are per hour or per kilowatt-hour, and for printing.
[[nodiscard]] constexpr double hours(Seconds time) {
  return time.count() / 3600;
}
[[nodiscard]] constexpr double kilowatt_hours(Joules energy) {
  return energy.count() / 3.6e6;
}

/// Gigabits per second, in which ports and transceivers are sold.
[[nodiscard]] constexpr double gbps(sim::Bandwidth rate) {
  return static_cast<double>(rate.count()) * 8 / 1e9;
}

}  // namespace planning
