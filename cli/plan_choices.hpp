#pragma once
// What a plan found on all its clusters, put in order.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/plan_scenario.hpp"
#include "planning/bill.hpp"
#include "planning/search.hpp"

namespace cli {

/// A step's bill; nothing without prices.
[[nodiscard]] std::optional<planning::Bill> bill_of(const PlanScenario& plan,
                                                    const planning::Found& found);

/// A cluster, and what was found for it.
struct PlannedCluster {
  PlanScenario plan;
  planning::SearchResult result;
};

/// One of those that were found, by numbers: of its cluster, and there.
struct Choice {
  std::size_t cluster = 0;
  std::size_t number = 0;
};

[[nodiscard]] const planning::Found& found_at(std::span<const PlannedCluster> clusters,
                                              const Choice& choice);

/// All that were found, the best first, whatever their cluster.
[[nodiscard]] std::vector<Choice> ranked(std::span<const PlannedCluster> clusters);

/// What no other one beats in both, by numbers in an order of choices, the fastest first.
struct PlanFronts {
  std::vector<std::size_t> time_and_memory;
  std::vector<std::size_t> time_and_cost;  // of a step; empty without prices
};

[[nodiscard]] PlanFronts fronts_of(std::span<const PlannedCluster> clusters,
                                   const std::vector<Choice>& order);

/// Of the peak of a GPU, 0 to 1.
[[nodiscard]] double mfu_of(const PlanScenario& plan, const planning::Found& found);

/// Seconds of a step by what they go to: the mean over stages.
struct TimeShare {
  std::string name;
  double seconds = 0;
};

/// What people call them: a wait for neighbours in the pipeline is its bubble, and messages.
[[nodiscard]] std::vector<TimeShare> times_of(const workloads::StepReport& report);

}  // namespace cli
