#pragma once
// `--set key=value`: one value of a file, said on the command line.

#include <string>
#include <vector>

#include "cli/options.hpp"
#include "sim/config.hpp"

namespace cli {

/// One `--set`.
struct Setting {
  std::string key;  // dotted: "topology.link.bandwidth"
  std::string value;

  /// What names it in errors: "--set sizes".
  [[nodiscard]] std::string label() const { return "--set " + key; }
};

/// Those given, in order. Throws sim::Error for one without a key, or without a value.
[[nodiscard]] std::vector<Setting> settings(const Arguments& arguments);
[[nodiscard]] std::vector<Setting> settings(const std::vector<std::string>& texts);

/// `node` with the settings over it.
[[nodiscard]] sim::ConfigNode with_settings(sim::ConfigNode node, const Arguments& arguments);
[[nodiscard]] sim::ConfigNode with_settings(sim::ConfigNode node,
                                            const std::vector<Setting>& settings);

/// The same for a scenario, whose topology may be a file, found from `directory`: a setting of
/// "topology.shape" then reaches into that file.
[[nodiscard]] sim::ConfigNode scenario_with_settings(sim::ConfigNode scenario,
                                                     const Arguments& arguments,
                                                     const std::string& directory);

}  // namespace cli
