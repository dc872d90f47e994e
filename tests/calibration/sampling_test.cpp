#include "calibration/probe/sampling.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "sim/random.hpp"

using namespace probe;

namespace {

/// Repetitions around 10 us, off by up to `noise`, of which every `outlier_every`-th takes 100
/// times as long. A repetition takes a millisecond of a clock that nobody waits for.
struct Planted {
  double noise = 0;
  int outlier_every = 0;
  std::uint64_t throttled_batches = 0;  // the first ones
  std::uint64_t reason = 0;
  std::uint64_t state = 7;
  std::int64_t taken = 0;
  std::uint64_t batches = 0;

  Batch take(int repetitions) {
    Batch batch;
    for (int i = 0; i < repetitions; ++i) {
      ++taken;
      const double shake = (sim::unit_interval(state) - 0.5) * 2 * noise;
      const bool is_outlier = outlier_every > 0 && taken % outlier_every == 0;
      batch.seconds.push_back(10e-6 * (1 + shake) * (is_outlier ? 100 : 1));
    }
    batch.state.sm_mhz = 1700;
    batch.state.throttle = batches++ < throttled_batches ? reason : 0;
    return batch;
  }

  Measured measure_by(const StopRule& rule) {
    return measure(
        rule, [this](int repetitions) { return take(repetitions); },
        [this] { return Seconds{static_cast<double>(taken) * 1e-3}; });
  }
};

constexpr std::uint64_t hardware_slowdown = 0x8;
constexpr std::uint64_t software_power_cap = 0x4;

}  // namespace

TEST_CASE("sampling: median, percentiles and interval of values counted by hand") {
  // 1 to 101 us: the median is 51, 5 % of the 100 steps lie below 6, 95 % below 96. The interval
  // goes from number 101/2 - 0.98 sqrt(101), the 40th, to number 101/2 + 0.98 sqrt(101) + 1, the
  // 62nd: half its width is 11, of 51.
  std::vector<double> values;
  for (int i = 101; i >= 1; --i) {
    values.push_back(i * 1e-6);
  }
  const calibration::Spread spread = spread_of(values);
  CHECK(spread.median == doctest::Approx(51e-6));
  CHECK(spread.p5 == doctest::Approx(6e-6));
  CHECK(spread.p95 == doctest::Approx(96e-6));
  CHECK(spread.ci == doctest::Approx(11.0 / 51).epsilon(0.05));
  CHECK(spread_of(std::vector{3e-6}).median == 3e-6);
  CHECK(spread_of(std::vector{3e-6}).ci == 0);
}

TEST_CASE("sampling: a quiet point is done after the least number of repetitions") {
  Planted planted{.noise = 0.001};
  const Measured measured = planted.measure_by({.budget = Seconds{10}});
  CHECK(measured.repetitions == 12);
  CHECK(measured.dropped == 0);
  CHECK(measured.seconds.median == doctest::Approx(10e-6).epsilon(0.001));
  CHECK(measured.state.sm_mhz == 1700);
}

TEST_CASE("sampling: a noisy point is repeated until its interval is narrow") {
  Planted planted{.noise = 0.1};
  const Measured measured = planted.measure_by({.budget = Seconds{10}});
  CHECK(measured.repetitions > 24);
  CHECK(measured.repetitions < 1000);
  CHECK(measured.seconds.ci < 0.01);
  CHECK(measured.seconds.median == doctest::Approx(10e-6).epsilon(0.02));
}

TEST_CASE("sampling: a point that never settles ends with its time") {
  Planted planted{.noise = 0.9};
  const Measured measured = planted.measure_by({.budget = Seconds{0.1}});
  // 100 repetitions of a millisecond, and at most the batch of half as many that is under way.
  CHECK(measured.repetitions >= 100);
  CHECK(measured.repetitions <= 150);
  CHECK(measured.seconds.ci > 0.01);
}

TEST_CASE("sampling: one in ten that takes a hundred times as long moves the median by little") {
  Planted planted{.noise = 0.02, .outlier_every = 10};
  const Measured measured = planted.measure_by({.budget = Seconds{10}});
  CHECK(measured.seconds.ci < 0.01);
  CHECK(measured.seconds.median == doctest::Approx(10e-6).epsilon(0.01));
  CHECK(measured.seconds.p95 > 900e-6);
}

TEST_CASE("sampling: throttled batches are dropped and counted, a power cap is not a reason") {
  Planted slow{.noise = 0.001, .throttled_batches = 2, .reason = hardware_slowdown};
  const Measured dropped = slow.measure_by({.budget = Seconds{10}});
  CHECK(dropped.dropped == 24);
  CHECK(dropped.repetitions == 12);
  CHECK(dropped.state.throttle == 0);

  Planted capped{.noise = 0.001, .throttled_batches = 2, .reason = software_power_cap};
  const Measured kept = capped.measure_by({.budget = Seconds{10}});
  CHECK(kept.dropped == 0);
  CHECK(kept.repetitions == 12);
  CHECK(kept.state.throttle == software_power_cap);
}

TEST_CASE(
    "sampling: a GPU that is throttled all the time is measured all the same, with a warning") {
  Planted planted{.noise = 0.001, .throttled_batches = 1000, .reason = hardware_slowdown};
  const Measured measured = planted.measure_by({.budget = Seconds{0.05}});
  CHECK(measured.dropped == measured.repetitions);
  CHECK(measured.dropped >= 50);
  CHECK(measured.state.throttle == hardware_slowdown);
}

TEST_CASE("sampling: a batch of nothing is a failure, not a wait without end") {
  CHECK_THROWS_AS(
      (void)measure({}, [](int) { return Batch{}; }, [] { return Seconds{0}; }), sim::Failure);
}
