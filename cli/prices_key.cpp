#include "cli/prices_key.hpp"

#include "cli/shipped.hpp"

namespace cli {

std::optional<planning::Prices> read_prices_key(const sim::ConfigNode& node,
                                                const std::string& directory,
                                                const workloads::Gpu& gpu) {
  const auto said = node.find("prices");
  if (!said) {
    return std::nullopt;
  }
  const auto power = gpu.power_w ? std::optional{planning::Watts{*gpu.power_w}} : std::nullopt;
  return planning::read_prices(
      said->is_map() ? *said : load_named(*said, directory, "configs/planning/prices", "prices"),
      power);
}

}  // namespace cli
