#pragma once
// Numbers that look like chance and are the same in every run, on every machine.

#include <cstdint>

namespace sim {

/// The next of a row of 64-bit numbers (SplitMix64: G. Steele, D. Lea and C. Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014).
inline std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// A hash of a number: the first of the row that begins there.
inline std::uint64_t mix(std::uint64_t number) {
  return split_mix(number);
}

/// A number from 0 to below 1.
inline double unit_interval(std::uint64_t& state) {
  return static_cast<double>(split_mix(state) >> 11U) * 0x1p-53;
}

}  // namespace sim
