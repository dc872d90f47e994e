#include "planning/forecast.hpp"

#include <cstddef>

#include "sim/contract.hpp"

namespace planning {

namespace {

template <class Figure>
Summary summary_of(std::span<const Replication> replications, Figure figure) {
  std::vector<double> values;
  values.reserve(replications.size());
  for (const Replication& replication : replications) {
    values.push_back(figure(replication));
  }
  return summarise(values);
}

Summary summary_of(std::span<const Replication> replications, Seconds TimeSpent::* spent_on) {
  return summary_of(replications,
                    [=](const Replication& one) { return (one.spent.*spent_on).count(); });
}

}  // namespace

std::vector<Replication> replicate_all(const TrainingRun& run) {
  std::vector<Replication> replications;
  for (std::int64_t i = 0; i < run.replications; ++i) {
    replications.push_back(replicate(run, i));
  }
  return replications;
}

Forecast summarise(std::span<const Replication> replications) {
  sim::require(!replications.empty(), "there is a replication");
  Forecast forecast{
      .duration =
          summary_of(replications, [](const Replication& one) { return one.duration.count(); }),
      .goodput = summary_of(replications, [](const Replication& one) { return one.goodput(); }),
      .spent = {.useful = summary_of(replications, &TimeSpent::useful),
                .checkpoints = summary_of(replications, &TimeSpent::checkpoints),
                .lost = summary_of(replications, &TimeSpent::lost),
                .detection = summary_of(replications, &TimeSpent::detection),
                .waiting = summary_of(replications, &TimeSpent::waiting),
                .restart = summary_of(replications, &TimeSpent::restart)},
      .interruptions =
          summary_of(replications,
                     [](const Replication& one) { return static_cast<double>(one.interruptions); }),
      .checkpoints =
          summary_of(replications,
                     [](const Replication& one) { return static_cast<double>(one.checkpoints); }),
  };
  for (std::size_t part = 0; part < replications.front().failures.size(); ++part) {
    forecast.failures.push_back(summary_of(replications, [part](const Replication& one) {
      return static_cast<double>(one.failures[part]);
    }));
  }
  return forecast;
}

}  // namespace planning
