#include "planning/best_interval.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>

#include "planning/forecast.hpp"

namespace planning {

namespace {

/// By steps from checkpoint to checkpoint.
using Trials = std::map<std::int64_t, Summary>;

struct Range {
  std::int64_t from;
  std::int64_t to;
};

Seconds interval_of(const TrainingRun& run, std::int64_t steps) {
  return run.step * static_cast<double>(steps);
}

/// The best interval lies between Young's less delta and M, where writing is quick: with u = tau /
/// M and d = delta / M it solves 1 - u = exp(-(u + d)), and exp(-x) is between 1 - x and 1 - x +
/// x^2 / 2. From d = 1/2 on it is at least M / 2. Where writing takes longer than work, training
/// waits for it, so the interval is that long at least.
Range range_of(const TrainingRun& run, Seconds young) {
  const Seconds between = interruptions_of(run).between;
  const Seconds beside = run.checkpointing.beside;
  const auto steps = [&](Seconds interval) {
    const double count = std::round(interval / run.step);
    return static_cast<std::int64_t>(std::clamp(count, 1.0, static_cast<double>(run.steps)));
  };
  return {.from = steps(std::max(std::min(young / 4, between / 2), beside / 2)),
          .to = steps(between + beside)};
}

void try_interval(const TrainingRun& run, std::int64_t steps, Trials& trials) {
  if (trials.contains(steps)) {
    return;
  }
  TrainingRun with_interval = run;
  with_interval.checkpointing.interval = interval_of(run, steps);
  std::vector<double> goodput;
  for (std::int64_t i = 0; i < run.replications; ++i) {
    goodput.push_back(replicate(with_interval, i).goodput());
  }
  trials.emplace(steps, summarise(goodput));
}

void try_range(const TrainingRun& run, const Range& range, int points, Trials& trials) {
  const auto from = static_cast<double>(range.from);
  const double ratio = static_cast<double>(range.to) / from;
  for (int i = 0; i < points; ++i) {
    const double steps = from * std::pow(ratio, static_cast<double>(i) / (points - 1));
    try_interval(run, std::llround(steps), trials);
  }
}

Trials::const_iterator best_of(const Trials& trials) {
  return std::ranges::max_element(
      trials, {}, [](const Trials::value_type& trial) { return trial.second.mean; });
}

Range neighbours_of(const Trials& trials, Trials::const_iterator best) {
  const auto next = std::next(best);
  return {.from = best == trials.begin() ? best->first : std::prev(best)->first,
          .to = next == trials.end() ? best->first : next->first};
}

}  // namespace

BestInterval best_interval(const TrainingRun& run) {
  constexpr int first_points = 17;
  constexpr int more_points = 7;
  constexpr double near = 1.1;  // from one neighbour to the other, with the best between them
  const Seconds between = interruptions_of(run).between;
  BestInterval result{.young = young_interval(run.checkpointing.stall, between),
                      .daly = daly_interval(run.checkpointing.stall, between)};
  Trials trials;
  Range range = range_of(run, result.young);
  try_range(run, range, first_points, trials);
  for (std::size_t before = 0; before < trials.size();) {
    before = trials.size();
    range = neighbours_of(trials, best_of(trials));
    if (static_cast<double>(range.to) > near * static_cast<double>(range.from)) {
      try_range(run, range, more_points, trials);
    }
  }
  result.simulated = interval_of(run, best_of(trials)->first);
  for (const auto& [steps, goodput] : trials) {
    result.tried.push_back({interval_of(run, steps), goodput});
  }
  return result;
}

}  // namespace planning
