#include "planning/forecast.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace planning;
using namespace std::chrono_literals;

TEST_CASE("forecast: every figure is summed up in its own place") {
  // Each of two values, so that the median is their mean.
  const std::array replications{Replication{.duration = 100s,
                                            .spent = {.useful = 40s,
                                                      .checkpoints = 10s,
                                                      .lost = 11s,
                                                      .detection = 12s,
                                                      .waiting = 13s,
                                                      .restart = 14s},
                                            .failures = {1, 20},
                                            .interruptions = 3,
                                            .checkpoints = 5},
                                Replication{.duration = 50s,
                                            .spent = {.useful = 40s,
                                                      .checkpoints = 0s,
                                                      .lost = 1s,
                                                      .detection = 2s,
                                                      .waiting = 3s,
                                                      .restart = 4s},
                                            .failures = {3, 40},
                                            .interruptions = 5,
                                            .checkpoints = 9}};
  const Forecast forecast = summarise(replications);
  CHECK(forecast.duration.mean == 75);
  CHECK(forecast.goodput.p50 == doctest::Approx(0.6).epsilon(1e-15));  // 0.4 and 0.8
  CHECK(forecast.spent.useful.mean == 40);
  CHECK(forecast.spent.checkpoints.mean == 5);
  CHECK(forecast.spent.lost.mean == 6);
  CHECK(forecast.spent.detection.mean == 7);
  CHECK(forecast.spent.waiting.mean == 8);
  CHECK(forecast.spent.restart.mean == 9);
  REQUIRE(forecast.failures.size() == 2);
  CHECK(forecast.failures[0].mean == 2);
  CHECK(forecast.failures[1].mean == 30);
  CHECK(forecast.interruptions.mean == 4);
  CHECK(forecast.checkpoints.mean == 7);
}
