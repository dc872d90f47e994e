#include "cli/shipped.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cli {

std::filesystem::path shipped(const std::filesystem::path& path) {
  return std::filesystem::exists(path) ? path : std::filesystem::path{ESPALIER_SOURCE_DIR} / path;
}

std::vector<std::string> shipped_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{shipped(folder)}) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

sim::ConfigNode load_named(const sim::ConfigNode& node, const std::string& directory,
                           const std::filesystem::path& folder, std::string_view what) {
  const std::string name = node.text();
  if (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json")) {
    std::filesystem::path path{name};
    if (path.is_relative()) {
      path = std::filesystem::path{directory} / path;
    }
    if (!std::filesystem::exists(path)) {
      node.fail(fmt::format("there is no file '{}'", path.string()));
    }
    return sim::ConfigNode::load(path.lexically_normal().string());
  }
  const std::vector<std::string> names = shipped_names(folder);
  const std::vector<std::string_view> views{names.begin(), names.end()};
  const std::string& known = names[node.choice(views, what)];
  return sim::ConfigNode::load(shipped(folder / (known + ".yaml")).string());
}

}  // namespace cli
