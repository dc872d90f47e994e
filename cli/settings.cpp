#include "cli/settings.hpp"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "cli/scenario.hpp"
#include "cli/topology_key.hpp"
#include "sim/error.hpp"

namespace cli {

std::vector<Setting> settings(const Arguments& arguments) {
  return settings(arguments.all("set"));
}

std::vector<Setting> settings(const std::vector<std::string>& texts) {
  std::vector<Setting> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw sim::Error{std::string{"--set"}, fmt::format("expected key=value, got '{}'", text)};
    }
    if (equals + 1 == text.size()) {
      throw sim::Error{fmt::format("--set {}", text), "expected a value after the ="};
    }
    out.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return out;
}

sim::ConfigNode with_settings(sim::ConfigNode node, const Arguments& arguments) {
  return with_settings(std::move(node), settings(arguments));
}

sim::ConfigNode with_settings(sim::ConfigNode node, const std::vector<Setting>& settings) {
  for (const Setting& setting : settings) {
    node = node.with(setting.key, setting.label(), setting.value);
  }
  return node;
}

sim::ConfigNode scenario_with_settings(sim::ConfigNode scenario, const Arguments& arguments,
                                       const std::string& directory) {
  for (const Setting& setting : settings(arguments)) {
    if (setting.key.starts_with("topology.")) {
      scenario = with_topology_inlined(scenario, directory);
    }
    scenario = scenario.with(setting.key, setting.label(), setting.value);
  }
  return scenario;
}

}  // namespace cli
