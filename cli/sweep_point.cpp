#include "cli/sweep_point.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/compare.hpp"
#include "cli/forecast_report.hpp"
#include "cli/forecast_scenario.hpp"
#include "cli/scenario.hpp"
#include "cli/training_report.hpp"
#include "cli/training_scenario.hpp"
#include "cli/version.hpp"
#include "planning/search.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "workloads/training_step.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;
using workloads::StageMemory;
using workloads::StageReport;
using workloads::StepReport;

/// The first line of an error, and its hint: "m.yaml:2:1: error: unknown key 'gpuu'; did you mean
/// 'gpu'?"
std::string in_one_line(std::string_view text) {
  std::string out{text.substr(0, text.find('\n'))};
  constexpr std::string_view mark = "\n  hint: ";
  if (const std::size_t hint = text.find(mark); hint != std::string_view::npos) {
    text.remove_prefix(hint + mark.size());
    out += fmt::format("; {}", text.substr(0, text.find('\n')));
  }
  return out;
}

Json head(const std::string& hash, std::string_view status) {
  return {{"scenario", hash}, {"version", version}, {"status", status}};
}

double fullest(const TrainingScenario& scenario) {
  double most = 0;
  for (const StageMemory& memory : workloads::memory_of(scenario.training)) {
    most = std::max(most, memory.total());
  }
  return most;
}

void add_layout(const TrainingScenario& scenario, Json& out) {
  const workloads::Layout& layout = scenario.training.layout;
  out["gpus"] = layout.ranks();
  out["TP"] = layout.tensor;
  out["CP"] = layout.context;
  out["PP"] = layout.pipeline;
  out["DP"] = layout.data;
  out["EP"] = layout.expert;
  out["micro_batches"] = layout.micro_batches();
}

/// Where the time went, as the mean over stages.
void add_times(const StepReport& report, Json& out) {
  const auto stages = static_cast<double>(report.stages.size());
  const auto mean = [&](auto seconds_of) {
    double sum = 0;
    for (const StageReport& stage : report.stages) {
      sum += seconds_of(stage);
    }
    return sum / stages;
  };
  for (std::size_t i = 0; i < workloads::category_names.size(); ++i) {
    out[std::string{workloads::category_names.at(i)} + "_s"] =
        mean([&](const StageReport& stage) { return stage.seconds.at(i); });
  }
  out["launch_s"] = mean([](const StageReport& stage) { return stage.launch_s; });
  out["idle_s"] = mean([](const StageReport& stage) { return stage.idle_s; });
}

/// What the run and the bill come to, where the scenario says what they need.
void add_outlook(const sim::ConfigNode& node, const TrainingScenario& scenario,
                 const StepReport& report, Json& out) {
  const auto& prices = scenario.prices;
  const auto forecast = read_forecast_key(node, scenario);
  const double busy_s = planning::busy_seconds(report);
  if (prices) {
    const planning::Bill bill =
        planning::bill_for(scenario.parts, *prices,
                           {.time = planning::Seconds{report.seconds},
                            .busy = std::min(busy_s / report.seconds, 1.0)});
    out["step_usd"] = bill.cost.count();
    out["step_kWh"] = planning::kilowatt_hours(bill.energy);
  }
  if (!forecast) {
    return;
  }
  const PlayedRun played = play(*forecast, report.seconds);
  constexpr double per_day = 86400;
  out["run_days"] = played.forecast.duration.mean / per_day;
  out["run_days_half_width_95"] = played.forecast.duration.half_width / per_day;
  out["run_days_p95"] = played.forecast.duration.p95 / per_day;
  out["goodput"] = played.forecast.goodput.mean;
  out["checkpoint_interval_s"] = played.scenario.run.checkpointing.interval.count();
  if (played.scenario.by) {
    out["in_time"] = played.in_time;
  }
  if (prices) {
    const planning::Bill bill = bill_of(played, scenario.parts, *prices, busy_s);
    constexpr double mega = 1e3;
    out["run_usd"] = bill.cost.count();
    out["run_MWh"] = planning::kilowatt_hours(bill.energy) / mega;
  }
}

