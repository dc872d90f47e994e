#include "cli/validate_training.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/training_report.hpp"
#include "cli/training_scenario.hpp"
#include "cli/training_tables.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "workloads/training_step.hpp"

namespace cli {
namespace {

TrainingScenario read(const std::string& text, KnownFiles& known) {
  return read_training_scenario(sim::ConfigNode::parse("the scenario of a row", text), "", known);
}

/// The scenario of a row. Nothing if nothing fits.
std::optional<std::string> scenario_of(const MeasuredStep& step, KnownFiles& known) {
  const std::vector<MeasuredStep::Choice> choices = step.choices();
  if (choices.size() == 1) {
    return step.scenario(choices.front());
  }
  std::optional<MeasuredStep::Choice> best;
  double best_s = std::numeric_limits<double>::max();
  for (const MeasuredStep::Choice& choice : choices) {
    const TrainingScenario scenario = read(step.scenario(choice), known);
    if (!fits(scenario)) {
      continue;
    }
    if (const double seconds = run_step(scenario).seconds; seconds < best_s) {
      best_s = seconds;
      best = choice;
    }
  }
  return best ? std::optional{step.scenario(*best)} : std::nullopt;
}

/// Our figure for a row, in what the row counts.
double predicted(const MeasuredStep& step, const std::string& text, KnownFiles& known) {
  const TrainingScenario scenario = read(text, known);
  const workloads::StepReport report = run_step(scenario);
  const workloads::Training& training = scenario.training;
  constexpr double tera = 1e12;
  switch (step.measure) {
    case Measure::seconds:
      return report.seconds;
    case Measure::milliseconds:
      return report.seconds * 1e3;
    case Measure::megatron_tflops:
      return workloads::megatron_flop(training.model, training.model.sequence) *
             report.tokens_per_s / training.layout.ranks() / tera;
    case Measure::model_tflops:
      return report.model_flop_per_s / tera;
    case Measure::causal_tflops: {
      const double masked =
          workloads::forward_flop(training.model, training.model.sequence).attention * 3 / 2;
      const double all = workloads::training_flop(training.model, training.model.sequence);
      return report.model_flop_per_s * (1 - (masked / all)) / tera;
    }
    case Measure::model_percent:
      return 100 * report.model_flop_per_s / peak_flop_per_s(scenario);
    case Measure::tokens_per_s:
      return report.tokens_per_s;
    case Measure::sequences_per_s:
      return report.tokens_per_s / training.model.sequence;
  }
  return 0;
}

ComparedTable& table_named(const std::string& name, Comparisons& all) {
  const auto found = std::ranges::find(all.tables, name, &ComparedTable::name);
  return found == all.tables.end() ? all.tables.emplace_back(ComparedTable{name, {}}) : *found;
}

/// Adds the row to its table, or says why not: what others ran may be what we cannot lay out.
void compare(MeasuredStep& step, KnownFiles& known, Comparisons& out) {
  if (step.choices().empty()) {
    step.passed_over = "its batch cannot be divided among its replicas";
    return;
  }
  try {
    const auto scenario = scenario_of(step, known);
    if (!scenario) {
      step.passed_over = "nothing that it leaves open fits into memory";
      return;
    }
    const double ours = predicted(step, *scenario, known);
    const std::string name =
        step.is_certain ? step.table : fmt::format("{} (not certain)", step.table);
    table_named(name, out).rows.push_back({std::move(step.identity), ours, step.reference});
  } catch (const sim::Error& error) {
    const std::string_view text = error.what();
    step.passed_over = text.substr(0, text.find('\n'));
  }
}

void check_form(const CsvTable& table) {
  if (!is_training_table(table)) {
    throw sim::Error{sim::SourcePos{table.file(), 1, 1},
                     "a table of training steps has a column 'schedule_features', 'tensor "
                     "parallelism', 'figure', or 'ETP' and 'MFU_pct'"};
  }
}

}  // namespace

void compare_training(const CsvTable& table, const RowDone& done, Comparisons& out) {
  check_form(table);
  KnownFiles known;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    MeasuredStep step = measured_step(table, row);
    if (step.passed_over.empty()) {
      compare(step, known, out);
    }
    if (!step.passed_over.empty()) {
      out.passed_over.push_back({std::move(step.identity), step.passed_over});
    }
    done();
  }
}

std::string training_scenario(const CsvTable& table, std::size_t row) {
  check_form(table);
  KnownFiles known;
  const MeasuredStep step = measured_step(table, row);
  const auto scenario = step.passed_over.empty() ? scenario_of(step, known) : std::nullopt;
  if (!scenario) {
    throw sim::Error{table.file(), fmt::format("row {} is not compared: {}", row + 1,
                                               step.passed_over.empty() ? "nothing fits into memory"
                                                                        : step.passed_over)};
  }
  return *scenario;
}

void print_training(const ComparedTable& table) {
  fmt::print("{:<44} {:>11} {:>11} {:>8}\n", table.name.substr(0, 44), "measured", "ours", "error");
  for (const Compared& row : table.rows) {
    fmt::print("{:<44} {:>11.5g} {:>11.5g} {:>7.1f}%\n", label_of(row.identity), row.reference,
               row.predicted, 100 * row.error());
  }
  const ErrorSummary summary = summarise(table.rows);
  fmt::print("{} rows, off by {:.1f}% (mean), {:.1f}% (median), {:.1f}% (worst)\n\n",
             table.rows.size(), 100 * summary.mean, 100 * summary.median, 100 * summary.worst);
}

}  // namespace cli
