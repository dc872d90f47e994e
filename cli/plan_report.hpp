#pragma once
// What a plan found, for people and for programs.

#include <cstdint>
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

/// Of those that were found, by number: the ones that no other beats in both time and memory.
[[nodiscard]] std::vector<std::size_t> time_and_memory_front(
    const std::vector<planning::Found>& found);

/// Was the front looked for, or is it that of what was simulated for other reasons?
enum class Front : std::uint8_t { of_those_simulated, whole };

struct PlanView {
  std::size_t shown = 10;
  Front front = Front::of_those_simulated;
};

/// Tables of at most 80 columns: the best ones, as many as are shown; why the first one wins; which
/// ones trade time for memory.
[[nodiscard]] std::string render_plan(const PlanScenario& plan,
                                      const planning::SearchResult& result, const PlanView& view);

/// All that was simulated. Quantities carry their unit in their key.
[[nodiscard]] nlohmann::ordered_json to_json(const PlanScenario& plan,
                                             const planning::SearchResult& result);

/// A candidate's keys in a training scenario: "layout: {...}", "schedule: ..." and what of the
/// software it decides, as YAML.
[[nodiscard]] std::string scenario_keys_of(const planning::Candidate& candidate);

}  // namespace cli
