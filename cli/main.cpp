#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iterator>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/version.hpp"
#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace {

constexpr int exit_failed = 1;
constexpr int exit_bad_input = 2;

void print_overview() {
  fmt::print(
      "espalier {}: a simulator of distributed training on datacenter networks\n\n"
      "examples:\n"
      "  espalier collective --topology torus:8x8 --link 16GB/s,150ns --algorithms ring,multitree\n"
      "  espalier run configs/demo/dgx-h100-64.yaml -o out\n"
      "  espalier plan configs/planning/gpt-22b-64-a100.yaml\n"
      "  espalier sweep configs/planning/sweep-strong-scaling.yaml\n"
      "  espalier topology draw fat-tree:4 -o fat-tree.svg\n\n"
      "commands:\n",
      cli::version);
  for (const cli::Entry& entry : cli::commands()) {
    fmt::print("  {:<12} {}\n", entry.command->name, entry.command->summary);
  }
  fmt::print(
      "\n'espalier COMMAND --help' tells more.\n"
      "exit codes: 0 all went well, 1 the run failed, 2 bad input\n");
}

int dispatch(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" ||
      (words[0] == "help" && words.size() == 1)) {
    print_overview();
    return words.empty() ? exit_bad_input : 0;
  }
  if (words[0] == "--version") {
    fmt::print("espalier {}\n", cli::version);
    return 0;
  }
  const bool asks_help = words[0] == "help";
  const std::string& name = asks_help ? words[1] : words[0];
  const auto entries = cli::commands();
  const auto entry =
      std::ranges::find(entries, name, [](const cli::Entry& each) { return each.command->name; });
  if (entry == entries.end()) {
    std::vector<std::string_view> names;
    std::ranges::transform(entries, std::back_inserter(names),
                           [](const cli::Entry& each) { return each.command->name; });
    throw sim::Error{std::string{"espalier"}, fmt::format("unknown command '{}'\n  hint: {}", name,
                                                          sim::suggestion(name, names))};
  }
  const std::vector<std::string> rest{words.begin() + 1, words.end()};
  if (asks_help || std::ranges::find(rest, "--help") != rest.end() ||
      std::ranges::find(rest, "-h") != rest.end()) {
    fmt::print("{}", cli::help_text(*entry->command));
    return 0;
  }
  return entry->run(cli::Arguments{*entry->command, rest});
}

/// Output that could not be written is a failed run, not a quiet success.
void finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw sim::Failure{"standard output: not everything could be written"};
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A file that may not grow is an error of the write, with a temporary file to remove.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const int code = dispatch({argv + 1, argv + argc});
    finish_output();
    return code;
  } catch (const sim::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return exit_bad_input;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "espalier: error: out of memory: the scenario is too large\n");
  } catch (const std::exception& failure) {
    fmt::print(stderr, "espalier: error: {}\n", failure.what());
  }
  return exit_failed;
}
