// Checks on the source tree itself, so that a review can talk about ideas instead.

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <doctest/doctest.h>

namespace fs = std::filesystem;

namespace {

// Which folder may include which. Left out means forbidden.
const std::map<std::string, std::set<std::string>> may_include{
    {"sim", {"sim"}},
    {"topology", {"topology", "sim"}},
    {"collectives", {"collectives", "topology", "sim"}},
    {"calibration", {"calibration", "sim"}},
    {"workloads", {"workloads", "calibration", "collectives", "topology", "sim"}},
    {"planning", {"planning", "workloads", "calibration", "collectives", "topology", "sim"}},
    {"cli", {"cli", "planning", "workloads", "calibration", "collectives", "topology", "sim"}},
};

template <class Visit>
void for_each_line(const fs::path& path, Visit visit) {
  std::ifstream file{path};
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::string where = path.string() + ":" + std::to_string(number);
    CAPTURE(where);
    visit(line);
  }
}

}  // namespace

TEST_CASE("tidy: includes point down the layers, lines fit, nobody defines a macro or prints") {
  const std::regex include{R"re(^#include "([a-z]+)/)re"};
  for (const auto& [folder, allowed] : may_include) {
    for (const auto& entry : fs::recursive_directory_iterator{fs::path{SOURCE_DIR} / folder}) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp" &&
          entry.path().extension() != ".cu" && entry.path().extension() != ".cuh") {
        continue;
      }
      const fs::path file = entry.path().lexically_relative(fs::path{SOURCE_DIR});
      // espalier-calibrate is a program of its own.
      const bool may_print = folder == "cli" || file == "sim/contract.cpp" ||
                             file == "calibration/probe/main.cpp" ||
                             file == "calibration/probe/progress.cpp";
      for_each_line(entry.path(), [&, &allowed_folders = allowed](const std::string& line) {
        std::smatch match;
        CHECK_MESSAGE(
            (!std::regex_search(line, match, include) || allowed_folders.contains(match[1])), line);
        CHECK_MESSAGE(line.size() <= 100, "line longer than 100 columns");
        CHECK_MESSAGE(line.find("#define") == std::string::npos, "macros are not used here");
        CHECK_MESSAGE((may_print || line.find("fmt::print") == std::string::npos),
                      "only cli prints");
      });
    }
  }
}

TEST_CASE("tidy: Boost.Graph and yaml-cpp stay out of headers") {
  for (const auto& [folder, allowed] : may_include) {
    for (const auto& entry : fs::recursive_directory_iterator{fs::path{SOURCE_DIR} / folder}) {
      if (entry.path().extension() != ".hpp" || entry.path().filename() == "boost_graph.hpp") {
        continue;
      }
      for_each_line(entry.path(), [](const std::string& line) {
        CHECK_MESSAGE(line.find("#include <boost/") == std::string::npos, line);
        CHECK_MESSAGE(line.find("#include <yaml-cpp/") == std::string::npos, line);
      });
    }
  }
}
