#pragma once
// The prices that a scenario names.

#include <optional>
#include <string>

#include "planning/prices.hpp"
#include "sim/config.hpp"
#include "workloads/gpu.hpp"

namespace cli {

/// The prices under `prices`, if it is there. `gpu` says what a busy one draws, if they do not.
/// What is read of a file is added to `text`.
[[nodiscard]] std::optional<planning::Prices> read_prices_key(const sim::ConfigNode& node,
                                                              const std::string& directory,
                                                              const workloads::Gpu& gpu,
                                                              std::string& text);

}  // namespace cli
