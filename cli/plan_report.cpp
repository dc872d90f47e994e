#include "cli/plan_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/training_report.hpp"

namespace cli {
namespace {

using planning::Candidate;
using planning::Found;
using planning::SearchResult;
using workloads::Layout;
using workloads::PipelineKind;
using workloads::Recompute;
using workloads::Sharding;

constexpr double giga = 1e9;
constexpr double percent = 100;

std::string_view name_of(Recompute recompute) {
  return workloads::recompute_names.at(static_cast<std::size_t>(recompute));
}
std::string_view name_of(Sharding sharding) {
  return workloads::sharding_names.at(static_cast<std::size_t>(sharding));
}
std::string_view name_of(PipelineKind schedule) {
  return workloads::pipeline_names.at(static_cast<std::size_t>(schedule));
}

double mfu(const PlanScenario& plan, const Found& found) {
  return found.report.model_flop_per_s / peak_flop_per_s(plan.cluster);
}

/// The money or the energy of a step, in its own column: "12.3".
std::string price_text(const PlanScenario& plan, const Found& found) {
  const auto bill = bill_of(plan, found);
  if (!bill) {
    return {};
  }
  return plan.rank == RankBy::energy
             ? fmt::format("{:>9.4g}", planning::kilowatt_hours(bill->energy))
             : fmt::format("{:>9.4g}", bill->cost.count());
}

/// Which columns there are.
struct Columns {
  bool context = false;
  bool experts = false;
};

Columns columns_of(const PlanScenario& plan) {
  return {.context = std::ranges::any_of(plan.space.context, [](auto size) { return size > 1; }),
          .experts = plan.cluster.training.model.experts.has_value()};
}

std::string table_head(const PlanScenario& plan) {
  const Columns columns = columns_of(plan);
  std::string out = fmt::format("{:>3}{:>4}", "", "TP");
  out += columns.context ? fmt::format("{:>4}", "CP") : "";
  out += fmt::format("{:>4}{:>5}", "PP", "DP");
  out += columns.experts ? fmt::format("{:>4}{:>4}", "EP", "ETP") : "";
  out += fmt::format("{:>4}{:>7}  {:<8}{:>5}{:>8}{:>6}{:>6}", "mb", "chunks", "recomp", "ZeRO",
                     "step s", "MFU", "GB");
  if (plan.prices) {
    out += fmt::format("{:>9}", plan.rank == RankBy::energy ? "kWh/step" : "USD/step");
  }
  return out + '\n';
}

std::string table_row(const PlanScenario& plan, const Found& found, std::size_t number) {
  const Columns columns = columns_of(plan);
  const Layout& layout = found.candidate.layout;
  std::string out = fmt::format("{:>3}{:>4}", number, layout.tensor);
  out += columns.context ? fmt::format("{:>4}", layout.context) : "";
  out += fmt::format("{:>4}{:>5}", layout.pipeline, layout.data);
  out += columns.experts ? fmt::format("{:>4}{:>4}", layout.expert, layout.expert_tensor) : "";
  const PipelineKind schedule = found.candidate.schedule;
  const bool has_name = schedule == PipelineKind::gpipe || schedule == PipelineKind::zero_bubble;
  constexpr std::size_t short_name = 7;
  return out +
         fmt::format("{:>4}{:>7}  {:<8}{:>5}{:>8.4g}{:>6.1f}{:>6.1f}{}\n", layout.micro_batch,
                     has_name ? std::string{name_of(schedule)} : fmt::format("{}", layout.chunks),
                     name_of(found.candidate.recompute).substr(0, short_name),
                     static_cast<int>(layout.sharding), found.report.seconds,
                     percent * mfu(plan, found), found.memory / giga, price_text(plan, found));
}

/// Seconds of a step by what they go to: the mean over stages.
struct TimeShare {
  std::string name;
  double seconds = 0;
};

std::vector<TimeShare> times_of(const workloads::StepReport& report) {
  // What people call them; a wait for neighbours in the pipeline is its bubble, and messages.
  constexpr std::array<std::string_view, workloads::category_names.size()> names{
      "compute", "recomputation", "update", "TP", "CP", "EP", "DP", "pipeline"};
  const auto stages = static_cast<double>(report.stages.size());
  std::vector<TimeShare> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    TimeShare share{std::string{names.at(i)}};
    for (const workloads::StageReport& stage : report.stages) {
      share.seconds += stage.seconds.at(i) / stages;
    }
    out.push_back(share);
  }
  TimeShare launch{"launch"};
  for (const workloads::StageReport& stage : report.stages) {
    launch.seconds += stage.launch_s / stages;
    // To wait for the last stage is to wait for the pipeline.
    out.back().seconds += stage.idle_s / stages;
  }
  out.push_back(launch);
  return out;
}

/// "+0.31 s: pipeline +0.22, TP +0.10, compute -0.01": where another one is slower than the first.
std::string why_slower(const Found& first, const Found& other) {
  const std::vector<TimeShare> ours = times_of(first.report);
  std::vector<TimeShare> theirs = times_of(other.report);
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    theirs[i].seconds -= ours[i].seconds;
  }
  std::ranges::stable_sort(theirs, std::greater{},
                           [](const TimeShare& share) { return std::abs(share.seconds); });
  constexpr std::size_t most = 4;
  constexpr double least = 0.0005;  // of a step: below that it is not worth a word
  std::string parts;
  for (std::size_t i = 0; i < most; ++i) {
    if (std::abs(theirs[i].seconds) > least * first.report.seconds) {
      parts +=
          fmt::format("{}{} {:+.3g}", parts.empty() ? "" : ", ", theirs[i].name, theirs[i].seconds);
    }
  }
  return fmt::format("{:+.3g} s{}{}", other.report.seconds - first.report.seconds,
                     parts.empty() ? "" : ": ", parts);
}

