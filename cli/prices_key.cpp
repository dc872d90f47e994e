#include "cli/prices_key.hpp"

#include "cli/shipped.hpp"

namespace cli {

std::optional<planning::Prices> read_prices_key(const sim::ConfigNode& node,
                                                const std::string& directory,
                                                const workloads::Gpu& gpu, std::string& text) {
  const auto said = node.find("prices");
  if (!said) {
    return std::nullopt;
  }
  const auto power = gpu.power_w ? std::optional{planning::Watts{*gpu.power_w}} : std::nullopt;
  if (said->is_map()) {
    return planning::read_prices(*said, power);
  }
  const sim::ConfigNode file = load_named(*said, directory, "configs/planning/prices", "prices");
  text += ' ' + file.canonical();
  return planning::read_prices(file, power);
}

}  // namespace cli
