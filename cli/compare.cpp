#include "cli/compare.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "collectives/bound.hpp"
#include "collectives/execute.hpp"
#include "workloads/library_collective.hpp"

namespace cli {
namespace {

std::string port_name(const topology::Injection& injection, std::int32_t port) {
  return injection.ports == 1 ? "injection" : fmt::format("injection {}", port);
}

std::vector<LinkReport> link_reports(const topology::Topology& topology,
                                     const collectives::Execution& execution) {
  std::vector<LinkReport> reports;
  reports.reserve(execution.links.size());
  const auto add = [&](const std::string& from, const std::string& to, sim::Bandwidth bandwidth) {
    const sim::LinkUse& use = execution.links[reports.size()];
    const double capacity = static_cast<double>(bandwidth.count()) * execution.time_s;
    reports.push_back({.from = from,
                       .to = to,
                       .bandwidth = bandwidth,
                       .bytes = use.bytes,
                       .busy_s = sim::seconds(use.busy),
                       .utilisation = capacity > 0 ? (use.bytes + use.overhead) / capacity : 0});
    if (!execution.ports.empty()) {
      reports.back().queue = execution.ports[reports.size() - 1];
    }
  };
  for (const topology::Link& link : topology.links()) {
    add(topology.node(link.from).name, topology.node(link.to).name, link.spec.bandwidth);
  }
  if (const auto injection = topology.injection()) {
    for (const topology::NodeId endpoint : topology.endpoints()) {
      const std::string& name = topology.node(endpoint).name;
      for (std::int32_t port = 0; port < injection->ports; ++port) {
        add(name, port_name(*injection, port), injection->bandwidth);
      }
      for (std::int32_t port = 0; port < injection->ports; ++port) {
        add(port_name(*injection, port), name, injection->bandwidth);
      }
    }
  }
  return reports;
}

std::optional<QueueSummary> summary_of(const std::vector<LinkReport>& links) {
  QueueSummary summary;
  for (const LinkReport& link : links) {
    if (!link.queue) {
      return std::nullopt;
    }
    if (link.queue->max_queue > summary.max_bytes) {
      summary.max_bytes = link.queue->max_queue;
      summary.deepest = fmt::format("{} -> {}", link.from, link.to);
    }
    summary.paused_s += sim::seconds(link.queue->paused);
    summary.pauses += link.queue->pauses;
    summary.marked += link.queue->marked;
    summary.dropped += link.queue->dropped;
  }
  return summary;
}

/// The most parts in which a schedule of this scenario may cut a rank's block.
std::int32_t parts_per_rank(const Scenario& scenario) {
  collectives::Request request = scenario.request;
  request.topology = &scenario.topology;
  request.group = &scenario.group;
  return collectives::channels_for(request) * std::max(request.pieces, 1);
}

/// A schedule, what it runs on, and how.
struct Setup {
  const collectives::Algorithm* algorithm;
  std::string method;  // of a profile: "ring ll128"; else empty
  workloads::Conditions conditions;
  collectives::Request request;  // without topology
};

/// By the algorithm's own pattern where the library has that, else by what its messages cost.
calibration::CollectiveCost cost_of(const calibration::CollectiveFit& fit,
                                    const collectives::Algorithm& algorithm,
                                    const calibration::CollectiveShape& shape) {
  const auto pattern = workloads::pattern_of(algorithm);
  const auto own = pattern ? fit.cost_of(*pattern, shape) : std::nullopt;
  return own ? *own : fit.cost_of_messages(shape);
}

/// What one algorithm does at one size, under the conditions of the profile, if there is one.
Setup set_up(const Scenario& scenario, const collectives::Algorithm& algorithm, sim::Bytes bytes) {
  Setup setup{.algorithm = &algorithm,
              .method = {},
              .conditions = {scenario.topology, scenario.execute, 0},
              .request = scenario.request};
  setup.request.group = &scenario.group;
  setup.request.bytes = bytes;
  const bool is_choice = &algorithm == &library_choice();
  if (!scenario.profile || scenario.group.size() < 2 || bytes == sim::Bytes{0}) {
    setup.algorithm = is_choice ? &workloads::plain_algorithm(scenario.collective) : &algorithm;
    return setup;
  }
  const calibration::CollectiveFit& fit = scenario.profile->collectives->fit;
  const calibration::CollectiveShape shape =
      workloads::shape_of(scenario.topology, scenario.group,
                          *workloads::operation_of(scenario.collective), bytes, scenario.number);
  const calibration::CollectiveCost cost =
      is_choice ? fit.cost(shape) : cost_of(fit, algorithm, shape);
  setup.conditions =
      workloads::with_cost(scenario.topology, scenario.group, cost, shape, scenario.execute);
  setup.method = fmt::format(
      "{} {}", calibration::pattern_names.at(static_cast<std::size_t>(cost.method.pattern)),
      calibration::protocol_names.at(static_cast<std::size_t>(cost.method.protocol)));
  if (is_choice) {
    setup.algorithm = &workloads::algorithm_of(cost.method.pattern, scenario.collective);
    setup.request.pieces = 0;
    setup.request.channels = shape.nodes > 1 ? 0 : 1;
  }
  if (setup.request.pieces == 0) {
    setup.request.pieces = setup.conditions.pieces;
  }
  return setup;
}

Row run_row(const Scenario& scenario, const collectives::Algorithm& algorithm, sim::Bytes bytes,
            const collectives::LowerBound& bound) {
  Setup setup = set_up(scenario, algorithm, bytes);
  setup.request.topology = &setup.conditions.network;
  const collectives::Schedule schedule = setup.algorithm->build(setup.request);
  const collectives::Execution execution = collectives::execute(
      setup.conditions.network, scenario.group, schedule, setup.conditions.options);
  Row row;
  row.algorithm = algorithm.name;
  row.method = setup.method;
  row.bytes = bytes;
  row.time_s = execution.time_s;
  row.quiet_s = execution.quiet_s;
  row.messages = execution.messages;
  row.steps_s = execution.steps_s;
  if (row.time_s > 0) {
    row.algbw_Bps = static_cast<double>(bytes.count()) / row.time_s;
    row.busbw_Bps = row.algbw_Bps * busbw_factor(scenario.collective, scenario.group.size());
  }
  // Without contention a cut holds nobody back, and links carry more than they can.
  const bool contends = scenario.execute.network != sim::NetworkModel::ideal;
  const auto adders =
      schedule.switches().empty() ? collectives::Adders::ranks : collectives::Adders::switches;
  row.lower_bound_s = contends ? bound.seconds(bytes, adders) : bound.latency_seconds();
  row.above_bound = row.lower_bound_s > 0 ? row.time_s / row.lower_bound_s : 1;
  row.links = link_reports(setup.conditions.network, execution);
  row.queues = summary_of(row.links);
  const auto busiest = std::ranges::max_element(row.links, {}, &LinkReport::utilisation);
  if (contends && busiest != row.links.end() && busiest->utilisation > 0) {
    row.busiest_link = fmt::format("{} -> {}", busiest->from, busiest->to);
    row.busiest_utilisation = busiest->utilisation;
  }
  return row;
}

}  // namespace

double busbw_factor(collectives::Collective collective, std::int32_t ranks) {
  const double n = ranks;
  switch (collective) {
    case collectives::Collective::all_reduce:
      return 2 * (n - 1) / n;
    case collectives::Collective::reduce_scatter:
    case collectives::Collective::all_gather:
    case collectives::Collective::all_to_all:
    case collectives::Collective::gather:
    case collectives::Collective::scatter:
      return (n - 1) / n;
    case collectives::Collective::broadcast:
    case collectives::Collective::reduce:
    case collectives::Collective::send_receive:
      break;
  }
  return 1;
}

Comparison compare(const Scenario& scenario,
                   const std::function<void(std::size_t, std::size_t)>& on_row) {
  Comparison comparison{
      .collective = std::string{collectives::name_of(scenario.collective)},
      .topology = scenario.topology_name,
      .summary = scenario.topology.summary(),
      .ranks = scenario.group.size(),
      .network = std::string{sim::network_model_names.at(
          static_cast<std::size_t>(scenario.execute.network))},
      .routing = std::string{topology::routing_names.at(static_cast<std::size_t>(
          topology::resolve(scenario.execute.routing, scenario.topology)))},
      .seed = scenario.execute.seed,
      .scenario_hash = scenario.hash,
      .profile = scenario.profile ? scenario.profile_name
                                  : "none: bandwidths and latencies as the scenario gives them",
      .provenance = scenario.profile ? scenario.profile->provenance : "none",
      .rows = {},
  };
  const collectives::LowerBound bound{scenario.topology,
                                      scenario.group,
                                      scenario.collective,
                                      scenario.request.root,
                                      scenario.execute.message_latency,
                                      parts_per_rank(scenario)};
  const std::size_t total = scenario.sizes.size() * scenario.algorithms.size();
  for (const sim::Bytes bytes : scenario.sizes) {
    double first_s = 0;
    for (const collectives::Algorithm* algorithm : scenario.algorithms) {
      Row row = run_row(scenario, *algorithm, bytes, bound);
      if (algorithm == scenario.algorithms.front()) {
        first_s = row.time_s;
      }
      row.speedup = row.time_s > 0 ? first_s / row.time_s : 1;
      comparison.rows.push_back(std::move(row));
      on_row(comparison.rows.size(), total);
    }
  }
  return comparison;
}

}  // namespace cli
