#include "cli/report_point.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/compare.hpp"
#include "cli/network_picture.hpp"
#include "cli/report_columns.hpp"
#include "cli/result_table.hpp"
#include "cli/scenario.hpp"
#include "cli/training_report.hpp"
#include "cli/training_scenario.hpp"
#include "cli/version.hpp"
#include "cli/yaml_text.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "workloads/training_step.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail(std::size_t point, std::string_view what) {
  throw sim::Failure{fmt::format("point {}: {}; run the sweep again", point, what)};
}

void check_same_scenario(std::size_t point, const Json& row, const std::string& hash) {
  if (row.value("version", std::string{version}) != version) {
    fail(point, fmt::format("the results are of version {}, and this is {}",
                            row["version"].get<std::string>(), version));
  }
  if (row.at("scenario") != hash) {
    fail(point, "its scenario, or a file that it names, has changed since the sweep");
  }
}

void check_same_time(std::size_t point, const Json& row, double seconds) {
  constexpr double rounding = 1e-9;
  const double before = time_of(row);
  if (std::abs(seconds - before) > rounding * before) {
    fail(point, fmt::format("it took {} s in the sweep, and now {} s", before, seconds));
  }
}

std::vector<std::string> sources_of(const std::string& name,
                                    const calibration::GpuProfile& profile) {
  std::vector<std::string> out{name, fmt::format("provenance: {}", profile.provenance)};
  if (profile.measured) {
    const calibration::MeasuredOn& on = *profile.measured;
    out.push_back(fmt::format("measured {} with driver {}, CUDA {}, NCCL {}", on.date, on.driver,
                              on.cuda, on.nccl));
  }
  std::ranges::transform(profile.sources, std::back_inserter(out),
                         [](const std::string& source) { return "from " + source; });
  return out;
}

/// Of the GPUs of stages, too, where those differ.
std::vector<std::string> sources_of(const TrainingScenario& scenario) {
  std::vector<std::string> out = sources_of(scenario.profile_name, scenario.profile);
  for (std::size_t stage = 0; stage < scenario.stage_gpus.size(); ++stage) {
    const calibration::GpuProfile& profile = scenario.stage_gpus[stage].profile;
    out.push_back(fmt::format("stage {}: {}, {}", stage, profile.gpu, profile.provenance));
  }
  return out;
}

PointReport run_training_point(const Sweep& sweep, std::size_t point, const Json& row,
                               const PointChoice& choice) {
  const sim::ConfigNode& node = sweep.points[point].scenario;
  TrainingScenario scenario = read_training_scenario(node, sweep.directory);
  const std::string hash = hash_of(scenario);
  check_same_scenario(point, row, hash);
  if (is_small(scenario.topology)) {
    scenario.symmetry = workloads::Symmetry::ignored;  // then every link has its load
  }
  workloads::Timeline timeline{.stages_most = choice.stages};
  const workloads::StepReport report = run_step(scenario, &timeline);
  check_same_time(point, row, report.seconds);
  PointReport out{.point = point,
                  .scenario = to_yaml(node),
                  .hash = hash,
                  .sources = sources_of(scenario),
                  .text = render_step(scenario, report),
                  .topology = std::move(scenario.topology),
                  .load = {},
                  .gpus = scenario.training.layout.ranks(),
                  .gpus_run = report.ranks_run};
  out.load = load_of(out.topology, std::move(timeline.recording.link_bytes), report.seconds);
  out.load.share = static_cast<double>(out.gpus_run) / static_cast<double>(out.gpus);
  const sim::Duration step{std::llround(report.seconds * 1e12)};
  if (choice.window && choice.window->begin >= step) {
    throw sim::Error{std::string{"--window"},
                     fmt::format("begins when the step is over: it takes {}", sim::to_text(step))};
  }
  out.timeline = timeline_json(timeline, step, choice.window, bars_most);
  return out;
}

PointReport run_collective_point(const Sweep& sweep, std::size_t point, const Json& row) {
  const sim::ConfigNode& node = sweep.points[point].scenario;
  Scenario scenario = read_scenario(node, sweep.directory);
  check_same_scenario(point, row, scenario.hash);
  const Comparison comparison = compare(scenario, [](std::size_t, std::size_t) {});
  const Row& result = comparison.rows.front();
  check_same_time(point, row, result.time_s);
  std::vector<std::string> sources{comparison.profile};
  if (scenario.profile) {
    sources = sources_of(scenario.profile_name, *scenario.profile);
  }
  PointReport out{.point = point,
                  .scenario = to_yaml(node),
                  .hash = scenario.hash,
                  .sources = std::move(sources),
                  .text = render_table(comparison, Style::plain),
                  .topology = std::move(scenario.topology),
                  .load = {},
                  .gpus = comparison.ranks,
                  .gpus_run = comparison.ranks};
  // Behind the links come ports, which no picture has.
  for (std::size_t i = 0; i < out.topology.links().size(); ++i) {
    out.load.bytes.push_back(result.links.at(i).bytes);
    out.load.utilisation.push_back(result.links.at(i).utilisation);
  }
  return out;
}

}  // namespace

std::optional<std::size_t> best_point(const SweepRows& rows) {
  const auto best = std::ranges::min_element(rows, is_before);
  return best == rows.end() || !is_usable(*best)
             ? std::nullopt
             : std::optional{best->at("point").get<std::size_t>()};
}

PointReport run_for_report(const Sweep& sweep, std::size_t point, const Json& row,
                           const PointChoice& choice) {
  return sweep.is_training ? run_training_point(sweep, point, row, choice)
                           : run_collective_point(sweep, point, row);
}

}  // namespace cli
