#include "cli/plan_json.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "planning/quantities.hpp"

namespace cli {
namespace {

using planning::Found;
using workloads::Layout;

nlohmann::ordered_json json_of(const PlanScenario& plan, const Found& each) {
  const Layout& layout = each.candidate.layout;
  nlohmann::ordered_json seconds;
  for (const TimeShare& share : times_of(each.report)) {
    seconds[share.name] = share.seconds;
  }
  nlohmann::ordered_json row{{"gpus", plan.cluster.gpus},
                             {"TP", layout.tensor},
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
                             {"mfu", mfu_of(plan, each)},
                             {"memory_B", each.memory},
                             {"bound", each.bound},
                             {"value", each.value},
                             {"events", each.report.events},
                             {"seconds", std::move(seconds)}};
  if (const auto bill = bill_of(plan, each)) {
    row["step_usd"] = bill->cost.count();
    row["step_kWh"] = planning::kilowatt_hours(bill->energy);
  }
  return row;
}

}  // namespace

nlohmann::ordered_json to_json(std::span<const PlannedCluster> clusters) {
  const std::vector<Choice> order = ranked(clusters);
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  for (const Choice& choice : order) {
    found.push_back(json_of(clusters[choice.cluster].plan, found_at(clusters, choice)));
  }
  nlohmann::ordered_json networks = nlohmann::ordered_json::array();
  for (const PlannedCluster& each : clusters) {
    networks.push_back({{"topology", each.plan.cluster.topology.summary()},
                        {"gpus", each.plan.cluster.gpus},
                        {"layouts", each.result.candidates},
                        {"fitting", each.result.fitting},
                        {"simulated", each.result.found.size()}});
  }
  const PlanScenario& first = clusters.front().plan;
  const PlanFronts fronts = fronts_of(clusters, order);
  return {{"model", first.cluster.training.model.name},
          {"profile", first.cluster.profile_name},
          {"rank", rank_names.at(static_cast<std::size_t>(first.rank))},
          {"clusters", std::move(networks)},
          {"time_and_memory_front", fronts.time_and_memory},
          {"time_and_cost_front", fronts.time_and_cost},
          {"found", std::move(found)}};
}

}  // namespace cli
