#pragma once
// The topology that a scenario names, and what it changes of it.

#include <string>

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace cli {

/// What stands under `topology`: the kind and shape of a mapping, a short form as it is, a file by
/// its path from the current directory.
[[nodiscard]] std::string topology_name(const sim::ConfigNode& node, const std::string& directory);

/// The scenario with its topology as a mapping, where it is the name of a YAML file or a short
/// form.
[[nodiscard]] sim::ConfigNode with_topology_inlined(const sim::ConfigNode& scenario,
                                                    const std::string& directory);

/// The topology under `topology` in a scenario, with `link` of the scenario over its own, and with
/// its `changes` (topology/changes.hpp).
[[nodiscard]] topology::Topology read_topology(const sim::ConfigNode& scenario,
                                               const std::string& directory);

}  // namespace cli
