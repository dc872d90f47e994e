#pragma once
// Other programs: gnuplot and Graphviz.

#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct ProcessResult {
  int status = 0;      // of its exit; 128 + the signal that ended it, as shells say
  std::string output;  // stdout, any bytes
  std::string errors;  // stderr
};

/// Runs `command[0]`, looked up in PATH and without a shell, with `input` as its stdin.
///
/// Returns when it has ended. Throws sim::Failure if it cannot be started. Requires a command.
[[nodiscard]] ProcessResult run_process(const std::vector<std::string>& command,
                                        std::string_view input);

/// Is there a program of that name in PATH?
[[nodiscard]] bool is_installed(std::string_view name);

}  // namespace cli
