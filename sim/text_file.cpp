#include "sim/text_file.hpp"

#include <array>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "sim/error.hpp"

namespace sim {

std::string read_text_file(const std::string& path, std::size_t most) {
  std::error_code ignored;  // what does not exist is no directory, and fails below
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error{path, "is a directory, expected a file"};
  }
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    throw Error{path, "cannot be opened"};
  }
  std::string text;
  std::array<char, std::size_t{1} << 16U> buffer{};
  while (file && text.size() <= most) {
    file.read(buffer.data(), buffer.size());
    text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) {
    throw Error{path, "cannot be read"};
  }
  if (text.size() > most) {
    throw Error{path, fmt::format("has more than {} bytes", most)};
  }
  return text;
}

}  // namespace sim
