#include "tests/golden.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "tests/reference_data.hpp"

void check_golden(const std::string& name, const std::string& actual) {
  const auto path = std::filesystem::path{SOURCE_DIR} / "tests/golden" / name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream{path} << actual;
    return;
  }
  INFO("to accept the new text: UPDATE_GOLDEN=1 build/release/tests/espalier_tests");
  CHECK(actual == read_text(path));
}
