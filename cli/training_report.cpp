#include "cli/training_report.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

using workloads::StageMemory;
using workloads::StageReport;
using workloads::StepReport;

constexpr double giga = 1e9;
constexpr double tera = 1e12;
constexpr double percent = 100;

/// Of many stages: the first three, the last three, and some between.
std::vector<std::size_t> shown_stages(std::size_t stages) {
  constexpr std::size_t most = 10;
  constexpr std::size_t ends = 3;
  std::vector<std::size_t> shown;
  const std::size_t between = std::max<std::size_t>((stages - 1) / (most - ends), 1);
  for (std::size_t stage = 0; stage < stages; ++stage) {
    if (stages <= most || stage < ends || stage + ends >= stages || stage % between == 0) {
      shown.push_back(stage);
    }
  }
  return shown;
}

std::string layout_text(const TrainingScenario& scenario) {
  const workloads::Layout& layout = scenario.training.layout;
  std::vector<std::string> parts;
  const auto add = [&](std::string_view name, std::int32_t size) {
    if (size > 1) {
      parts.push_back(fmt::format("{} {}", name, size));
    }
  };
  add("TP", layout.tensor);
  add("CP", layout.context);
  if (layout.pipeline > 1) {
    parts.push_back(layout.chunks > 1
                        ? fmt::format("PP {} x {} chunks", layout.pipeline, layout.chunks)
                        : fmt::format("PP {}", layout.pipeline));
  }
  add("DP", layout.data);
  add("EP", layout.expert);
  if (layout.expert > 1) {
    add("ETP", layout.expert_tensor);
  }
  if (layout.sharding != workloads::Sharding::none) {
    parts.push_back(fmt::format("{} sharded", name_of(layout.sharding)));
  }
  return parts.empty() ? "one GPU" : fmt::format("{}", fmt::join(parts, ", "));
}

/// Six letters up to ten thousand seconds.
std::string seconds_text(double seconds) {
  constexpr double hundred = 100;
  constexpr double thousand = 1000;
  int digits = 3;
  if (seconds >= hundred) {
    digits = seconds < thousand ? 2 : 1;
  }
  return fmt::format("{:.{}f}", seconds, digits);
}

/// At most 79 columns, with all categories.
std::string time_table(const StepReport& report) {
  constexpr std::array<std::string_view, workloads::category_names.size()> heads{
      "compute", "recomp", "update", "TP", "CP", "EP", "DP", "PP"};
  std::string out = "\nstage s ";
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const bool is_used = std::ranges::any_of(
        report.stages, [&](const StageReport& stage) { return stage.seconds.at(i) > 0; });
    if (is_used) {
      used.push_back(i);
      out += fmt::format("{:>7}", heads.at(i));
    }
  }
  out += fmt::format("{:>7}{:>7}\n", "launch", "idle");
  for (const std::size_t number : shown_stages(report.stages.size())) {
    const StageReport& stage = report.stages[number];
    out += fmt::format("{:<8}", number);
    for (const std::size_t i : used) {
      out += fmt::format("{:>7}", seconds_text(stage.seconds.at(i)));
    }
    out += fmt::format("{:>7}{:>7}\n", seconds_text(stage.launch_s), seconds_text(stage.idle_s));
  }
  return out;
}

std::string memory_table(const TrainingScenario& scenario, const StepReport& report) {
  std::string out =
      fmt::format("\n{:<9}{:>9}{:>11}{:>11}{:>13}{:>8}{:>8}{:>10}\n", "stage GB", "weights",
                  "gradients", "optimizer", "activations", "comm", "all", "in flight");
  // The stage that has least to spare.
  std::size_t tightest = 0;
  for (std::size_t i = 0; i < report.stages.size(); ++i) {
    const auto share = [&](std::size_t stage) {
      return report.stages[stage].memory.total() / memory_of_gpus(scenario, stage);
    };
    tightest = share(i) > share(tightest) ? i : tightest;
  }
  for (const std::size_t number : shown_stages(report.stages.size())) {
    const StageMemory& memory = report.stages[number].memory;
    out += fmt::format("{:<9}{:>9.1f}{:>11.1f}{:>11.1f}{:>13.1f}{:>8.1f}{:>8.1f}{:>10}\n", number,
                       memory.weights / giga, memory.gradients / giga, memory.optimizer / giga,
                       memory.activations / giga, memory.communication / giga,
                       memory.total() / giga, report.stages[number].in_flight);
  }
  const double there = memory_of_gpus(scenario, tightest);
  const double most = report.stages[tightest].memory.total();
  return out + fmt::format("{}: needs {:.1f} GB of {:.0f}\n",
                           most > there ? "DOES NOT FIT" : "fits", most / giga, there / giga);
}

}  // namespace

