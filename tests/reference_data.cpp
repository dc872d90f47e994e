#include "tests/reference_data.hpp"

#include <fstream>
#include <sstream>

std::optional<std::filesystem::path> reference_file(const std::string& name) {
  const auto path = std::filesystem::path{SOURCE_DIR}.parent_path() / "shared" / "reference" / name;
  return std::filesystem::exists(path) ? std::optional{path} : std::nullopt;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
