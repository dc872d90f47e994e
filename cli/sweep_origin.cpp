#include "cli/sweep_origin.hpp"

#include <nlohmann/json.hpp>

#include "cli/atomic_file.hpp"
#include "cli/json_document.hpp"
#include "cli/settings.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"

namespace cli {

namespace fs = std::filesystem;

void keep_origin(const SweepOrigin& origin, const fs::path& directory) {
  write_file_atomically(directory / "sweep.yaml", origin.text);
  write_file_atomically(directory / "sweep.json", json_document({{"file", origin.file},
                                                                 {"directory", origin.directory},
                                                                 {"set", origin.settings},
                                                                 {"output", origin.output}}));
}

std::optional<SweepOrigin> find_origin(const fs::path& directory) {
  const fs::path path = directory / "sweep.json";
  if (!fs::exists(path) || !fs::exists(directory / "sweep.yaml")) {
    return std::nullopt;
  }
  try {
    const auto json = nlohmann::json::parse(sim::read_text_file(path.string(), origin_text_max));
    return SweepOrigin{
        .file = json.at("file").get<std::string>(),
        .text = sim::read_text_file((directory / "sweep.yaml").string(), origin_text_max),
        .directory = json.at("directory").get<std::string>(),
        .settings = json.at("set").get<std::vector<std::string>>(),
        .output = json.at("output").get<std::string>()};
  } catch (const nlohmann::json::exception&) {
    throw sim::Error{path.string(), "is not what a sweep keeps"};
  }
}

sim::ConfigNode node_of(const SweepOrigin& origin, const std::string& label) {
  return with_settings(sim::ConfigNode::parse(label, origin.text), settings(origin.settings));
}

}  // namespace cli
