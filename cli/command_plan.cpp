// espalier plan: which layout to train with.

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_document.hpp"
#include "cli/plan_json.hpp"
#include "cli/plan_report.hpp"
#include "cli/plan_scenario.hpp"
#include "cli/settings.hpp"
#include "cli/terminal.hpp"
#include "planning/search.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

constexpr std::array plan_options{
    Option{"top", 'n', "N", "how many of the best to find: 10"},
    Option{"front", 0, "",
           "also all that nothing beats in time and memory, or time and cost: slower"},
    Option{"threads", 'j', "N", "simulations at a time: all cores"},
    Option{"set", 0, "KEY=VALUE", "one value of the scenario (repeat)"},
    Option{"json", 0, "", "print JSON, with all that was simulated"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> plan_words{"scenario"};

}  // namespace

const Command plan_command{
    .name = "plan",
    .summary = "search the parallel layouts that fit, rank them, and say why the best one wins",
    .usage = "espalier plan SCENARIO.yaml [options]",
    .examples =
        "espalier plan configs/planning/llama-405b-16384-h100.yaml\n"
        "espalier plan configs/planning/gpt-22b-64-a100.yaml --set 'search.tensor=[8]' -n 3",
    .options = plan_options,
    .positional = plan_words,
};

namespace {

/// What a step costs, or the energy that it takes. Bills are of the whole cluster.
planning::Objective price_of(const PlanScenario& plan, RankBy rank) {
  return [parts = plan.cluster.parts, prices = *plan.cluster.prices, rank](double seconds,
                                                                           double busy_s) {
    const planning::Bill bill =
        planning::bill_for(parts, prices,
                           {.time = planning::Seconds{seconds},
                            .busy = seconds > 0 ? std::min(busy_s / seconds, 1.0) : 0});
    return rank == RankBy::cost ? bill.cost.count() : bill.energy.count();
  };
}

/// The figure to be made small.
planning::Objective objective_of(const PlanScenario& plan) {
  if (plan.rank == RankBy::step) {
    return [](double seconds, double /*busy_s*/) { return seconds; };
  }
  return price_of(plan, plan.rank);
}

std::size_t number_or(const Arguments& arguments, std::string_view name, std::size_t other) {
  constexpr std::int64_t most = 4096;
  const auto said = arguments.find(name);
  return said ? static_cast<std::size_t>(
                    sim::ConfigNode::scalar(fmt::format("--{}", name), *said).integer(1, most))
              : other;
}

planning::SearchResult search_plan(const PlanScenario& plan, const Arguments& arguments,
                                   std::size_t wanted) {
  const workloads::Training& training = plan.cluster.training;
  const planning::SearchProblem problem{
      .model = &training.model,
      .software = &training.software,
      .profile = &plan.cluster.profile,
      .topology = &plan.cluster.topology,
      .options = &plan.cluster.execute,
      .memory = plan.cluster.gpu.memory,
      .objective = objective_of(plan),
      .cost = plan.cluster.prices ? price_of(plan, RankBy::cost) : nullptr};
  const std::vector<planning::Candidate> candidates =
      planning::candidates(plan.space, training.model, plan.base, plan.cluster.gpus);
  if (candidates.empty()) {
    constexpr std::size_t shown = 3;
    throw sim::Error{arguments.at("scenario"),
                     fmt::format("no layout goes with {} GPUs, a batch of {} and this model:\n  {}",
                                 plan.cluster.gpus, plan.base.global_batch,
                                 fmt::join(planning::clashes(plan.space, training.model, plan.base,
                                                             plan.cluster.gpus, shown),
                                           "\n  "))};
  }
  Progress bounding{"bounding"};
  Progress simulating{"simulating"};
  planning::SearchResult result = planning::search(
      problem, candidates,
      {.wanted = wanted,
       .wants_front = arguments.has("front"),
       .threads =
           number_or(arguments, "threads", std::max(1U, std::thread::hardware_concurrency())),
       .on_bounded = [&](std::size_t done, std::size_t total) { bounding.update(done, total); },
       .on_simulated = [&](std::size_t done,
                           std::size_t total) { simulating.update(done, total); }});
  bounding.finish();
  simulating.finish();
  return result;
}

}  // namespace

int run_plan(const Arguments& arguments) {
  const std::string file = arguments.at("scenario");
  const std::string directory = std::filesystem::path{file}.parent_path().string();
  constexpr std::size_t usual = 10;
  const std::size_t wanted = number_or(arguments, "top", usual);
  std::vector<PlannedCluster> clusters;
  for (PlanScenario& plan : read_plan_scenarios(
           scenario_with_settings(sim::ConfigNode::load(file), arguments, directory), directory)) {
    clusters.push_back({.plan = std::move(plan), .result = {}});
  }
  for (PlannedCluster& each : clusters) {
    each.result = search_plan(each.plan, arguments, wanted);
  }
  if (arguments.has("json")) {
    fmt::print("{}", json_document(to_json(clusters)));
  } else {
    const Front front = arguments.has("front") ? Front::whole : Front::of_those_simulated;
    fmt::print("{}", render_plan(clusters, {.shown = wanted, .front = front}));
  }
  return 0;
}

}  // namespace cli