double peak_flop_per_s(const TrainingScenario& scenario) {
  const auto peak = [](const workloads::Gpu& gpu) {
    const double wide = gpu.peak(workloads::Format::bfloat16);
    return wide > 0 ? wide : gpu.peak(workloads::Format::float16);
  };
  if (scenario.stage_gpus.empty()) {
    return peak(scenario.gpu);
  }
  double sum = 0;
  for (const StageGpu& each : scenario.stage_gpus) {
    sum += peak(each.gpu);
  }
  return sum / static_cast<double>(scenario.stage_gpus.size());
}

bool fits(const TrainingScenario& scenario) {
  const std::vector<StageMemory> memory = workloads::memory_of(scenario.training);
  for (std::size_t stage = 0; stage < memory.size(); ++stage) {
    if (memory[stage].total() > memory_of_gpus(scenario, stage)) {
      return false;
    }
  }
  return true;
}

std::string render_step(const TrainingScenario& scenario, const StepReport& report) {
  const workloads::Training& training = scenario.training;
  const workloads::Layout& layout = training.layout;
  std::string out = fmt::format("{} on {} GPUs: {}\n", training.model.name, layout.ranks(),
                                layout_text(scenario));
  out += fmt::format("{} sequences of {} tokens, micro-batches of {}; {}\n", layout.global_batch,
                     training.model.sequence, layout.micro_batch, name_of(scenario.schedule));
  out += fmt::format("costs: {}\n", scenario.profile_name);
  out += fmt::format("network: {}\n\n", scenario.topology.summary());
  out += fmt::format("step        {:.4g} s\n", report.seconds);
  out += fmt::format("throughput  {:.6g} tokens/s\n", report.tokens_per_s);
  out += fmt::format("MFU         {:.1f} % ({:.1f} TFLOP/s per GPU)\n",
                     percent * report.model_flop_per_s / peak_flop_per_s(scenario),
                     report.model_flop_per_s / tera);
  out += fmt::format("HFU         {:.1f} % ({:.1f} TFLOP/s per GPU)\n",
                     percent * report.hardware_flop_per_s / peak_flop_per_s(scenario),
                     report.hardware_flop_per_s / tera);
  return out + time_table(report) + memory_table(scenario, report);
}

nlohmann::ordered_json to_json(const TrainingScenario& scenario, const StepReport& report) {
  const workloads::Training& training = scenario.training;
  const workloads::Layout& layout = training.layout;
  nlohmann::ordered_json stages = nlohmann::ordered_json::array();
  for (const StageReport& stage : report.stages) {
    nlohmann::ordered_json seconds;
    for (std::size_t i = 0; i < workloads::category_names.size(); ++i) {
      seconds[std::string{workloads::category_names.at(i)}] = stage.seconds.at(i);
    }
    seconds["launch"] = stage.launch_s;
    seconds["idle"] = stage.idle_s;
    stages.push_back({{"seconds", std::move(seconds)},
                      {"weights_B", stage.memory.weights},
                      {"gradients_B", stage.memory.gradients},
                      {"optimizer_B", stage.memory.optimizer},
                      {"activations_B", stage.memory.activations},
                      {"communication_B", stage.memory.communication},
                      {"memory_B", stage.memory.total()},
                      {"micro_batches_in_flight", stage.in_flight}});
  }
  return {{"scenario", hash_of(scenario)},
          {"profile", scenario.profile_name},
          {"provenance", scenario.profile.provenance},
          {"model", training.model.name},
          {"gpu", scenario.gpu.name},
          {"gpus", layout.ranks()},
          {"gpus_run", report.ranks_run},
          {"topology", scenario.topology.summary()},
          {"layout",
           {{"TP", layout.tensor},
            {"CP", layout.context},
            {"DP", layout.data},
            {"PP", layout.pipeline},
            {"chunks", layout.chunks},
            {"EP", layout.expert},
            {"ETP", layout.expert_tensor},
            {"micro_batch", layout.micro_batch},
            {"global_batch", layout.global_batch},
            {"micro_batches", layout.micro_batches()}}},
          {"seed", scenario.execute.seed},
          {"step_s", report.seconds},
          {"tokens_per_s", report.tokens_per_s},
          {"model_flop_per_s", report.model_flop_per_s},
          {"hardware_flop_per_s", report.hardware_flop_per_s},
          {"mfu", report.model_flop_per_s / peak_flop_per_s(scenario)},
          {"hfu", report.hardware_flop_per_s / peak_flop_per_s(scenario)},
          {"gpu_memory_B", scenario.gpu.memory.count()},
          {"fits", fits(scenario)},
          {"stages", std::move(stages)},
          {"events", report.events}};
}

}  // namespace cli