Json training_result(const Sweep& sweep, const SweepPoint& point, const TrainingScenario& scenario,
                     const std::string& hash) {
  const double memory = fullest(scenario);
  const bool does_fit = fits(scenario);
  const bool runs = does_fit || sweep.runs_unfit;
  Json out = head(hash, runs ? "ok" : "does not fit");
  out["profile"] = scenario.profile_name;
  out["seed"] = scenario.execute.seed;
  add_layout(scenario, out);
  out["memory_B"] = memory;
  out["gpu_memory_B"] = scenario.gpu.memory.count();
  out["fits"] = does_fit;
  if (!runs) {
    return out;
  }
  const StepReport report = run_step(scenario);
  out["step_s"] = report.seconds;
  out["tokens_per_s"] = report.tokens_per_s;
  out["cluster_flop_per_s"] =
      report.model_flop_per_s * static_cast<double>(scenario.training.layout.ranks());
  out["mfu"] = report.model_flop_per_s / peak_flop_per_s(scenario);
  out["hfu"] = report.hardware_flop_per_s / peak_flop_per_s(scenario);
  add_times(report, out);
  out["events"] = report.events;
  add_outlook(point.scenario, scenario, report, out);
  return out;
}

Json collective_result(const Scenario& scenario) {
  sim::require(scenario.algorithms.size() == 1 && scenario.sizes.size() == 1,
               "a point has one algorithm and one size");
  const Comparison all = compare(scenario, [](std::size_t, std::size_t) {});
  const Row& row = all.rows.front();
  Json out = head(all.scenario_hash, "ok");
  out["profile"] = all.profile;
  out["seed"] = all.seed;
  out["collective"] = all.collective;
  out["ranks"] = all.ranks;
  out["bytes"] = row.bytes.count();
  out["time_s"] = row.time_s;
  out["algbw_Bps"] = row.algbw_Bps;
  out["busbw_Bps"] = row.busbw_Bps;
  out["lower_bound_s"] = row.lower_bound_s;
  out["above_lower_bound"] = row.above_bound;
  out["busiest_link"] = row.busiest_link;
  out["busiest_utilisation"] = row.busiest_utilisation;
  out["messages"] = row.messages;
  return out;
}

/// The result, unless it is known already for this hash.
std::optional<Json> result_of(const Sweep& sweep, const SweepPoint& point, std::string& hash,
                              const std::string& done, KnownFiles& known) {
  if (!sweep.is_training) {
    const Scenario scenario = read_scenario(point.scenario, sweep.directory);
    hash = scenario.hash;
    return hash == done ? std::nullopt : std::optional{collective_result(scenario)};
  }
  const TrainingScenario scenario = read_training_scenario(point.scenario, sweep.directory, known);
  hash = hash_of(scenario, known);
  return hash == done ? std::nullopt : std::optional{training_result(sweep, point, scenario, hash)};
}

}  // namespace

std::optional<FinishedPoint> run_point(const Sweep& sweep, const SweepPoint& point,
                                       const std::string& done, KnownFiles& known) {
  std::string hash;
  const auto text_of = [](const Json& result) {
    return result.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  const auto ended = [&](std::string_view status, std::string_view message) {
    hash = hash.empty() ? hash_of(message) : hash;
    Json out = head(hash, status);
    out["message"] = in_one_line(message);
    return hash == done ? std::nullopt
                        : std::optional{FinishedPoint{point.key, hash, text_of(out)}};
  };
  try {
    const auto result = result_of(sweep, point, hash, done, known);
    return result ? std::optional{FinishedPoint{point.key, hash, text_of(*result)}} : std::nullopt;
  } catch (const sim::Error& error) {
    return ended("invalid", error.what());
  } catch (const sim::Failure& failure) {
    return ended("failed", failure.what());
  }
}

std::string scenario_hash(const Sweep& sweep, const SweepPoint& point, KnownFiles& known) {
  try {
    return sweep.is_training
               ? hash_of(read_training_scenario(point.scenario, sweep.directory, known), known)
               : read_scenario(point.scenario, sweep.directory).hash;
  } catch (const sim::Error& error) {
    return hash_of(error.what());
  }
}

}  // namespace cli
