#pragma once
// What a plan found, for people and for programs.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

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

/// Was the front looked for, or is it that of what was simulated for other reasons?
enum class Front : std::uint8_t { of_those_simulated, whole };

struct PlanView {
  std::size_t shown = 10;
  Front front = Front::of_those_simulated;
};

/// Tables of at most 80 columns: the best ones, as many as are shown, and the best of each cluster;
/// why the first one wins; which ones trade time for memory or money. Requires a cluster.
[[nodiscard]] std::string render_plan(std::span<const PlannedCluster> clusters,
                                      const PlanView& view);

/// All that was simulated. Quantities carry their unit in their key. Requires a cluster.
[[nodiscard]] nlohmann::ordered_json to_json(std::span<const PlannedCluster> clusters);

/// A candidate's keys in a training scenario: "layout: {...}", "schedule: ..." and what of the
/// software it decides, as YAML.
[[nodiscard]] std::string scenario_keys_of(const planning::Candidate& candidate);

}  // namespace cli
