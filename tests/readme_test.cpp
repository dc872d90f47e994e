// What the README shows is what the program prints.

#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cli/process.hpp"
#include "tests/reference_data.hpp"

namespace {

struct Shown {
  std::vector<std::string> command;
  std::string output;
};

/// The `$ espalier ...` lines of the README that are followed by output.
std::vector<Shown> shown_in(const std::string& readme) {
  std::vector<Shown> all;
  std::istringstream lines{readme};
  bool in_code = false;
  bool in_command = false;
  bool in_output = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      in_code = !in_code;
      in_command = false;
      in_output = false;
      continue;
    }
    const bool starts = in_code && line.starts_with("$ espalier ");
    if (starts) {
      all.emplace_back();
      in_command = true;
      line.erase(0, 2);
    }
    if (in_code && in_command) {
      const bool goes_on = line.ends_with("\\");
      std::istringstream words{line.substr(0, std::min(line.find(" #"), line.rfind('\\')))};
      for (std::string word; words >> word;) {
        all.back().command.push_back(word);
      }
      in_command = goes_on;
      in_output = !goes_on;
    } else if (in_output) {
      all.back().output += line + "\n";
    }
  }
  return all;
}

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

}  // namespace

TEST_CASE("readme: every output shown is what the command prints today") {
  const std::filesystem::path root{SOURCE_DIR};
  std::filesystem::current_path(root);
  int checked = 0;
  for (Shown& shown : shown_in(read_text(root / "README.md"))) {
    if (trimmed(shown.output).empty()) {
      continue;
    }
    CAPTURE(shown.command.size());
    shown.command.front() = std::string{BINARY_DIR} + "/cli/espalier";
    CHECK(trimmed(cli::run_process(shown.command, "").output) == trimmed(shown.output));
    ++checked;
  }
  CHECK(checked >= 4);
}

TEST_CASE("readme: nothing is left to fill in, and the pictures are there") {
  const std::filesystem::path root{SOURCE_DIR};
  const std::string readme = read_text(root / "README.md");
  CHECK(!std::regex_search(readme, std::regex{"@[A-Z0-9]+@"}));
  const std::regex link{R"re(\]\(([^)#:]+)\))re"};
  int links = 0;
  for (std::sregex_iterator found{readme.begin(), readme.end(), link}, end; found != end; ++found) {
    const std::string target = (*found)[1];
    CAPTURE(target);
    CHECK(std::filesystem::exists(root / target));
    ++links;
  }
  CHECK(links >= 6);
}
