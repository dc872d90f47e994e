// espalier report: the results of a sweep as one page.

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/long_quantities.hpp"
#include "cli/report_page.hpp"
#include "cli/report_point.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_journal.hpp"
#include "cli/sweep_origin.hpp"
#include "cli/sweep_results.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/text_file.hpp"

namespace cli {
namespace {

constexpr std::array report_options{
    Option{"output", 'o', "FILE", "the page: report.html beside the results"},
    Option{"point", 0, "N", "whose network and timeline it shows: the fastest that fits"},
    Option{"stages", 0, "N", "of its pipeline, the first and the last ones: 4"},
    Option{"window", 0, "FROM..TO", "of its step, in full detail, as in 20ms..35ms: the middle"},
    Option{"rows", 0, "N", "points in the page at most: the fastest 2000"},
    Option{"no-run", 0, "", "without network and timeline: nothing is simulated"},
    Option{"sweep", 0, "FILE", "the sweep's file, where none is kept beside the results"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> report_words{"directory"};

}  // namespace

const Command report_command{
    .name = "report",
    .summary = "the results of a sweep as one HTML page, with charts, the network, a timeline",
    .usage = "espalier report DIR [options]",
    .examples =
        "espalier report out/bandwidth\n"
        "espalier report out/bandwidth --point 17 -o point-17.html\n"
        "espalier report out/bandwidth --stages 2 --window 20ms..35ms",
    .options = report_options,
    .positional = report_words,
};

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t results_max = std::size_t{1} << 32U;  // bytes: a million rows have less

std::int64_t number_of(const Arguments& arguments, std::string_view option, std::int64_t usual,
                       std::int64_t least, std::int64_t most) {
  const auto said = arguments.find(option);
  return said ? sim::ConfigNode::scalar(fmt::format("--{}", option), *said).integer(least, most)
              : usual;
}

SweepOrigin read_origin(const fs::path& directory, const Arguments& arguments) {
  if (const auto file = arguments.find("sweep")) {
    const fs::path starts = fs::path{*file}.parent_path();
    return {.file = *file,
            .text = sim::read_text_file(*file, origin_text_max),
            .directory = starts.string(),
            .settings = {},
            .output = directory.string()};
  }
  if (auto kept = find_origin(directory)) {
    return *std::move(kept);
  }
  throw sim::Error{directory.string(),
                   "has no sweep.yaml, which 'espalier sweep' keeps beside its results\n"
                   "  hint: --sweep SWEEP.yaml names it"};
}

SweepRows read_rows(const fs::path& directory) {
  const fs::path path = directory / "results.jsonl";
  if (!fs::exists(path)) {
    throw sim::Error{
        directory.string(),
        "has no results.jsonl, which 'espalier sweep' writes when all points are done"};
  }
  const std::string text = sim::read_text_file(path.string(), results_max);
  SweepRows rows;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    Json row = Json::parse(rest.substr(0, end), nullptr, false);
    if (!is_result(row) || !row.contains("point") || !row.contains("axes") ||
        !row["axes"].is_object()) {
      throw sim::Error{fmt::format("{}:{}", path.string(), rows.size() + 1),
                       "is no result of a sweep"};
    }
    rows.push_back(std::move(row));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return rows;
}

void check_match(const Sweep& sweep, const SweepRows& rows, const fs::path& directory) {
  bool do_match = sweep.points.size() == rows.size();
  for (std::size_t i = 0; do_match && i < rows.size(); ++i) {
    do_match = rows[i]["point"] == i && rows[i]["axes"] == axes_of(sweep.points[i]);
  }
  if (!do_match) {
    throw sim::Failure{fmt::format("{}: results are not those of the sweep's file: run it again",
                                   directory.string())};
  }
}

/// A time in a step: steps may be longer than what a scenario's times may be.
sim::Duration read_time(const std::string& text) {
  if (const auto time = sim::parse_duration(text); time.value) {
    return *time.value;
  }
  const planning::Seconds time = read_long_time(sim::ConfigNode::scalar("--window", text));
  constexpr std::chrono::hours most{1};
  if (time > most) {
    throw sim::Error{std::string{"--window"},
                     fmt::format("expected at most an hour, got '{}'", text)};
  }
  return std::chrono::round<sim::Duration>(time);
}

std::optional<TimeWindow> read_window(const Arguments& arguments) {
  const auto said = arguments.find("window");
  if (!said) {
    return std::nullopt;
  }
  const std::size_t dots = said->find("..");
  if (dots == std::string::npos) {
    throw sim::Error{std::string{"--window"}, fmt::format("expected FROM..TO, got '{}'", *said)};
  }
  const TimeWindow window{read_time(said->substr(0, dots)), read_time(said->substr(dots + 2))};
  if (window.end <= window.begin) {
    throw sim::Error{std::string{"--window"}, "ends before it begins"};
  }
  return window;
}

/// The file that the sweep's base is, if it is one.
std::optional<std::pair<std::string, std::string>> read_base(const sim::ConfigNode& node,
                                                             const SweepOrigin& origin) {
  const sim::ConfigNode base = node.at("base");
  if (base.is_map()) {
    return std::nullopt;
  }
  const fs::path path = (fs::path{origin.directory} / base.text()).lexically_normal();
  return std::pair{base.text(), sim::read_text_file(path.string(), origin_text_max)};
}

/// The point to be run: the one asked for, or the best one.
std::optional<std::size_t> choose_point(const Arguments& arguments, const SweepRows& rows) {
  if (!arguments.has("point")) {
    return best_point(rows);
  }
  const auto point = static_cast<std::size_t>(
      number_of(arguments, "point", 0, 0, static_cast<std::int64_t>(rows.size()) - 1));
  if (rows[point]["status"] != "ok") {
    throw sim::Error{std::string{"--point"},
                     fmt::format("point {} has nothing to show: it is '{}'", point,
                                 rows[point]["status"].get<std::string>())};
  }
  return point;
}

/// What a page must not be written over.
std::vector<std::string> inputs_of(const fs::path& directory, const Arguments& arguments,
                                   const sim::ConfigNode& node, const SweepOrigin& origin) {
  std::vector<std::string> out;
  for (const char* const name : {"results.jsonl", "results.csv", "sweep.yaml", "sweep.json"}) {
    out.push_back((directory / name).string());
  }
  if (const auto file = arguments.find("sweep")) {
    out.push_back(*file);
  }
  if (const sim::ConfigNode base = node.at("base"); !base.is_map()) {
    out.push_back((fs::path{origin.directory} / base.text()).string());
  }
  return out;
}

/// Sets the options that give the same page again.
void keep_options(const Arguments& arguments, Report& report) {
  const auto words_of = [&](std::initializer_list<std::string_view> names) {
    std::vector<std::string> out;
    for (const std::string_view name : names) {
      if (const auto said = arguments.find(name)) {
        out.insert(out.end(), {fmt::format("--{}", name), shell_word(*said)});
      }
    }
    return out;
  };
  report.table_options = words_of({"rows", "sweep", "stages"});
  report.options = report.table_options;
  std::vector<std::string> more = words_of({"point", "window"});
  if (report.point && !arguments.has("point")) {
    more.insert(more.begin(), {"--point", fmt::format("{}", report.point->point)});
  }
  if (!report.point) {
    more.emplace_back("--no-run");
  }
  report.options.insert(report.options.end(), more.begin(), more.end());
}

void count_statuses(const SweepRows& rows, Report& report) {
  std::map<std::string, std::size_t> statuses;
  for (const Json& row : rows) {
    ++statuses[row["status"].get<std::string>()];
    report.unfit += row["status"] == "ok" && !is_usable(row) ? 1U : 0U;
  }
  report.statuses.assign(statuses.begin(), statuses.end());
  std::ranges::stable_partition(report.statuses,
                                [](const auto& each) { return each.first == "ok"; });
}

}  // namespace

int run_report(const Arguments& arguments) {
  const fs::path directory = arguments.at("directory");
  const fs::path output = arguments.find("output").value_or((directory / "report.html").string());
  Report report{.origin = read_origin(directory, arguments)};
  const sim::ConfigNode node =
      node_of(report.origin, arguments.find("sweep").value_or((directory / "sweep.yaml").string()));
  const Sweep sweep = read_sweep(node, report.origin.directory);
  check_target("--output", output, inputs_of(directory, arguments, node, report.origin));
  const SweepRows rows = read_rows(directory);
  check_match(sweep, rows, directory);
  if (const auto description = node.find("description")) {
    report.description = description->text();
  }
  report.base = read_base(node, report.origin);
  report.points = rows.size();
  report.left_out = sweep.skipped;
  count_statuses(rows, report);
  report.best = best_point(rows);
  report.have_same_tokens = have_same_tokens(rows);
  const auto point = choose_point(arguments, rows);
  constexpr std::int64_t rows_usual = 2000;
  const auto rows_most =
      static_cast<std::size_t>(number_of(arguments, "rows", rows_usual, 1, points_max));
  report.table = report_table(ranked(rows, rows_most, point), rows);
  const PointChoice choice{
      .stages = static_cast<std::int32_t>(number_of(arguments, "stages", 4, 1, 64)),
      .window = read_window(arguments)};
  if (point && !arguments.has("no-run")) {
    report.point = run_for_report(sweep, *point, rows[*point], choice);
  }
  keep_options(arguments, report);
  const std::string page = report_page(report);
  write_file_atomically(output, page);
  fmt::print("report: {} ({})\n", output.string(),
             sim::to_text_si(static_cast<double>(page.size()), "B"));
  return 0;
}

}  // namespace cli
