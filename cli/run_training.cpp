#include "cli/run_training.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/atomic_file.hpp"
#include "cli/forecast_report.hpp"
#include "cli/forecast_scenario.hpp"
#include "cli/json_document.hpp"
#include "cli/trace_file.hpp"
#include "cli/training_report.hpp"
#include "cli/training_scenario.hpp"
#include "planning/search.hpp"
#include "sim/error.hpp"

namespace cli {

int run_training(const sim::ConfigNode& node, const std::string& directory,
                 const Arguments& arguments) {
  for (const std::string_view option : {"links", "csv", "output"}) {
    if (arguments.has(option)) {
      throw sim::Error{fmt::format("--{}", option),
                       "is for collectives\n  hint: --json, or --trace FILE, for a training step"};
    }
  }
  const TrainingScenario scenario = read_training_scenario(node, directory);
  const auto forecast = read_forecast_key(node, scenario);
  const auto trace = arguments.find("trace");
  workloads::Timeline timeline;
  const workloads::StepReport report = run_step(scenario, trace ? &timeline : nullptr);
  if (trace) {
    write_file_atomically(*trace, to_trace(timeline));
  }
  const double busy_s = planning::busy_seconds(report);
  const auto played = forecast ? std::optional{play(*forecast, report.seconds)} : std::nullopt;
  std::optional<planning::Bill> step_bill;
  std::optional<planning::Bill> run_bill;
  if (scenario.prices) {
    step_bill = planning::bill_for(scenario.parts, *scenario.prices,
                                   {.time = planning::Seconds{report.seconds},
                                    .busy = std::min(busy_s / report.seconds, 1.0)});
    run_bill = played ? std::optional{bill_of(*played, scenario.parts, *scenario.prices, busy_s)}
                      : std::nullopt;
  }
  if (arguments.has("json")) {
    nlohmann::ordered_json document = to_json(scenario, report);
    const auto add = [&](const char* key, const auto& value) {
      if (value) {
        document[key] = to_json(*value);
      }
    };
    add("step_bill", step_bill);
    add("run", played);
    add("run_bill", run_bill);
    fmt::print("{}", json_document(document));
    return 0;
  }
  fmt::print("{}", render_step(scenario, report));
  fmt::print("{}", played ? render_run(*played) : "");
  if (run_bill) {
    fmt::print("{}", render_bill(*run_bill, "the run"));
  } else if (step_bill) {
    fmt::print("{}", render_bill(*step_bill, "a step"));
  }
  return 0;
}

}  // namespace cli
