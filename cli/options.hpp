#pragma once
// The command line of one command: what it takes, its help, and the values given.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// An option of a command.
struct Option {
  std::string_view name;      // "sizes", given as --sizes
  char letter = 0;            // 'o' for -o; 0 for none
  std::string_view argument;  // "LIST"; empty for a flag
  std::string_view help;
};

/// A command: `espalier NAME ...`.
struct Command {
  std::string_view name;
  std::string_view summary;   // one line
  std::string_view usage;     // "espalier collective --topology T [options]"
  std::string_view examples;  // shown first in --help, one per line
  std::span<const Option> options;
  std::span<const std::string_view> positional;  // names of what stands without a dash
  std::string_view more_words = {};              // name of any number of further ones; empty: none
};

/// What was given.
class Arguments {
 public:
  /// Throws sim::Error for an unknown option (with the nearest one), a missing value, an option
  /// given twice that may be given once, or too many words.
  Arguments(const Command& command, const std::vector<std::string>& words);

  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  [[nodiscard]] std::string at(std::string_view name) const;

  /// Every value of an option that may be repeated (`--set`).
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;

 private:
  struct Given {
    std::string name;
    std::string value;
  };
  std::string command_;
  std::vector<Given> given_;
};

/// The text of `espalier COMMAND --help`.
[[nodiscard]] std::string help_text(const Command& command);

}  // namespace cli
