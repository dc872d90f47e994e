#pragma once
// How the network models pack a message event into an event's 64-bit payload.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/error.hpp"
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

/// Throws Failure beyond what simulated time holds.
[[nodiscard]] inline Rounded round_picoseconds(double exact) {
  constexpr double most = 4e18;  // 46 days; leaves room to add an instant
  if (!(exact < most)) {
    throw Failure{"the simulated time exceeds 46 days: too many bytes, or too slow a link"};
  }
  const double whole = std::max(std::round(exact), 0.0);
  return {Duration{static_cast<std::int64_t>(whole)}, static_cast<Carry>(exact - whole)};
}

}  // namespace sim
