#pragma once

#include <cstddef>
#include <string>

namespace sim {

/// The whole of the file at `path`. Throws Error, naming it, if it cannot be read, is a directory,
/// or has more than `most` bytes.
[[nodiscard]] std::string read_text_file(const std::string& path, std::size_t most);

}  // namespace sim
