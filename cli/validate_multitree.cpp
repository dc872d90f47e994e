#include "cli/validate_multitree.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cli/compare.hpp"
#include "cli/multitree_reference.hpp"
#include "cli/scenario.hpp"
#include "sim/config.hpp"

namespace cli {
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

}  // namespace

void compare_multitree(const CsvTable& table, const RowDone& done, Comparisons& out) {
  out.tables.push_back({.name = std::filesystem::path{table.file()}.stem().string(), .rows = {}});
  for (std::size_t row = 0; row < table.rows(); ++row) {
    out.tables.back().rows.push_back(compare_row(table, row));
    done();
  }
}

void print_multitree(const ComparedTable& table) {
  fmt::print("{:<16} {:<16} {:>8} {:<9} {:>10} {:>10} {:>7}\n", "topology", "algorithm", "KiB",
             "variant", "reference", "ours", "error");
  for (const Compared& row : table.rows) {
    fmt::print("{:<16} {:<16} {:>8} {:<9} {:>10.0f} {:>10.0f} {:>6.1f}%\n", row.identity[0].second,
               row.identity[1].second, row.identity[2].second, row.identity[5].second.substr(0, 9),
               row.reference, row.predicted, 100 * row.error());
  }
  fmt::print("\n{}\n", summary_line(table));
}

}  // namespace cli
