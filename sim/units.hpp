#pragma once
// Strong types for every physical quantity in the simulator.
//
// A bare number never crosses a function boundary here: 400 could be Gb/s, GB/s or GiB/s, and the
// factor between them (8, 8.6) is larger than any effect we want to measure. Mixing two of these
// types does not compile.

#include <chrono>
#include <compare>
#include <cstdint>
#include <ratio>

namespace sim {

/// A span of simulated time, in integer picoseconds: one byte at 800 Gb/s lasts exactly 10 ps, and
/// 64 bits reach 106 days. Integers, because the order of events must not depend on rounding.
using Duration = std::chrono::duration<std::int64_t, std::pico>;

/// Names the simulated time line. It has no now(): only an Engine knows the time.
struct Clock {};
using Instant = std::chrono::time_point<Clock, Duration>;

/// A number tagged with what it counts. `Tag` is only a name; it is never defined.
template <class Tag, class Rep>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(Rep count) : count_{count} {}

  [[nodiscard]] constexpr Rep count() const { return count_; }

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity{a.count_ + b.count_};
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity{a.count_ - b.count_};
  }
  friend constexpr Quantity operator*(Quantity a, Rep k) { return Quantity{a.count_ * k}; }
  friend constexpr Quantity operator/(Quantity a, Rep k) { return Quantity{a.count_ / k}; }
  constexpr Quantity& operator+=(Quantity b) { return *this = *this + b; }

 private:
  Rep count_{};
};

using Bytes = Quantity<struct BytesTag, std::int64_t>;
using Bandwidth = Quantity<struct BandwidthTag, std::int64_t>;  // bytes per second

/// The largest size, rate and time that a user may write. They leave room for every sum and product
/// that the simulator forms: 2^53 bytes (8 PiB) times a thousand is still far from 2^63.
inline constexpr Bytes bytes_max{std::int64_t{1} << 53};
inline constexpr Bandwidth bandwidth_max{1'000'000'000'000'000};
inline constexpr Duration duration_max = std::chrono::seconds{10};

/// How far simulated time goes: 46 days, half of what 64 bits hold, so that sums below it never
/// wrap.
inline constexpr Instant instant_max{Duration{std::int64_t{4'000'000'000'000'000'000}}};

/// Time to serialise `size` at `rate`, rounded up so that a transfer is never free.
///
/// In integers: ceil(size / rate * 1e12) in doubles is a picosecond too long for 3 % of sizes.
[[nodiscard]] constexpr Duration operator/(Bytes size, Bandwidth rate) {
  __extension__ using Wide = __int128;
  const Wide amount = static_cast<Wide>(size.count()) * std::pico::den;
  const Wide picoseconds = (amount + rate.count() - 1) / rate.count();
  const Wide most = instant_max.time_since_epoch().count();  // an engine refuses what comes then
  return Duration{static_cast<std::int64_t>(picoseconds < most ? picoseconds : most)};
}

/// Seconds as a double: for printing, and for formulas that leave the simulated time line.
[[nodiscard]] constexpr double seconds(Duration time) {
  return static_cast<double>(time.count()) * 1e-12;
}

namespace literals {
using namespace std::chrono_literals;

consteval Bytes operator""_B(unsigned long long n) {
  return Bytes{static_cast<std::int64_t>(n)};
}
consteval Bytes operator""_KiB(unsigned long long n) {
  return Bytes{static_cast<std::int64_t>(n) << 10};
}
consteval Bytes operator""_MiB(unsigned long long n) {
  return Bytes{static_cast<std::int64_t>(n) << 20};
}
consteval Bytes operator""_GiB(unsigned long long n) {
  return Bytes{static_cast<std::int64_t>(n) << 30};
}
consteval Bandwidth operator""_Gbps(unsigned long long n) {
  return Bandwidth{static_cast<std::int64_t>(n) * 125'000'000};
}
consteval Bandwidth operator""_GBps(unsigned long long n) {
  return Bandwidth{static_cast<std::int64_t>(n) * 1'000'000'000};
}
}  // namespace literals

}  // namespace sim
