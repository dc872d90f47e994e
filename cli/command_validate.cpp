// espalier validate: our figures beside those of others.

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/compare.hpp"
#include "cli/csv_input.hpp"
#include "cli/json_document.hpp"
#include "cli/multitree_reference.hpp"
#include "cli/scenario.hpp"
#include "cli/terminal.hpp"
#include "cli/validation.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"

namespace cli {

namespace {

constexpr std::array validate_options{
    Option{"json", 0, "", "print JSON"},
    Option{"scenario", 0, "ROW",
           "print the scenario of a row of the (first) table, counted from 1, and run nothing"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> validate_words{"what"};

}  // namespace

const Command validate_command{
    .name = "validate",
    .summary = "compare with figures measured by others; print every error",
    .usage = "espalier validate multitree [TABLE.csv...] [options]",
    .examples =
        "espalier validate multitree\n"
        "espalier validate multitree configs/validation/multitree.csv --json\n"
        "espalier validate multitree --scenario 1",
    .options = validate_options,
    .positional = validate_words,
    .more_words = "tables",
};

namespace {

constexpr std::array<std::string_view, 6> identifying{"topology",     "algorithm",      "data_kib",
                                                      "NIs_per_node", "message_size_B", "variant"};

Compared compare_row(const CsvTable& table, std::size_t row) {
  Compared out;
  for (const std::string_view column : identifying) {
    out.identity.emplace_back(column, table.at(row, column));
  }
  constexpr std::int64_t cycles_most = std::int64_t{1} << 53;
  out.reference = static_cast<double>(table.integer(row, "total_cycles", 1, cycles_most));
  const std::string label = fmt::format("the scenario of row {}", row + 1);
  const Scenario scenario =
      read_scenario(sim::ConfigNode::parse(label, multitree_scenario(table, row)), "");
  const Comparison comparison = compare(scenario, [](std::size_t, std::size_t) {});
  constexpr double cycles_per_second = 1e9;
  out.predicted = multitree_time_s(table, row, comparison.rows.front()) * cycles_per_second;
  return out;
}

void print_table(const ComparedTable& table) {
  fmt::print("{:<16} {:<16} {:>8} {:<9} {:>10} {:>10} {:>7}\n", "topology", "algorithm", "KiB",
             "variant", "reference", "ours", "error");
  for (const Compared& row : table.rows) {
    fmt::print("{:<16} {:<16} {:>8} {:<9} {:>10.0f} {:>10.0f} {:>6.1f}%\n", row.identity[0].second,
               row.identity[1].second, row.identity[2].second, row.identity[5].second.substr(0, 9),
               row.reference, row.predicted, 100 * row.error());
  }
  fmt::print("\n{}\n", summary_line(table));
}

/// The shipped table: below the current directory, or where the program was built from.
std::string shipped_table() {
  const std::filesystem::path path{"configs/validation/multitree.csv"};
  const std::filesystem::path built = std::filesystem::path{ESPALIER_SOURCE_DIR} / path;
  return std::filesystem::exists(path) ? path.string() : built.string();
}

}  // namespace

int run_validate(const Arguments& arguments) {
  constexpr std::array<std::string_view, 1> subjects{"multitree"};
  static_cast<void>(sim::ConfigNode::scalar("espalier validate", arguments.at("what"))
                        .choice(subjects, "subject"));
  std::vector<std::string> paths = arguments.all("tables");
  if (paths.empty()) {
    paths.push_back(shipped_table());
  }
  constexpr std::size_t size_most = std::size_t{16} << 20;
  std::vector<CsvTable> sources;
  std::size_t total = 0;
  for (const std::string& path : paths) {
    sources.emplace_back(path, sim::read_text_file(path, size_most));
    if (sources.back().rows() == 0) {
      throw sim::Error{path, "the table has no rows"};
    }
    total += sources.back().rows();
  }
  if (const auto row = arguments.find("scenario")) {
    const auto number = sim::ConfigNode::scalar("--scenario", *row)
                            .integer(1, static_cast<std::int64_t>(sources.front().rows()));
    fmt::print("{}", multitree_scenario(sources.front(), static_cast<std::size_t>(number - 1)));
    return 0;
  }
  std::vector<ComparedTable> tables;
  Progress progress{"validating"};
  std::size_t done = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    tables.push_back({.name = std::filesystem::path{paths[i]}.stem().string(), .rows = {}});
    for (std::size_t row = 0; row < sources[i].rows(); ++row) {
      tables.back().rows.push_back(compare_row(sources[i], row));
      progress.update(++done, total);
    }
  }
  progress.finish();
  if (arguments.has("json")) {
    fmt::print("{}", json_document(to_json(tables)));
    return 0;
  }
  for (const ComparedTable& table : tables) {
    print_table(table);
  }
  return 0;
}

}  // namespace cli
