#include "cli/forecast_scenario.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/long_quantities.hpp"
#include "planning/parts.hpp"
#include "workloads/cable_use.hpp"

namespace cli {
namespace {

using planning::Seconds;

/// GPUs of a server, or all of them where nothing says which share one.
std::int64_t gpus_per_server(const TrainingScenario& scenario) {
  const auto parts = planning::count_parts(scenario.topology);
  return parts.servers ? std::max<std::int64_t>(parts.gpus / *parts.servers, 1) : parts.gpus;
}

/// Those parts of the cluster that the job's GPUs have a share in, rounded up.
std::int64_t share_of(std::int64_t count, const TrainingScenario& scenario) {
  const auto gpus = static_cast<std::int64_t>(scenario.topology.endpoints().size());
  return ((count * scenario.gpus) + gpus - 1) / gpus;
}

std::vector<planning::Part> read_parts(const sim::ConfigNode& node,
                                       const TrainingScenario& scenario) {
  node.expect_keys({"gpu", "nic", "switch", "server"});
  const planning::Parts parts = planning::count_parts(scenario.topology);
  struct Kind {
    std::string_view key;
    std::string_view name;
    std::int64_t count;
    planning::Takes takes;
  };
  const std::array kinds{
      Kind{"gpu", "GPUs", scenario.gpus, planning::Takes::server},
      Kind{"nic", "NICs", share_of(parts.nics, scenario), planning::Takes::server},
      Kind{"switch", "switches", share_of(parts.switches, scenario), planning::Takes::nothing},
      Kind{"server", "servers", share_of(parts.servers.value_or(0), scenario),
           planning::Takes::server}};
  std::vector<planning::Part> out;
  for (const Kind& kind : kinds) {
    const auto found = node.find(kind.key);
    if (!found) {
      continue;
    }
    if (kind.count == 0) {
      found->fail(fmt::format("the topology has no {}", kind.name));
    }
    const Seconds mtbf = read_long_time(*found);
    if (mtbf <= Seconds{0}) {
      found->fail("a time between failures is above 0");
    }
    out.push_back(
        {.name = std::string{kind.name}, .count = kind.count, .mtbf = mtbf, .takes = kind.takes});
  }
  return out;
}

/// Weights, and what the optimiser keeps of each.
sim::Bytes state_of(const TrainingScenario& scenario) {
  const workloads::Training& training = scenario.training;
  const double weight = training.software.element + training.software.optimizer;
  return sim::Bytes{
      std::llround(weight * static_cast<double>(workloads::parameters(training.model).total))};
}

Seconds time_or(const sim::ConfigNode& node, std::string_view key, Seconds other) {
  const auto found = node.find(key);
  return found ? read_long_time(*found) : other;
}

void read_checkpoint(const sim::ConfigNode& node, const TrainingScenario& scenario,
                     ForecastScenario& out) {
  node.expect_keys({"interval", "size", "write", "read", "blocking"});
  const auto size = node.find("size");
  const sim::Bytes bytes = size ? size->bytes() : state_of(scenario);
  const sim::Bandwidth write = node.at("write").bandwidth();
  const auto read = node.find("read");
  const Seconds writing = planning::transfer_time(bytes, write);
  const Seconds stall = time_or(node, "blocking", writing);
  if (stall > writing) {
    node.at("blocking")
        .fail(fmt::format("the whole checkpoint is written in {}", text_of(writing)));
  }
  out.run.checkpointing.stall = stall;
  out.run.checkpointing.beside = writing - stall;
  out.run.recovery.load = planning::transfer_time(bytes, read ? read->bandwidth() : write);
  const auto interval = node.find("interval");
  out.seeks_interval = !interval || interval->text() == "best";
  if (!out.seeks_interval) {
    out.run.checkpointing.interval = read_long_time(*interval);
  }
}

std::int64_t read_steps(const sim::ConfigNode& node, const TrainingScenario& scenario) {
  const auto tokens = node.find("tokens");
  const auto steps = node.find("steps");
  if (tokens.has_value() == steps.has_value()) {
    node.fail("expected either tokens or steps");
  }
  const workloads::Training& training = scenario.training;
  const double each = static_cast<double>(training.layout.global_batch) * training.model.sequence;
  const double count = tokens ? read_count(*tokens) / each : read_count(*steps);
  constexpr double most = 1e12;
  if (count > most) {
    node.fail(fmt::format("more than {:g} steps", most));
  }
  if (steps && count != std::floor(count)) {
    steps->fail(fmt::format("expected whole steps, got '{}'", steps->text()));
  }
  return static_cast<std::int64_t>(std::ceil(count));
}

}  // namespace

std::optional<ForecastScenario> read_forecast_key(const sim::ConfigNode& scenario_node,
                                                  const TrainingScenario& scenario) {
  const auto found = scenario_node.find("run");
  if (!found) {
    return std::nullopt;
  }
  const sim::ConfigNode& node = *found;
  node.expect_keys({"tokens", "steps", "start", "by", "checkpoint", "mtbf", "detection", "restart",
                    "spares", "repair", "replications"});
  ForecastScenario out;
  out.run.steps = read_steps(node, scenario);
  out.run.gpus = scenario.gpus;
  out.run.seed = scenario.execute.seed;
  read_checkpoint(node.at("checkpoint"), scenario, out);
  if (const auto mtbf = node.find("mtbf")) {
    out.run.parts = read_parts(*mtbf, scenario);
  }
  out.run.recovery.detection = time_or(node, "detection", Seconds{0});
  out.run.recovery.restart = time_or(node, "restart", Seconds{0});
  constexpr std::int64_t most = 1'000'000;
  if (const auto spares = node.find("spares")) {
    out.run.reserve.spares = spares->integer(0, most);
  }
  out.run.reserve.gpus_per_server = gpus_per_server(scenario);
  out.run.reserve.repair = time_or(node, "repair", Seconds{0});
  constexpr std::int64_t usual = 200;
  constexpr std::int64_t replications_most = 100'000;
  const auto replications = node.find("replications");
  out.run.replications = replications ? replications->integer(2, replications_most) : usual;
  if (const auto start = node.find("start")) {
    out.start = read_date(*start);
  }
  if (const auto by = node.find("by")) {
    out.by = read_date(*by);
    if (!out.start || *out.by <= *out.start) {
      by->fail("a date to be done by comes after 'start'");
    }
  }
  return out;
}

PlayedRun play(ForecastScenario scenario, double step_s) {
  PlayedRun out{.scenario = std::move(scenario), .forecast = {}};
  planning::TrainingRun& run = out.scenario.run;
  run.step = Seconds{step_s};
  if (out.scenario.seeks_interval && run.parts.empty()) {
    // What nothing can undo is saved at the end only.
    run.checkpointing.interval = run.step * static_cast<double>(run.steps);
  } else if (out.scenario.seeks_interval) {
    out.best = planning::best_interval(run);
    run.checkpointing.interval = out.best->simulated;
  }
  const std::vector<planning::Replication> all = planning::replicate_all(run);
  out.forecast = planning::summarise(all);
  if (out.scenario.by) {
    const Seconds there = *out.scenario.by - *out.scenario.start;
    const auto in_time = std::ranges::count_if(
        all, [&](const planning::Replication& each) { return each.duration <= there; });
    out.in_time = static_cast<double>(in_time) / static_cast<double>(all.size());
  }
  return out;
}

}  // namespace cli
