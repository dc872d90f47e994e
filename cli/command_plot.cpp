// espalier plot: pictures of results.

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/atomic_file.hpp"
#include "cli/chart_kinds.hpp"
#include "cli/commands.hpp"
#include "cli/picture_file.hpp"
#include "cli/result_files.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"

namespace cli {
namespace {

constexpr std::array plot_options{
    Option{"kind", 'k', "KIND",
           "line (default), scaling, busbw, breakdown, heatmap, pareto,"
           " tornado"},
    Option{"x", 0, "KEY", "what stands along x: an axis of the sweep, or any other column"},
    Option{"y", 0, "KEY", "what is shown: step_s, mfu, memory_B, ..."},
    Option{"group", 0, "KEY", "a line, or a colour, for each of its values; of heatmaps, upwards"},
    Option{"where", 0, "KEY=VALUE", "only these rows (repeat); of a tornado's axes, its base"},
    Option{"log", 0, "x|y|xy|none", "logarithmic axes; of heatmaps, y is the colour"},
    Option{"maximise", 0, "KEY", "pareto: more of it is better, not less (repeat)"},
    Option{"title", 0, "TEXT", "what stands above the picture"},
    Option{"output", 'o', "FILE",
           ".svg, .png, .pdf or, for gnuplot, .gp: KIND.svg beside the"
           " results"},
    Option{"help", 'h', "", "show this"},
};

}  // namespace

const Command plot_command{
    .name = "plot",
    .summary = "draw results of sweeps and runs: lines, scaling, heatmaps, Pareto fronts, ...",
    .usage = "espalier plot RESULTS.{jsonl,csv,json}... [--kind KIND] [options]",
    .examples =
        "espalier plot out/bandwidth/results.jsonl --x link.bandwidth --y step_s\n"
        "espalier plot out/gpus/results.csv --kind scaling -o scaling.pdf\n"
        "espalier plot out/layouts/results.jsonl --kind pareto --x mfu --maximise mfu\n"
        "espalier plot out/layouts/results.jsonl --kind heatmap --where layout.micro_batch=1\n"
        "espalier plot out/demo/torus-8x8/results.json --kind busbw\n"
        "espalier plot out/a/results.csv out/b/results.csv --group file",
    .options = plot_options,
    .positional = {},
    .more_words = "results",
};

namespace {

namespace fs = std::filesystem;

std::vector<Condition> read_conditions(const Arguments& arguments) {
  std::vector<Condition> out;
  for (const std::string& text : arguments.all("where")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      throw sim::Error{std::string{"--where"}, fmt::format("expected KEY=VALUE, got '{}'", text)};
    }
    out.push_back({text.substr(0, equals), value_of(text.substr(equals + 1))});
  }
  return out;
}

std::optional<LogAxes> read_log(const Arguments& arguments) {
  const auto text = arguments.find("log");
  return text ? std::optional{log_axes(
                    sim::ConfigNode::scalar("--log", *text).choice(log_choices, "choice of axes"))}
              : std::nullopt;
}

ChartRequest read_request(const Arguments& arguments, const std::vector<std::string>& files) {
  ChartRequest request{.x = arguments.find("x"),
                       .y = arguments.find("y"),
                       .group = arguments.find("group"),
                       .where = read_conditions(arguments),
                       .log = read_log(arguments),
                       .title = arguments.find("title"),
                       .maximised = arguments.all("maximise"),
                       .source = files.size() > 2 ? fmt::format("{} files", files.size())
                                                  : fmt::format("{}", fmt::join(files, ", "))};
  if (const auto kind = arguments.find("kind")) {
    request.kind = static_cast<ChartKind>(
        sim::ConfigNode::scalar("--kind", *kind).choice(chart_kind_names, "kind of chart"));
  }
  return request;
}

fs::path target_of(const Arguments& arguments, ChartKind kind, const std::string& first) {
  if (const auto said = arguments.find("output")) {
    return *said;
  }
  const std::string_view name = chart_kind_names.at(static_cast<std::size_t>(kind));
  return fs::path{first}.parent_path() / fmt::format("{}.svg", name);
}

ResultRows read_rows(const std::vector<std::string>& paths) {
  constexpr std::size_t most = std::size_t{1} << 30;
  std::vector<ResultFile> files;
  for (const std::string& path : paths) {
    files.push_back({path, sim::read_text_file(path, most)});
  }
  return read_result_files(files);
}

}  // namespace

int run_plot(const Arguments& arguments) {
  const std::vector<std::string> paths = arguments.all("results");
  if (paths.empty()) {
    throw sim::Error{std::string{"espalier plot"},
                     fmt::format("missing results\n  usage: {}", plot_command.usage)};
  }
  const ChartRequest request = read_request(arguments, paths);
  const fs::path target = target_of(arguments, request.kind, paths.front());
  static_cast<void>(picture_format("--output", target));
  check_target("--output", target, paths);
  const Chart chart = make_chart(read_rows(paths), request);
  for (const std::string& note : chart.notes) {
    fmt::print(stderr, "espalier: {}\n", note);
  }
  write_picture(chart, target);
  fmt::print("picture: {}\n", target.string());
  return 0;
}

}  // namespace cli
