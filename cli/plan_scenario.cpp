#include "cli/plan_scenario.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "cli/known_files.hpp"
#include "cli/scenario.hpp"
#include "cli/topology_key.hpp"
#include "planning/bill.hpp"
#include "workloads/cable_use.hpp"

namespace cli {
namespace {

using planning::SearchSpace;
using workloads::Layout;

/// GPUs of a server, or all of them where nothing says.
std::int32_t gpus_per_server(const topology::Topology& topology) {
  const topology::Partition* const servers = workloads::server_partition(topology);
  if (servers == nullptr) {
    return static_cast<std::int32_t>(topology.endpoints().size());
  }
  const std::int32_t first = servers->block_of[topology::index(topology.endpoints().front())];
  return static_cast<std::int32_t>(std::ranges::count_if(
      topology.endpoints(),
      [&](topology::NodeId node) { return servers->block_of[topology::index(node)] == first; }));
}

Layout read_base(const sim::ConfigNode& node) {
  for (const std::string& key : node.keys()) {
    constexpr std::array<std::string_view, 9> open{"tensor", "context",       "pipeline",
                                                   "expert", "expert_tensor", "micro_batch",
                                                   "chunks", "sharding",      "data"};
    if (std::ranges::find(open, key) != open.end()) {
      node.at(key).fail(fmt::format("'{}' is what a plan looks for", key),
                        key == "data" ? std::string{"leave it out: it is what is left of the GPUs"}
                                      : fmt::format("search: {{ {}: [...] }}", key));
    }
  }
  node.expect_keys({"global_batch", "sequence_parallel", "context_exchange", "order"});
  // The rest is read as it would be for one GPU of a model that fits anything.
  Layout layout;
  constexpr std::int64_t batch_most = 1 << 30;
  layout.global_batch = static_cast<std::int32_t>(node.at("global_batch").integer(1, batch_most));
  layout.sequence_parallel = true;
  if (const auto found = node.find("sequence_parallel")) {
    layout.sequence_parallel = found->boolean();
  }
  if (const auto found = node.find("context_exchange")) {
    layout.exchange = static_cast<workloads::ContextExchange>(
        found->choice(workloads::context_names, "exchange"));
  }
  if (const auto found = node.find("order")) {
    layout.order = workloads::read_order(*found);
  }
  return layout;
}

void read_numbers(const sim::ConfigNode& node, std::string_view key,
                  std::vector<std::int32_t>& out) {
  const auto found = node.find(key);
  if (!found) {
    return;
  }
  constexpr std::int64_t most = 1 << 20;
  out.clear();
  for (const sim::ConfigNode& item : found->items()) {
    out.push_back(static_cast<std::int32_t>(item.integer(1, most)));
  }
  if (out.empty()) {
    found->fail("expected at least one value");
  }
}

template <class Choice>
void read_choices(const sim::ConfigNode& node, std::string_view key,
                  std::span<const std::string_view> names, std::vector<Choice>& out) {
  const auto found = node.find(key);
  if (!found) {
    return;
  }
  out.clear();
  for (const sim::ConfigNode& item : found->items()) {
    out.push_back(static_cast<Choice>(item.choice(names, key)));
  }
  if (out.empty()) {
    found->fail("expected at least one value");
  }
}

void read_search(const sim::ConfigNode& node, SearchSpace& space) {
  node.expect_keys({"tensor", "context", "pipeline", "expert", "expert_tensor", "chunks",
                    "micro_batch", "schedule", "recompute", "sharding", "shape"});
  read_numbers(node, "tensor", space.tensor);
  read_numbers(node, "context", space.context);
  read_numbers(node, "pipeline", space.pipeline);
  read_numbers(node, "expert", space.expert);
  read_numbers(node, "expert_tensor", space.expert_tensor);
  read_numbers(node, "chunks", space.chunks);
  read_numbers(node, "micro_batch", space.micro_batch);
  // Interleaved ones are those of several chunks; listed ones are no search.
  constexpr std::array<std::string_view, 4> schedules{"gpipe", "1f1b", "interleaved", "zb-h1"};
  read_choices(node, "schedule", schedules, space.schedules);
  if (std::ranges::find(space.schedules, workloads::PipelineKind::interleaved) !=
      space.schedules.end()) {
    node.at("schedule").fail("interleaved is what several chunks are", "search: { chunks: [2] }");
  }
  read_choices(node, "recompute", workloads::recompute_names, space.recompute);
  read_choices(node, "sharding", workloads::sharding_names, space.sharding);
}

/// Not that all would rank the same: at nothing.
void expect_prices_for(const PlanScenario& plan, const sim::ConfigNode& rank) {
  if (plan.rank == RankBy::step) {
    return;
  }
  constexpr double hour = 3600;
  const planning::Bill bill = planning::bill_for(plan.cluster.parts, *plan.cluster.prices,
                                                 {.time = planning::Seconds{hour}, .busy = 1});
  const double value = plan.rank == RankBy::cost ? bill.cost.count() : bill.energy.count();
  if (value <= 0) {
    rank.fail(fmt::format("the prices say nothing of the {} of this cluster", rank.text()),
              plan.rank == RankBy::cost ? "gpu_hour_usd, or gpu_usd and years"
                                        : "gpu_idle_w and gpu_busy_w");
  }
}

/// Keys of a scenario that would change what is found, and are not looked at.
void expect_plain_cluster(const sim::ConfigNode& node) {
  for (const char* const key : {"stragglers", "stage_gpus", "run", "schedule"}) {
    if (const auto found = node.find(key)) {
      const bool is_found = std::string_view{key} == "schedule";
      found->fail(is_found ? "'schedule' is what a plan looks for"
                           : fmt::format("a plan takes no account of '{}'", key),
                  is_found ? "search: { schedule: [...] }"
                           : "leave it out, and sweep over what the plan finds");
    }
  }
}

PlanScenario read_plan(const sim::ConfigNode& node, const std::string& directory,
                       KnownFiles& known) {
  PlanScenario plan{.cluster = read_cluster(node, directory, known), .base = {}, .space = {}};
  expect_plain_cluster(node);
  plan.base = read_base(node.at("layout"));
  plan.space = planning::usual_space(plan.cluster.training.model, plan.cluster.training.software,
                                     plan.cluster.gpus, gpus_per_server(plan.cluster.topology));
  if (const auto search = node.find("search")) {
    read_search(*search, plan.space);
  }
  if (const auto rank = node.find("rank")) {
    plan.rank = static_cast<RankBy>(rank->choice(rank_names, "rank"));
    if (plan.rank != RankBy::step && !plan.cluster.prices) {
      rank->fail(fmt::format("'{}' needs prices", rank->text()), "prices: h100-bought");
    }
    expect_prices_for(plan, *rank);
  }
  return plan;
}

}  // namespace

std::vector<PlanScenario> read_plan_scenarios(const sim::ConfigNode& node,
                                              const std::string& directory) {
  KnownFiles known;
  const auto search = node.find("search");
  const auto shapes = search ? search->find("shape") : std::nullopt;
  std::vector<PlanScenario> plans;
  if (!shapes) {
    plans.push_back(read_plan(node, directory, known));
    return plans;
  }
  for (const sim::ConfigNode& shape : shapes->items()) {
    if (std::ranges::find(plans, shape.text(), &PlanScenario::shape) != plans.end()) {
      shape.fail(fmt::format("'{}' is there already", shape.text()));
    }
    plans.push_back(read_plan(with_topology_inlined(node, directory).with("topology.shape", shape),
                              directory, known));
    plans.back().shape = shape.text();
  }
  if (plans.empty()) {
    shapes->fail("expected at least one value");
  }
  return plans;
}

}  // namespace cli