std::string why(const SearchResult& result, std::size_t shown) {
  std::string out = "\nWhere the others lose time (seconds of a step, means over stages):\n";
  for (std::size_t i = 1; i < std::min(shown, result.found.size()); ++i) {
    out += fmt::format("{:>3}  {}\n", i + 1, why_slower(result.found.front(), result.found[i]));
  }
  return result.found.size() > 1 ? out : std::string{};
}

std::string front_text(const PlanScenario& plan, const SearchResult& result, Front front) {
  std::string out = fmt::format(
      "\nTime against memory{}:\n{}",
      front == Front::whole ? "" : ", of those simulated (--front: of all)", table_head(plan));
  for (const std::size_t number : time_and_memory_front(result.found)) {
    out += table_row(plan, result.found[number], number + 1);
  }
  return out;
}

std::string counts_text(const PlanScenario& plan, const SearchResult& result) {
  const double there = static_cast<double>(plan.cluster.gpu.memory.count()) / giga;
  if (result.candidates == 0) {
    return "no layout goes with these GPUs, this batch and this model\n";
  }
  if (result.fitting == 0) {
    return fmt::format("{} layouts, of which NONE FITS: the leanest needs {:.1f} GB of {:.0f}\n",
                       result.candidates, result.least_memory / giga, there);
  }
  return fmt::format(
      "{} layouts, {} fit into {:.0f} GB, {} were simulated; the rest cannot be as good\n",
      result.candidates, result.fitting, there, result.found.size());
}

}  // namespace

std::optional<planning::Bill> bill_of(const PlanScenario& plan, const Found& found) {
  if (!plan.prices) {
    return std::nullopt;
  }
  return planning::bill_for(planning::count_parts(plan.cluster.topology), *plan.prices,
                            {.time = planning::Seconds{found.report.seconds},
                             .busy = std::min(found.busy_s / found.report.seconds, 1.0)});
}

std::vector<std::size_t> time_and_memory_front(const std::vector<Found>& found) {
  std::vector<std::size_t> order(found.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return found[i].report.seconds; });
  std::vector<std::size_t> out;
  double least = std::numeric_limits<double>::infinity();
  for (const std::size_t i : order) {
    if (found[i].memory < least) {
      least = found[i].memory;
      out.push_back(i);
    }
  }
  return out;
}

