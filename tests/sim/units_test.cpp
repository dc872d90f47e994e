#include "sim/units.hpp"

#include <doctest/doctest.h>

using namespace sim::literals;

template <class A, class B>
concept addable = requires(A a, B b) { a + b; };

TEST_CASE("units: quantities of different kinds do not mix") {
  static_assert(addable<sim::Bytes, sim::Bytes>);
  static_assert(!addable<sim::Bytes, sim::Bandwidth>);
  static_assert(!addable<sim::Instant, sim::Instant>);
  static_assert(!std::is_convertible_v<int, sim::Bytes>);
}

TEST_CASE("units: serialisation time is exact, and rounded up when it cannot be") {
  static_assert(1_B / 800_Gbps == sim::Duration{10});
  static_assert(1_MiB / 400_Gbps == sim::Duration{20'971'520});
  static_assert(1_B / 3000_GBps == sim::Duration{1});  // a third of a picosecond, but never free

  for (std::int64_t size = 1; size <= 10'000; ++size) {
    CAPTURE(size);
    // 50 GB/s is 20 ps per byte, with no remainder; doubles get 3 % of these wrong.
    REQUIRE((sim::Bytes{size} / 50_GBps).count() == 20 * size);
  }
}
