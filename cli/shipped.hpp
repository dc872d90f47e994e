#pragma once
// The files that come with the program: configs/.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"

namespace cli {

/// A shipped file: below the current directory, or where the program was built from.
[[nodiscard]] std::filesystem::path shipped(const std::filesystem::path& path);

/// The names of the files of a shipped folder that end in `.yaml`, without that, in order.
[[nodiscard]] std::vector<std::string> shipped_names(const std::filesystem::path& folder);

/// The document that `node` names: a file ("my.yaml", from `directory`), or one of those that come
/// with the program in `folder` ("configs/models"), by its name. Throws sim::Error, with the
/// nearest name, if there is neither; `what` says of what ("model").
[[nodiscard]] sim::ConfigNode load_named(const sim::ConfigNode& node, const std::string& directory,
                                         const std::filesystem::path& folder,
                                         std::string_view what);

}  // namespace cli
