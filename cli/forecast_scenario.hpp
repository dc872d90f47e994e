#pragma once
// The run that a step is one of: what fails, what is saved, and when all is done.
//
//     run:
//       tokens: 15.6T                    # or steps: 1M
//       start: 2027-01-01                # for dates; and
//       by: 2027-03-01                   # how likely is it done by then?
//       checkpoint:
//         interval: best                 # or a time: 30 min
//         size: 5.7 TB                   # weights and the optimiser's state if left out
//         write: 200 GB/s                # to storage, of all together
//         read: 400 GB/s                 # as write if left out
//         blocking: 10 s                 # the rest is written beside training; all of it if left
//         out
//       mtbf: { gpu: 50700 h, nic: 100 y, switch: 50 y, server: 20 y }   # of one
//       detection: 1 min
//       restart: 10 min                  # without reading the checkpoint
//       spares: 16                       # servers
//       repair: 24 h
//       replications: 200

#include <chrono>
#include <optional>

#include "cli/training_scenario.hpp"
#include "planning/best_interval.hpp"
#include "planning/forecast.hpp"
#include "planning/training_run.hpp"
#include "sim/config.hpp"

namespace cli {

struct ForecastScenario {
  planning::TrainingRun run;  // but for the length of a step
  bool seeks_interval = false;
  std::optional<std::chrono::sys_days> start{};
  std::optional<std::chrono::sys_days> by{};
};

/// What is under `run`, if it is there. Throws sim::Error at whatever is wrong.
[[nodiscard]] std::optional<ForecastScenario> read_forecast_key(const sim::ConfigNode& node,
                                                                const TrainingScenario& scenario);

/// A run played many times over.
struct PlayedRun {
  ForecastScenario scenario;  // with the step, and the interval that was taken
  planning::Forecast forecast;
  std::optional<planning::BestInterval> best{};
  double in_time = 0;  // share of the replications that are done by the date; of use with one
};

/// Throws sim::Failure for a run that practically never ends.
[[nodiscard]] PlayedRun play(ForecastScenario scenario, double step_s);

}  // namespace cli
