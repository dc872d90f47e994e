#include <cmath>

#include <doctest/doctest.h>

#include "sim/dcqcn.hpp"
#include "sim/dctcp.hpp"

using namespace sim::literals;

namespace {

constexpr double line = 5e9;  // 40 Gb/s

sim::Instant at(sim::Duration time) {
  return sim::Instant{time};
}

}  // namespace

TEST_CASE("dcqcn: a notification halves the rate, time brings half of the loss back") {
  const sim::DcqcnOptions options;
  sim::DcqcnRate rate{options, line};
  CHECK(rate.rate(at(0us)) == line);
  CHECK(!rate.is_limited());
  rate.on_notification(at(100us));  // alpha is 1
  CHECK(rate.rate(at(100us)) == line / 2);
  CHECK(rate.alpha() == 1);
  // Fast recovery: 3/4 after 55 us, 7/8 after 110.
  CHECK(rate.rate(at(154us)) == line / 2);
  CHECK(rate.rate(at(155us)) == line * 3 / 4);
  CHECK(rate.rate(at(210us)) == line * 7 / 8);
}

TEST_CASE("dcqcn: alpha shrinks while no notification comes, and so does the next cut") {
  const sim::DcqcnOptions options;
  sim::DcqcnRate rate{options, line};
  rate.on_notification(at(100us));
  // 155, 210: two periods of 55 us are over at 211 us.
  const double before = rate.rate(at(211us));
  rate.on_notification(at(211us));
  const double alpha = std::pow(1 - (1.0 / 256), 2);
  CHECK(rate.rate(at(211us)) == doctest::Approx(before * (1 - (alpha / 2))).epsilon(1e-12));
  CHECK(rate.alpha() == doctest::Approx((alpha * 255 / 256) + (1.0 / 256)).epsilon(1e-12));
}

TEST_CASE("dcqcn: after five periods the target grows, and the rate with it") {
  const sim::DcqcnOptions options;
  sim::DcqcnRate rate{options, line};
  rate.on_notification(at(1us));
  rate.on_notification(at(2us));  // a quarter; the target is half
  double expected = line / 4;
  double target = line / 2;
  for (int period = 1; period <= 8; ++period) {
    target += period >= 5 ? 5e6 : 0;  // 40 Mb/s
    expected = (expected + target) / 2;
    const sim::Instant now = at(2us + (period * 55us));
    CHECK(rate.rate(now) == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("dcqcn: bytes count like periods, and both together bring the larger steps") {
  sim::DcqcnOptions options;
  options.increase_bytes = 1000_B;
  sim::DcqcnRate rate{options, line};
  rate.on_notification(at(1us));
  rate.on_notification(at(2us));
  rate.on_sent(at(3us), 999);
  CHECK(rate.rate(at(3us)) == line / 4);
  rate.on_sent(at(3us), 1);
  CHECK(rate.rate(at(3us)) == line * 3 / 8);
  rate.on_sent(at(4us), 5000);  // 6 in all: the last two add 40 Mb/s each to the target
  double expected = line * 3 / 8;
  double target = line / 2;
  for (int i = 2; i <= 6; ++i) {
    target += i >= 5 ? 5e6 : 0;
    expected = (expected + target) / 2;
  }
  CHECK(rate.rate(at(4us)) == doctest::Approx(expected).epsilon(1e-12));
  // With the sixth period both are above five: the target grows by 400 Mb/s.
  for (int period = 1; period <= 6; ++period) {
    target += period == 6 ? 50e6 : 5e6;
    expected = (expected + target) / 2;
  }
  CHECK(rate.rate(at(2us + (6 * 55us))) == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("dcqcn: the time for a packet sees the rate grow") {
  const sim::DcqcnOptions options;
  sim::DcqcnRate rate{options, line};
  rate.on_notification(at(0us));
  rate.on_notification(at(0us));  // 1.25 GB/s: 68,750 B in 55 us; then 1.875 GB/s
  CHECK(rate.time_for(at(0us), 1250) == 1us);
  CHECK(rate.time_for(at(0us), 68'750 + 1875) == 56us);
  CHECK(rate.rate(at(0us)) == line / 4);  // asking changes nothing
}

TEST_CASE("dctcp: the window grows by what arrives until the first mark") {
  sim::DctcpWindow window{sim::DctcpOptions{}};
  CHECK(window.packets() == 10);
  std::uint32_t arrived = 0;
  for (; arrived < 10; ++arrived) {
    window.on_arrived(arrived + 1, 20, false);
  }
  CHECK(window.packets() == 20);
}

TEST_CASE("dctcp: a window with marks shrinks by alpha / 2, without by nothing") {
  sim::DctcpWindow window{{.gain = 0.5, .first_window = 100}};
  window.on_arrived(1, 100, false);  // ends the first window: nothing marked, alpha 1 -> 0.5
  CHECK(window.alpha() == 0.5);
  CHECK(window.packets() == 101);
  // Of the window up to 100 a quarter is marked, the last one of it: alpha = 0.25 + 0.125.
  for (std::uint32_t number = 97; number <= 99; ++number) {
    window.on_arrived(number, 200, false);
  }
  CHECK(window.packets() == 104);
  window.on_arrived(100, 200, true);
  CHECK(window.alpha() == 0.375);
  CHECK(window.packets() == static_cast<std::uint32_t>((104 + (1.0 / 104)) * (1 - 0.1875)));
  window.on_loss();
  CHECK(window.packets() == 42);
}
