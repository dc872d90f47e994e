#include "cli/topology_key.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "topology/changes.hpp"
#include "topology/registry.hpp"

namespace cli {

std::string topology_name(const sim::ConfigNode& node, const std::string& directory) {
  if (node.is_map()) {
    const auto shape = node.find("shape");
    return node.at("kind").text() + (shape && shape->is_scalar() ? ":" + shape->text() : "");
  }
  std::string text = node.text();
  if (!topology::names_file(text) || directory.empty() ||
      std::filesystem::path{text}.is_absolute()) {
    return text;
  }
  return (std::filesystem::path{directory} / text).lexically_normal().string();
}

sim::ConfigNode with_topology_inlined(const sim::ConfigNode& scenario,
                                      const std::string& directory) {
  const sim::ConfigNode node = scenario.at("topology");
  if (node.is_map()) {
    return scenario;
  }
  return scenario.with("topology",
                       topology::read_spec(node.where(), topology_name(node, directory)));
}

namespace {

topology::Topology read_unchanged(const sim::ConfigNode& scenario, const std::string& directory) {
  const sim::ConfigNode node = scenario.at("topology");
  const auto link = scenario.find("link");
  if (node.is_map()) {
    return topology::build(link ? node.with("link", *link) : node);
  }
  const std::string text = topology_name(node, directory);
  if (topology::names_file(text) && !std::filesystem::exists(text)) {
    node.fail(fmt::format("there is no file '{}'", text));
  }
  return topology::load(node.where(), text, link);
}

}  // namespace

topology::Topology read_topology(const sim::ConfigNode& scenario, const std::string& directory) {
  const auto changes = scenario.find("changes");
  const topology::Topology topology = read_unchanged(scenario, directory);
  return changes ? topology::changed(topology, *changes) : topology;
}

}  // namespace cli
