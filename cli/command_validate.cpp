// espalier validate: our figures beside those of others.

#include <algorithm>
#include <array>
#include <cmath>
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
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"

namespace cli {

namespace {

constexpr std::array validate_options{
    Option{"json", 0, "", "print JSON"},
    Option{"scenario", 0, "ROW", "print the scenario of a row, counted from 1, and run nothing"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 2> validate_words{"what", "table"};

}  // namespace

const Command validate_command{
    .name = "validate",
    .summary = "compare with figures measured by others; print every error",
    .usage = "espalier validate multitree [TABLE.csv] [options]",
    .examples =
        "espalier validate multitree\n"
        "espalier validate multitree configs/validation/multitree.csv --json\n"
        "espalier validate multitree --scenario 1",
    .options = validate_options,
    .positional = validate_words,
};

namespace {

/// One row of a table: what identifies it, and both figures, in cycles.
struct Compared {
  std::vector<std::pair<std::string, std::string>> identity;
  double predicted = 0;
  double reference = 0;

  [[nodiscard]] double error() const { return (predicted / reference) - 1; }
};

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
  out.predicted = comparison.rows.front().quiet_s * cycles_per_second;
  return out;
}

struct Summary {
  double geometric_mean = 0;  // of how far predictions are off, as a factor, less 1
  double mean = 0;
  double median = 0;
  double worst = 0;
};

Summary summarise(const std::vector<Compared>& rows) {
  std::vector<double> errors;
  double log_sum = 0;
  for (const Compared& row : rows) {
    errors.push_back(std::abs(row.error()));
    log_sum += std::abs(std::log(row.predicted / row.reference));
  }
  std::ranges::sort(errors);
  const auto count = static_cast<double>(errors.size());
  double sum = 0;
  for (const double error : errors) {
    sum += error;
  }
  return {.geometric_mean = std::exp(log_sum / count) - 1,
          .mean = sum / count,
          .median = (errors[(errors.size() - 1) / 2] + errors[errors.size() / 2]) / 2,
          .worst = errors.back()};
}

void print_table(const std::vector<Compared>& rows, const std::string& name) {
  fmt::print("{:<16} {:<16} {:>8} {:<9} {:>10} {:>10} {:>7}\n", "topology", "algorithm", "KiB",
             "variant", "reference", "ours", "error");
  for (const Compared& row : rows) {
    fmt::print("{:<16} {:<16} {:>8} {:<9} {:>10.0f} {:>10.0f} {:>6.1f}%\n", row.identity[0].second,
               row.identity[1].second, row.identity[2].second, row.identity[5].second.substr(0, 9),
               row.reference, row.predicted, 100 * row.error());
  }
  const Summary summary = summarise(rows);
  fmt::print("\n{}: {} rows, off by {:.2f}% (geometric mean), {:.2f}% (median), {:.1f}% (worst)\n",
             name, rows.size(), 100 * summary.geometric_mean, 100 * summary.median,
             100 * summary.worst);
}

void print_as_json(const std::vector<Compared>& rows, const std::string& name) {
  auto list = nlohmann::ordered_json::array();
  for (const Compared& row : rows) {
    nlohmann::ordered_json json;
    for (const auto& [column, value] : row.identity) {
      json[column] = value;
    }
    json["predicted"] = row.predicted;
    json["reference"] = row.reference;
    json["error"] = row.error();
    list.push_back(std::move(json));
  }
  const Summary summary = summarise(rows);
  auto tables = nlohmann::ordered_json::array();
  tables.push_back({{"name", name},
                    {"rows", rows.size()},
                    {"mean_abs_error", summary.mean},
                    {"median_abs_error", summary.median},
                    {"worst_abs_error", summary.worst},
                    {"geometric_mean_error", summary.geometric_mean}});
  fmt::print("{}", json_document({{"rows", list}, {"tables", tables}}));
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
  const std::string path = arguments.find("table").value_or(shipped_table());
  constexpr std::size_t size_most = std::size_t{16} << 20;
  const CsvTable table{path, sim::read_text_file(path, size_most)};
  if (table.rows() == 0) {
    throw sim::Error{path, "the table has no rows"};
  }
  if (const auto row = arguments.find("scenario")) {
    const auto number = sim::ConfigNode::scalar("--scenario", *row)
                            .integer(1, static_cast<std::int64_t>(table.rows()));
    fmt::print("{}", multitree_scenario(table, static_cast<std::size_t>(number - 1)));
    return 0;
  }
  std::vector<Compared> rows;
  Progress progress{"validating"};
  for (std::size_t row = 0; row < table.rows(); ++row) {
    rows.push_back(compare_row(table, row));
    progress.update(rows.size(), table.rows());
  }
  progress.finish();
  const std::string name = std::filesystem::path{path}.stem().string();
  if (arguments.has("json")) {
    print_as_json(rows, name);
  } else {
    print_table(rows, name);
  }
  return 0;
}

}  // namespace cli
