#pragma once
// A small run, and failures in it that a test chooses.

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "planning/training_run.hpp"

namespace planning_test {

inline constexpr std::size_t gpu = 0;
inline constexpr std::size_t network_switch = 1;

/// The failures of a list, then none.
inline planning::FailureSource listed(std::vector<planning::PartFailure> failures) {
  return [failures = std::move(failures), next = std::size_t{0}]() mutable {
    const bool is_over = next == failures.size();
    return is_over ? planning::PartFailure{.at =
                                               planning::Seconds{
                                                   std::numeric_limits<double>::infinity()}}
                   : failures[next++];
  };
}

/// The run of the header: two servers of a GPU each, and a spare.
inline planning::TrainingRun small_run() {
  using namespace std::chrono_literals;
  using planning::Takes;
  return {.step = 10s,
          .steps = 4,
          .gpus = 2,
          .parts = {{"GPU", 2, 1h, Takes::server}, {"switch", 1, 1h, Takes::nothing}},
          .checkpointing = {.interval = 20s, .stall = 3s, .beside = 0s},
          .recovery = {.detection = 5s, .restart = 6s, .load = 1s},
          .reserve = {.spares = 1, .gpus_per_server = 1, .repair = 100s}};
}

}  // namespace planning_test
