#pragma once
// How the network models pack a message event into an event's 64-bit payload.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/fabric.hpp"
#include "sim/network.hpp"
#include "sim/units.hpp"

namespace sim {

/// Lane and carry, for an arrival.
[[nodiscard]] inline std::uint64_t pack(Lane lane, Carry carry) {
  return (static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(carry)) << 32U) |
         static_cast<std::uint32_t>(lane);
}
[[nodiscard]] inline Lane packed_lane(std::uint64_t payload) {
  return static_cast<Lane>(payload & std::numeric_limits<std::uint32_t>::max());
}
[[nodiscard]] inline Carry packed_carry(std::uint64_t payload) {
  return std::bit_cast<Carry>(static_cast<std::uint32_t>(payload >> 32U));
}

/// A real-valued span of picoseconds as the nearest whole one, not negative, and what is left.
struct Rounded {
  Duration whole;
  Carry carry;
};

/// Beyond what simulated time holds, the end of it: an engine refuses events there.
[[nodiscard]] inline Rounded round_picoseconds(double exact) {
  constexpr auto most = instant_max.time_since_epoch();
  if (!(exact < static_cast<double>(most.count()))) {
    return {most, 0};
  }
  const double whole = std::max(std::round(exact), 0.0);
  return {Duration{static_cast<std::int64_t>(whole)}, static_cast<Carry>(exact - whole)};
}

}  // namespace sim
