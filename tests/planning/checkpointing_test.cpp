#include "planning/checkpointing.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "sim/units.hpp"

using namespace planning;
using namespace std::chrono_literals;
using namespace sim::literals;

namespace {

/// Where Daly's complete model has its least duration: exp(-(tau + delta) / M) = 1 - tau / M, by
/// bisection. Left of it the left side is less.
Seconds exact_interval(Seconds stall, Seconds between) {
  Seconds low{0};
  Seconds high = between;
  for (int i = 0; i < 100; ++i) {
    const Seconds middle = (low + high) / 2;
    const bool is_left = std::exp(-(middle + stall) / between) < 1 - (middle / between);
    (is_left ? low : high) = middle;
  }
  return low;
}

}  // namespace

TEST_CASE("checkpointing: 6 TB at 2 TB/s take 3 s") {
  CHECK(transfer_time(6'000'000'000'000_B, 2000_GBps) == 3s);
}

TEST_CASE("checkpointing: Young's interval is the root of twice the stall times M") {
  // sqrt(2 x 5 x 1440) = 120
  CHECK(young_interval(5min, 24h) == 120min);
}

TEST_CASE("checkpointing: Daly's interval is that of his figures") {
  // With a dump of 5 min and M = 24 h, 6 h and 15 min: 117, 57 and 9.1 min (his figures 3 to 5).
  //   24 h    120 (1 + 1/72 + 1/5184) - 5 = 116.69
  //   6 h     60 (1 + 1/36 + 1/1296) - 5 = 56.713
  //   15 min  sqrt(150) (1 + 1/sqrt(54) + 1/54) - 5 = 9.1409
  CHECK(daly_interval(5min, 24h) / 1min == doctest::Approx(116.6898).epsilon(1e-6));
  CHECK(daly_interval(5min, 6h) / 1min == doctest::Approx(56.71296).epsilon(1e-6));
  CHECK(daly_interval(5min, 15min) / 1min == doctest::Approx(9.140920).epsilon(1e-6));
  CHECK(daly_interval(30min, 15min) == 15min);  // at delta = 2M
  CHECK(daly_interval(2h, 15min) == 15min);
}

TEST_CASE("checkpointing: Daly's interval is close to the best of his model") {
  // His estimate leaves out terms in x^2, x = sqrt(delta / 2M): a hundredth at 1 in 10, less below.
  for (const Seconds stall : {Seconds{1}, Seconds{10}, Seconds{60}, Seconds{600}}) {
    CAPTURE(stall.count());
    const Seconds exact = exact_interval(stall, 1h);
    CHECK(daly_interval(stall, 1h) / exact == doctest::Approx(1).epsilon(0.01));
  }
}

TEST_CASE("checkpointing: the duration of the essay's example") {
  // M = 100, D = 10, R = 20, tau = 45, delta = 5: 110 e^0.2 (e^0.5 - 1) = 87.159 a segment; Daly's
  // has 100 in place of 110.
  const Interruptions interruptions{.between = 100s, .detection = 10s, .restart = 20s};
  const double segment = 1.2214027582 * 0.6487212707;
  CHECK(expected_duration(90s, 45s, 5s, interruptions).count() ==
        doctest::Approx(2 * 110 * segment).epsilon(1e-9));
  CHECK(daly_duration(90s, 45s, 5s, interruptions).count() ==
        doctest::Approx(2 * 100 * segment).epsilon(1e-9));
}

TEST_CASE("checkpointing: a last segment that is shorter takes less, one of rounding is none") {
  // 95 of work: two segments of 45, one of 5, which with its checkpoint is 10 long.
  const Interruptions interruptions{.between = 100s, .detection = 0s, .restart = 0s};
  const double expected = 100 * ((2 * std::expm1(0.5)) + std::expm1(0.1));
  CHECK(expected_duration(95s, 45s, 5s, interruptions).count() ==
        doctest::Approx(expected).epsilon(1e-12));
  // 0.1 + 0.2 is more than 3 times 0.1, as doubles go.
  const Seconds work = Seconds{0.1} + Seconds{0.2};
  CHECK(expected_duration(work, Seconds{0.1}, 100s, interruptions).count() ==
        doctest::Approx(3 * 100 * std::expm1(1.001)).epsilon(1e-12));
}

TEST_CASE("checkpointing: a run without failures takes its work and its checkpoints") {
  const Interruptions none{.between = Seconds{std::numeric_limits<double>::infinity()},
                           .detection = 10s,
                           .restart = 20s};
  CHECK(expected_duration(95s, 45s, 5s, none) == 110s);
  CHECK(daly_duration(90s, 45s, 5s, none) == 100s);
  CHECK(std::isinf(young_interval(0s, none.between).count()));
  CHECK(std::isinf(daly_interval(0s, none.between).count()));
}

TEST_CASE("checkpointing: first-order goodput loses stalls, half intervals and recoveries") {
  // 1 - 5/100 - (50 + 10 + 20)/1000 = 0.87; and with M = 50 more would be lost than there is.
  const Interruptions rare{.between = 1000s, .detection = 10s, .restart = 20s};
  CHECK(first_order_goodput(100s, 5s, rare) == doctest::Approx(0.87).epsilon(1e-12));
  const Interruptions frequent{.between = 50s, .detection = 10s, .restart = 20s};
  CHECK(first_order_goodput(100s, 5s, frequent) == 0);
}

TEST_CASE("checkpointing: first-order goodput is the expected one where failures are rare") {
  // What it leaves out is of second order: with 1 % and 1 % lost, some 0.01 %.
  const Interruptions rare{.between = 100'000s, .detection = 100s, .restart = 400s};
  const double expected = 1'000'000s / expected_duration(1'000'000s, 1000s, 10s, rare);
  CHECK(std::abs(first_order_goodput(1000s, 10s, rare) - expected) < 5e-4);
}
