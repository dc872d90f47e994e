// espalier validate: our figures beside those of others.

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/csv_input.hpp"
#include "cli/json_document.hpp"
#include "cli/multitree_reference.hpp"
#include "cli/shipped.hpp"
#include "cli/terminal.hpp"
#include "cli/validate_multitree.hpp"
#include "cli/validate_training.hpp"
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
    .usage = "espalier validate multitree|training [TABLE.csv...] [options]",
    .examples =
        "espalier validate multitree\n"
        "espalier validate training\n"
        "espalier validate training configs/validation/training-literature.csv --json\n"
        "espalier validate multitree --scenario 1",
    .options = validate_options,
    .positional = validate_words,
    .more_words = "tables",
};

namespace {

/// What can be compared: how the tables of a subject are read, and where ours lie.
struct Subject {
  std::string_view name;
  std::vector<std::string> shipped_tables;
  void (*compare)(const CsvTable& table, const RowDone& done, Comparisons& out);
  std::string (*scenario)(const CsvTable& table, std::size_t row);
  void (*print)(const ComparedTable& table);
};

std::vector<Subject> subjects() {
  return {{"multitree", {"multitree.csv"}, compare_multitree, multitree_scenario, print_multitree},
          {"training",
           {"training-literature.csv", "training-a100.csv", "training-sc21-figures.csv",
            "training-mixtures.csv"},
           compare_training,
           training_scenario,
           print_training}};
}

void print_all(const Subject& subject, const Comparisons& all) {
  for (const ComparedTable& table : all.tables) {
    subject.print(table);
  }
  if (!all.passed_over.empty()) {
    fmt::print("Passed over:\n");
    for (const UncomparedRow& row : all.passed_over) {
      fmt::print("  {}: {}\n", label_of(row.identity), row.reason);
    }
  }
}

}  // namespace

int run_validate(const Arguments& arguments) {
  const std::vector<Subject> all = subjects();
  std::vector<std::string_view> names;
  std::ranges::transform(all, std::back_inserter(names), &Subject::name);
  const Subject& subject = all[sim::ConfigNode::scalar("espalier validate", arguments.at("what"))
                                   .choice(names, "subject")];
  std::vector<std::string> paths = arguments.all("tables");
  if (paths.empty()) {
    for (const std::string& file : subject.shipped_tables) {
      paths.push_back(shipped(std::filesystem::path{"configs/validation"} / file).string());
    }
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
    fmt::print("{}", subject.scenario(sources.front(), static_cast<std::size_t>(number - 1)));
    return 0;
  }
  Comparisons comparisons;
  Progress progress{"validating"};
  std::size_t done = 0;
  for (const CsvTable& source : sources) {
    subject.compare(source, [&] { progress.update(++done, total); }, comparisons);
  }
  progress.finish();
  if (arguments.has("json")) {
    fmt::print("{}", json_document(to_json(comparisons)));
    return 0;
  }
  print_all(subject, comparisons);
  return 0;
}

}  // namespace cli
