#pragma once
// Where results of a sweep come from: kept beside them, so that they can be shown with all that it
// takes to get them again, and points can be run again.
//
// A directory has `sweep.yaml`, the sweep's file as it was, and `sweep.json`: how that was named,
// where its paths start, and what was set over it.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/sweep.hpp"
#include "sim/config.hpp"

namespace cli {

inline constexpr std::size_t origin_text_max = 16U << 20U;  // what ConfigNode::load takes

struct SweepOrigin {
  std::string file;                   // as it was named
  std::string text;                   // of the file
  std::string directory;              // where its paths start
  std::vector<std::string> settings;  // "KEY=VALUE", in order
  std::string output;                 // where results are, as that was named
};

/// Throws sim::Failure if it cannot be written.
void keep_origin(const SweepOrigin& origin, const std::filesystem::path& directory);

/// Nothing if none was kept. Throws sim::Error for what is none.
[[nodiscard]] std::optional<SweepOrigin> find_origin(const std::filesystem::path& directory);

/// The sweep's file, with what was set over it. Errors name it as `label`.
[[nodiscard]] sim::ConfigNode node_of(const SweepOrigin& origin, const std::string& label);

}  // namespace cli
