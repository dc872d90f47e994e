#pragma once
// The program with sweeps, and what it leaves behind.

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/sweep_journal.hpp"
#include "tests/cli/scratch_directory.hpp"

namespace cli_test {

namespace fs = std::filesystem;
using cli::content_of;

inline const std::string program = std::string{BINARY_DIR} + "/cli/espalier";

inline cli::ProcessResult run(std::vector<std::string> words) {
  return cli::run_process(words, "");
}

/// The program with a sweep, by way of others: {"timeout", "1"}.
inline cli::ProcessResult sweep(const fs::path& file, const fs::path& directory,
                                std::vector<std::string> before = {},
                                const std::vector<std::string>& options = {"-j", "2"}) {
  before.insert(before.end(), {program, "sweep", file.string(), "-o", directory.string()});
  before.insert(before.end(), options.begin(), options.end());
  return run(before);
}

/// A thousand points that take about a millisecond each.
inline fs::path small_points(const fs::path& directory) {
  const fs::path file = directory / "sweep.yaml";
  std::ofstream{file} << "base: {topology: 'torus:4x4', algorithms: [ring, multitree],\n"
                         "  sizes: 1KiB..512KiB}\n"
                         "axes:\n"
                         "  - link: ['16GB/s,150ns', '8GB/s,150ns', '16GB/s,1us', '8GB/s,1us',"
                         " '4GB/s,1us']\n"
                         "  - seed: {from: 1, to: 10, by: 1}\n";
  return file;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    out.push_back(line);
  }
  return out;
}

/// Keys of all whole lines of all journals, each as often as it is there.
inline std::multiset<std::string> keys_in(const fs::path& directory) {
  std::multiset<std::string> out;
  for (const std::string& line : lines_of(cli::read_journals(directory))) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object()) {
      out.insert(json["key"].get<std::string>());
    }
  }
  return out;
}

inline void check_same_results(const fs::path& one, const fs::path& other) {
  for (const char* const name : {"results.csv", "results.jsonl"}) {
    CHECK(content_of(one / name) == content_of(other / name));
  }
}

}  // namespace cli_test
