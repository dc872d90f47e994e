#include "cli/run_training.hpp"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/atomic_file.hpp"
#include "cli/json_document.hpp"
#include "cli/trace_file.hpp"
#include "cli/training_report.hpp"
#include "cli/training_scenario.hpp"
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
  const auto trace = arguments.find("trace");
  workloads::Timeline timeline;
  const workloads::StepReport report =
      workloads::run_step(scenario.training, scenario.profile, scenario.topology, scenario.execute,
                          scenario.symmetry, trace ? &timeline : nullptr);
  if (trace) {
    write_file_atomically(*trace, to_trace(timeline));
  }
  if (arguments.has("json")) {
    fmt::print("{}", json_document(to_json(scenario, report)));
  } else {
    fmt::print("{}", render_step(scenario, report));
  }
  return 0;
}

}  // namespace cli
