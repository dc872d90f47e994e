#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/error.hpp"
#include "sim/units.hpp"

namespace sim {

/// A link that carries one packet after the other.
struct Wire {
  Instant free;         // when what it carries has left
  double carry = half;  // what the integer leaves out, in picoseconds, and a half
  double ps_per_byte = 0;
  Duration busy{};

  /// Puts `bytes` on it behind what is there, but not before `now`. Rounding does not add up: what
  /// one packet is rounded by is carried to the next one that follows without a gap.
  void load(Instant now, std::int64_t bytes) {
    if (free < now) {
      free = now;
      carry = half;
    }
    const double exact = (static_cast<double>(bytes) * ps_per_byte) + carry;
    const Duration whole{static_cast<std::int64_t>(exact)};
    carry = exact - static_cast<double>(whole.count());
    free += whole;
    busy += whole;
    if (free >= instant_max) {
      throw Failure{"the simulated time exceeds 46 days: too many bytes, or too slow a network"};
    }
  }

 private:
  // Cutting off what is behind the point rounds to the nearest if this was added.
  static constexpr double half = 0.5;
};

}  // namespace sim