std::string render_plan(const PlanScenario& plan, const SearchResult& result,
                        const PlanView& view) {
  const workloads::Transformer& model = plan.cluster.training.model;
  std::string out = fmt::format("{} on {} GPUs: {} sequences of {} tokens a step\n", model.name,
                                plan.cluster.gpus, plan.base.global_batch, model.sequence);
  out += fmt::format("costs: {}\nnetwork: {}\n{}", plan.cluster.profile_name,
                     plan.cluster.topology.summary(), counts_text(plan, result));
  if (result.found.empty()) {
    return out;
  }
  out += fmt::format("\nThe best, by {}:\n", rank_names.at(static_cast<std::size_t>(plan.rank))) +
         table_head(plan);
  for (std::size_t i = 0; i < std::min(view.shown, result.found.size()); ++i) {
    out += table_row(plan, result.found[i], i + 1);
  }
  out += why(result, view.shown) + front_text(plan, result, view.front);
  return out + fmt::format("\nThe first one, to be run:\n{}",
                           scenario_keys_of(result.found.front().candidate));
}

std::string scenario_keys_of(const Candidate& candidate) {
  const Layout& layout = candidate.layout;
  std::string out = fmt::format(
      "layout: {{ tensor: {}, context: {}, pipeline: {}, chunks: {}, micro_batch: {},\n"
      "  global_batch: {}, sequence_parallel: {}, sharding: {}",
      layout.tensor, layout.context, layout.pipeline, layout.chunks, layout.micro_batch,
      layout.global_batch, layout.sequence_parallel, name_of(layout.sharding));
  if (layout.expert > 1 || layout.expert_tensor != layout.tensor) {
    out += fmt::format(",\n  expert: {}, expert_tensor: {}", layout.expert, layout.expert_tensor);
  }
  if (!layout.part_layers.empty()) {
    out += ",\n  part_layers: balanced";
  }
  return out + fmt::format(" }}\nschedule: {}\n", name_of(candidate.schedule)) +
         fmt::format("software: {{ recompute: {} }}\n", name_of(candidate.recompute));
}

nlohmann::ordered_json to_json(const PlanScenario& plan, const SearchResult& result) {
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  for (const Found& each : result.found) {
    const Layout& layout = each.candidate.layout;
    nlohmann::ordered_json seconds;
    for (const TimeShare& share : times_of(each.report)) {
      seconds[share.name] = share.seconds;
    }
    nlohmann::ordered_json row{{"TP", layout.tensor},
                               {"CP", layout.context},
                               {"PP", layout.pipeline},
                               {"DP", layout.data},
                               {"EP", layout.expert},
                               {"ETP", layout.expert_tensor},
                               {"chunks", layout.chunks},
                               {"micro_batch", layout.micro_batch},
                               {"schedule", name_of(each.candidate.schedule)},
                               {"recompute", name_of(each.candidate.recompute)},
                               {"sharding", name_of(layout.sharding)},
                               {"part_layers", layout.part_layers},
                               {"step_s", each.report.seconds},
                               {"tokens_per_s", each.report.tokens_per_s},
                               {"mfu", mfu(plan, each)},
                               {"memory_B", each.memory},
                               {"bound", each.bound},
                               {"value", each.value},
                               {"events", each.report.events},
                               {"seconds", std::move(seconds)}};
    if (const auto bill = bill_of(plan, each)) {
      row["step_usd"] = bill->cost.count();
      row["step_kWh"] = planning::kilowatt_hours(bill->energy);
    }
    found.push_back(std::move(row));
  }
  return {{"model", plan.cluster.training.model.name},
          {"profile", plan.cluster.profile_name},
          {"topology", plan.cluster.topology.summary()},
          {"gpus", plan.cluster.gpus},
          {"rank", rank_names.at(static_cast<std::size_t>(plan.rank))},
          {"layouts", result.candidates},
          {"fitting", result.fitting},
          {"simulated", result.found.size()},
          {"front", time_and_memory_front(result.found)},
          {"found", std::move(found)}};
}

}  // namespace cli
