// espalier sweep: many scenarios from one.

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_origin.hpp"
#include "cli/sweep_plots.hpp"
#include "cli/sweep_point.hpp"
#include "cli/sweep_results.hpp"
#include "cli/sweep_run.hpp"
#include "cli/team.hpp"
#include "cli/terminal.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"
#include "sim/text_list.hpp"

namespace cli {
namespace {

constexpr std::array sweep_options{
    Option{"output", 'o', "DIR",
           "where points are kept, and results written: out/NAME of the sweep"},
    Option{"threads", 'j', "N", "points at a time in each process: all cores, or 1 under mpirun"},
    Option{"shard", 0, "I/N", "only every N-th point, from the I-th on; merge them afterwards"},
    Option{"set", 0, "KEY=VALUE", "one value of the sweep, as in 'set.seed=2' (repeat)"},
    Option{"dry-run", 0, "", "print the points and run none"},
    Option{"json", 0, "", "print all results as JSON Lines"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> sweep_words{"sweep"};

}  // namespace

const Command sweep_command{
    .name = "sweep",
    .summary =
        "simulate many scenarios: threads here, processes on a cluster; goes on after a stop",
    .usage =
        "espalier sweep SWEEP.yaml [options]\n"
        "       espalier sweep merge SWEEP.yaml DIR... -o DIR",
    .examples =
        "espalier sweep configs/planning/sweep-bandwidth.yaml -j 8\n"
        "mpirun -n 4 espalier sweep configs/planning/sweep-bandwidth.yaml -o out/bandwidth\n"
        "espalier sweep SWEEP.yaml --shard 3/16 -o out/shard-3\n"
        "espalier sweep merge SWEEP.yaml out/shard-* -o out/all",
    .options = sweep_options,
    .positional = sweep_words,
    .more_words = "directories",
};

namespace {

namespace fs = std::filesystem;

constexpr std::size_t shown_most = 10;
constexpr int exit_interrupted = 130;  // as shells say of a program that SIGINT ends

fs::path directory_of(const std::string& file, const Arguments& arguments) {
  const auto said = arguments.find("output");
  return said ? fs::path{*said} : fs::path{"out"} / fs::path{file}.stem();
}

/// A sweep, and its file as it was when it was read.
struct LoadedSweep {
  Sweep sweep;
  std::vector<SweepPlot> plots;
  SweepOrigin origin;
};

LoadedSweep load_sweep(const std::string& file, const Arguments& arguments) {
  const fs::path starts = fs::path{file}.parent_path();
  SweepOrigin origin{.file = file,
                     .text = sim::read_text_file(file, origin_text_max),
                     .directory = (fs::current_path() / starts).lexically_normal().string(),
                     .settings = arguments.all("set"),
                     .output = directory_of(file, arguments).string()};
  const sim::ConfigNode node = node_of(origin, file);
  const auto plots = node.find("plots");
  return {read_sweep(node, starts.string()),
          plots ? read_sweep_plots(*plots) : std::vector<SweepPlot>{}, std::move(origin)};
}

/// Two sweeps whose files have the same name would take each other's place. One that has moved, or
/// was edited, goes on.
void expect_own_directory(const SweepOrigin& origin) {
  if (fs::exists(origin.output) && !fs::is_directory(origin.output)) {
    throw sim::Error{std::string{"--output"},
                     fmt::format("'{}' is a file; expected a directory", origin.output)};
  }
  const auto name_of = [](const SweepOrigin& each) {
    return (fs::path{each.directory} / fs::path{each.file}.filename()).lexically_normal();
  };
  const auto there = find_origin(origin.output);
  if (there && there->text != origin.text && name_of(*there) != name_of(origin)) {
    throw sim::Error{std::string{"--output"},
                     fmt::format("'{}' has the points of {}\n  hint: -o OTHER", origin.output,
                                 name_of(*there).string())};
  }
}

Shard read_shard(const std::string& text) {
  const std::vector<std::string_view> parts = sim::split(text, '/');
  constexpr std::int64_t most = 1'000'000;
  const auto number = [&](std::string_view part, std::int64_t least, std::int64_t last) {
    return static_cast<std::size_t>(
        sim::ConfigNode::scalar("--shard", std::string{part}).integer(least, last));
  };
  if (parts.size() != 2) {
    throw sim::Error{std::string{"--shard"}, fmt::format("expected I/N, got '{}'", text)};
  }
  const std::size_t of = number(parts[1], 1, most);
  return {number(parts[0], 1, static_cast<std::int64_t>(of)), of};
}

std::size_t read_threads(const Arguments& arguments, const Team& team) {
  constexpr std::int64_t most = 4096;
  if (const auto said = arguments.find("threads")) {
    return static_cast<std::size_t>(sim::ConfigNode::scalar("--threads", *said).integer(1, most));
  }
  return team.size() > 1 ? 1 : std::max(1U, std::thread::hardware_concurrency());
}

void print_points(const Sweep& sweep, const Shard& shard) {
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    if (!shard.has(i)) {
      continue;
    }
    std::string line = fmt::format("{:>6}", i);
    for (const auto& [key, text] : sweep.points[i].values) {
      line += fmt::format("  {}={}", key, text);
    }
    fmt::print("{}\n", line);
  }
  fmt::print("{} points, {} left out\n", sweep.points.size(), sweep.skipped);
}

/// The exit code: of bad input if there was nothing else.
int write_and_show(const LoadedSweep& loaded, const FinishedPoints& points,
                   const Arguments& arguments) {
  const fs::path directory = loaded.origin.output;
  const SweepRows rows = result_rows(loaded.sweep, points);
  make_directory(directory);
  keep_origin(loaded.origin, directory);
  write_file_atomically(directory / "results.jsonl", to_json_lines(rows));
  write_file_atomically(directory / "results.csv", to_csv(rows));
  if (arguments.has("json")) {
    fmt::print("{}", to_json_lines(rows));
  } else {
    fmt::print("{}\nresults: {}\n", summary_of(loaded.sweep, rows, shown_most),
               (directory / "results.{csv,jsonl}").string());
  }
  const DrawnPlots drawn = draw_sweep_plots(
      loaded.plots, rows, fs::path{loaded.origin.file}.filename().string(), directory);
  for (const std::string& note : drawn.notes) {
    fmt::print(stderr, "espalier: {}\n", note);
  }
  for (const fs::path& file : drawn.files) {
    if (!arguments.has("json")) {
      fmt::print("picture: {}\n", file.string());
    }
  }
  constexpr int bad_input = 2;
  const bool are_bad = std::ranges::all_of(
      rows, [](const nlohmann::ordered_json& row) { return row["status"] == "invalid"; });
  return are_bad ? bad_input : 0;
}

/// Of a list of points, enough to find them.
std::string numbers_text(const std::vector<std::size_t>& numbers) {
  constexpr std::size_t most = 10;
  const std::size_t shown = std::min(numbers.size(), most);
  return fmt::format(
      "{}{}",
      fmt::join(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < numbers.size() ? ", ..." : "");
}

/// Those whose files are not what they were.
std::vector<std::size_t> stale_points(const Sweep& sweep, const FinishedPoints& points) {
  KnownFiles known;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    if (points.at(sweep.points[i].key).scenario != scenario_hash(sweep, sweep.points[i], known)) {
      out.push_back(i);
    }
  }
  return out;
}

int merge(const Arguments& arguments) {
  for (const std::string_view option : {"dry-run", "shard", "threads"}) {
    if (arguments.has(option)) {
      throw sim::Error{fmt::format("--{}", option), "is for a sweep; merge runs nothing"};
    }
  }
  const std::vector<std::string> words = arguments.all("directories");
  if (words.size() < 2) {
    throw sim::Error{std::string{"espalier sweep merge"},
                     "expected the sweep's file, then the directories of its shards"};
  }
  const LoadedSweep loaded = load_sweep(words.front(), arguments);
  FinishedPoints points;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!fs::is_directory(fs::path{words[i]} / "journal")) {
      throw sim::Error{words[i], "is no directory in which points of a sweep are kept"};
    }
    add_lines(read_journals(words[i]), points);
  }
  const std::vector<std::size_t> missing = missing_points(loaded.sweep, points);
  if (!missing.empty()) {
    throw sim::Failure{fmt::format("{} of {} points are missing: {}", missing.size(),
                                   loaded.sweep.points.size(), numbers_text(missing))};
  }
  const std::vector<std::size_t> stale = stale_points(loaded.sweep, points);
  if (!stale.empty()) {
    throw sim::Failure{
        fmt::format("{} of {} points read files that have changed since: {}\n"
                    "  hint: the shards' own commands, once more, run these again",
                    stale.size(), loaded.sweep.points.size(), numbers_text(stale))};
  }
  return write_and_show(loaded, points, arguments);
}

int finish(const LoadedSweep& loaded, const SweepOutcome& outcome, const SweepRun& run,
           const Arguments& arguments) {
  if (outcome.done < outcome.total) {
    fmt::print(stderr,
               "espalier: stopped: {} of {} points are done and kept in {}; the same command does "
               "the others\n",
               outcome.done, outcome.total, run.directory.string());
    return exit_interrupted;
  }
  if (run.shard.of > 1) {
    fmt::print("shard {} of {}: {} points are kept in {}\n", run.shard.number, run.shard.of,
               outcome.total, run.directory.string());
    return 0;
  }
  return write_and_show(loaded, outcome.points, arguments);
}

int run_as(Team& team, const Arguments& arguments) {
  const LoadedSweep loaded = load_sweep(arguments.at("sweep"), arguments);
  const auto said_shard = arguments.find("shard");
  const Shard shard = said_shard ? read_shard(*said_shard) : Shard{};
  if (arguments.has("dry-run")) {
    if (team.is_leader()) {
      print_points(loaded.sweep, shard);
    }
    return 0;
  }
  Progress progress{"sweeping"};
  const InterruptGuard guard;
  const SweepRun run{
      .directory = loaded.origin.output,
      .threads = read_threads(arguments, team),
      .shard = shard,
      .was_asked_to_stop = InterruptGuard::was_asked_to_stop,
      .on_done = [&](std::size_t done, std::size_t total) { progress.update(done, total); }};
  if (team.is_leader()) {
    expect_own_directory(loaded.origin);
    make_directory(run.directory);
    keep_origin(loaded.origin, run.directory);
  }
  const SweepOutcome outcome = run_sweep(loaded.sweep, run, team);
  progress.finish();
  return team.is_leader() ? finish(loaded, outcome, run, arguments) : 0;
}

}  // namespace

int run_sweep_command(const Arguments& arguments) {
  if (arguments.at("sweep") == "merge") {
    return merge(arguments);
  }
  if (!arguments.all("directories").empty()) {
    throw sim::Error{
        std::string{"espalier sweep"},
        fmt::format("one sweep at a time; '{}' is too much", arguments.all("directories").front())};
  }
  const std::unique_ptr<Team> team = join_team();
  try {
    return run_as(*team, arguments);
  } catch (const std::exception& error) {
    if (team->size() > 1) {
      // Who ends alone leaves the others waiting.
      const bool is_input = dynamic_cast<const sim::Error*>(&error) != nullptr;
      fmt::print(stderr, "espalier: {}\n", error.what());
      team->give_up(is_input ? 2 : 1);
    }
    throw;
  }
}

}  // namespace cli
