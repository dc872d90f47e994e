#pragma once
// One scenario under several conditions, side by side:
//
//     topology: torus:4x4
//     variants:
//       ring: {algorithms: ring}
//       MultiTree: {algorithms: multitree, nic.kind: multitree}
//       MultiTree, 4 ports: {algorithms: multitree, nic.kind: multitree,
//                            topology.injection.ports: 4}
//
// Each variant has one algorithm, and other values in place of those of the scenario, or besides
// them; keys are dotted paths.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cli/result.hpp"
#include "cli/scenario.hpp"
#include "sim/config.hpp"

namespace cli {

struct Variant {
  std::string name;
  Scenario scenario;
};

/// The variants of a scenario, in order; none if it has no `variants`. Throws sim::Error like
/// read_scenario, and for a variant that has not exactly one algorithm, or another collective,
/// network model, seed, number of ranks or sizes than the others.
[[nodiscard]] std::vector<Variant> read_variants(const sim::ConfigNode& node,
                                                 const std::string& directory);

/// Runs all of them at every size. Rows bear the names of variants; speedups are over the first.
/// Requires variants.
[[nodiscard]] Comparison compare(std::span<const Variant> variants,
                                 const std::function<void(std::size_t, std::size_t)>& on_row);

}  // namespace cli
