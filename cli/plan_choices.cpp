#include "cli/plan_choices.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

#include "cli/training_report.hpp"

namespace cli {

using planning::Found;

namespace {

/// Numbers of points that no other one is below in both; by the first of the two, ascending.
std::vector<std::size_t> front_of(const std::vector<std::pair<double, double>>& points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return points[i]; });
  std::vector<std::size_t> out;
  double least = std::numeric_limits<double>::infinity();
  for (const std::size_t i : order) {
    if (points[i].second < least) {
      least = points[i].second;
      out.push_back(i);
    }
  }
  return out;
}

}  // namespace

std::optional<planning::Bill> bill_of(const PlanScenario& plan, const Found& found) {
  if (!plan.cluster.prices) {
    return std::nullopt;
  }
  return planning::bill_for(plan.cluster.parts, *plan.cluster.prices,
                            {.time = planning::Seconds{found.report.seconds},
                             .busy = std::min(found.busy_s / found.report.seconds, 1.0)});
}

const Found& found_at(std::span<const PlannedCluster> clusters, const Choice& choice) {
  return clusters[choice.cluster].result.found[choice.number];
}

std::vector<Choice> ranked(std::span<const PlannedCluster> clusters) {
  std::vector<Choice> order;
  for (std::size_t cluster = 0; cluster < clusters.size(); ++cluster) {
    for (std::size_t i = 0; i < clusters[cluster].result.found.size(); ++i) {
      order.push_back({.cluster = cluster, .number = i});
    }
  }
  std::ranges::stable_sort(order, {},
                           [&](const Choice& choice) { return found_at(clusters, choice).value; });
  return order;
}

PlanFronts fronts_of(std::span<const PlannedCluster> clusters, const std::vector<Choice>& order) {
  std::vector<std::pair<double, double>> by_memory;
  std::vector<std::pair<double, double>> by_cost;
  for (const Choice& choice : order) {
    const Found& found = found_at(clusters, choice);
    by_memory.emplace_back(found.report.seconds, found.memory);
    if (const auto bill = bill_of(clusters[choice.cluster].plan, found)) {
      by_cost.emplace_back(found.report.seconds, bill->cost.count());
    }
  }
  return {.time_and_memory = front_of(by_memory), .time_and_cost = front_of(by_cost)};
}
double mfu_of(const PlanScenario& plan, const Found& found) {
  return found.report.model_flop_per_s / peak_flop_per_s(plan.cluster);
}

std::vector<TimeShare> times_of(const workloads::StepReport& report) {
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

}  // namespace cli
