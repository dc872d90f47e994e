#pragma once
// What a plan found, for people.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "cli/plan_choices.hpp"

namespace cli {

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

/// A candidate's keys in a training scenario: "layout: {...}", "schedule: ..." and what of the
/// software it decides, as YAML.
[[nodiscard]] std::string scenario_keys_of(const planning::Candidate& candidate);

}  // namespace cli
