#include "workloads/library_collective.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "collectives/group.hpp"
#include "collectives/locality.hpp"
#include "collectives/nvls.hpp"
#include "sim/contract.hpp"
#include "topology/registry.hpp"
#include "topology/routes.hpp"

namespace workloads {
namespace {

using calibration::Operation;
using calibration::Pattern;
using collectives::Collective;

constexpr std::array pairs{
    std::pair{Operation::all_reduce, Collective::all_reduce},
    std::pair{Operation::all_gather, Collective::all_gather},
    std::pair{Operation::reduce_scatter, Collective::reduce_scatter},
    std::pair{Operation::all_to_all, Collective::all_to_all},
    std::pair{Operation::broadcast, Collective::broadcast},
    std::pair{Operation::reduce, Collective::reduce},
    std::pair{Operation::send_receive, Collective::send_receive},
};

sim::Duration picoseconds(double seconds) {
  constexpr double per_second = 1e12;
  return sim::Duration{static_cast<std::int64_t>(std::llround(seconds * per_second))};
}

}  // namespace

Collective collective_of(Operation operation) {
  return pairs.at(static_cast<std::size_t>(operation)).second;
}

std::optional<Operation> operation_of(Collective collective) {
  const auto* const found =
      std::ranges::find(pairs, collective, &std::pair<Operation, Collective>::second);
  return found == pairs.end() ? std::nullopt : std::optional{found->first};
}

namespace {

std::string_view schedule_name(Pattern pattern, Collective collective) {
  if (collective == Collective::send_receive) {
    return "direct";
  }
  switch (pattern) {
    case Pattern::ring:
      break;
    case Pattern::tree:
      return "double-binary-tree";
    case Pattern::nvls:
      return "nvls";
    case Pattern::pairwise:
      return "pairwise";
  }
  return "ring";
}

}  // namespace

const collectives::Algorithm& algorithm_of(Pattern pattern, Collective collective) {
  const std::string_view name = schedule_name(pattern, collective);
  const auto all = collectives::algorithms();
  const auto found = std::ranges::find_if(all, [&](const collectives::Algorithm& each) {
    return each.collective == collective && each.name == name;
  });
  sim::require(found != all.end(), "every pattern has an algorithm");
  return *found;
}

std::optional<Pattern> pattern_of(const collectives::Algorithm& algorithm) {
  for (const Pattern pattern : {Pattern::pairwise, Pattern::ring, Pattern::tree, Pattern::nvls}) {
    if (schedule_name(pattern, algorithm.collective) == algorithm.name) {
      return pattern;
    }
  }
  return std::nullopt;
}

const collectives::Algorithm& plain_algorithm(Collective collective) {
  const bool in_pairs =
      collective == Collective::all_to_all || collective == Collective::send_receive;
  return algorithm_of(in_pairs ? Pattern::pairwise : Pattern::ring, collective);
}

topology::Topology servers_of(const calibration::NodeKind& node,
                              const calibration::CollectiveShape& shape) {
  const std::int32_t gpus = shape.ranks / shape.nodes;
  const auto rate = [](double bytes_per_s) {
    return fmt::format("{}B/s,0ns", std::max<std::int64_t>(std::llround(bytes_per_s), 1));
  };
  std::string text = fmt::format("gpu-cluster:{}x{}", shape.nodes, gpus);
  if (gpus > 1) {
    text += ",nvlink=" + rate(node.line_Bps);
  }
  if (shape.nodes > 1) {
    constexpr double usual = 8;  // GPUs in a server
    // NICs that nobody knows hold nothing up.
    const std::string nic = rate(node.nic_Bps > 0 ? node.nic_Bps / usual : node.line_Bps);
    text += fmt::format(",nic={},pcie={},fabric=leaf-spine", nic, nic);
  }
  return topology::load("the servers of a profile", text);
}

namespace {

/// The same network with `extra` more on the way from each GPU to its NIC.
topology::Topology with_slower_nics(const topology::Topology& topology, sim::Duration extra) {
  topology::Topology out{topology.kind()};
  for (const topology::Node& node : topology.nodes()) {
    out.add_node(node);
  }
  for (topology::Link link : topology.links()) {
    if (topology.node(link.from).kind == topology::NodeKind::gpu &&
        topology.node(link.to).kind == topology::NodeKind::nic) {
      link.spec.latency += extra;
    }
    out.add_link(link.from, link.to, link.spec);
  }
  for (const topology::Partition& partition : topology.partitions()) {
    out.add_partition(partition);
  }
  return out;
}

}  // namespace

WayLatency way_latency(const topology::Topology& topology, const collectives::Group& group) {
  const auto from_first =
      topology::latency_from(topology, group.node(collectives::Rank{0}), topology::Through::relays);
  const auto blocks = collectives::blocks_of(topology, group, "server");
  const auto server_of = [&](topology::NodeId node) {
    return blocks.partition == nullptr ? 0 : blocks.partition->block_of[topology::index(node)];
  };
  WayLatency out{sim::Duration::max(), sim::Duration::max()};
  for (std::int32_t rank = 1; rank < group.size(); ++rank) {
    const topology::NodeId node = group.node(collectives::Rank{rank});
    const bool is_near = server_of(node) == server_of(group.nodes.front());
    sim::Duration& least = is_near ? out.inside : out.far;
    least = std::min(least, from_first[topology::index(node)]);
  }
  return out;
}

calibration::CollectiveShape shape_of(const topology::Topology& topology,
                                      const collectives::Group& group, Operation operation,
                                      sim::Bytes bytes, calibration::Number number) {
  const auto servers = collectives::blocks_of(topology, group, "server").members.size();
  // Where no switch adds up, all numbers are like those that switches do not add.
  const bool adds = !collectives::nvls_misfit(topology, group);
  return {.operation = operation,
          .number = adds ? number : calibration::Number::gpus,
          .ranks = group.size(),
          .nodes = static_cast<std::int32_t>(std::max<std::size_t>(servers, 1)),
          .bytes = static_cast<double>(bytes.count())};
}

MessageCosts costs_on(const WayLatency& on_links, const calibration::CollectiveCost& cost,
                      const calibration::CollectiveShape& shape) {
  const calibration::Trips trips = calibration::trips(cost.method.pattern, shape);
  MessageCosts out{
      .start = picoseconds(cost.start_s),
      .message_latency = std::max(picoseconds(cost.step_s) - on_links.inside, sim::Duration{0}),
      .far_latency = {},
      .rate = sim::Bandwidth{std::max<std::int64_t>(std::llround(cost.rate_Bps), 1)},
      .pieces = trips.pieces};
  if (shape.nodes > 1) {
    out.far_latency = std::max(picoseconds(cost.far_step_s) - out.message_latency - on_links.far,
                               sim::Duration{0});
  }
  if (out.pieces > 0) {
    // The pieces of a pipeline follow each other closely: only the first one's latencies count.
    const double near = sim::seconds(out.message_latency);
    const double across = std::max(cost.far_step_s - sim::seconds(on_links.far), 0.0);
    out.start +=
        picoseconds((trips.steps * near) + (shape.nodes > 1 ? trips.far_steps * across : 0));
    out.message_latency = sim::Duration{0};
    out.far_latency = sim::Duration{0};
  }
  return out;
}

Conditions with_cost(const topology::Topology& topology, const collectives::Group& group,
                     const calibration::CollectiveCost& cost,
                     const calibration::CollectiveShape& shape,
                     const collectives::ExecuteOptions& options) {
  const MessageCosts costs = costs_on(way_latency(topology, group), cost, shape);
  Conditions out{.network = costs.far_latency > sim::Duration{0}
                                ? with_slower_nics(topology, costs.far_latency)
                                : topology,
                 .options = options,
                 .pieces = costs.pieces};
  topology::Injection ports = topology.injection().value_or(
      topology::Injection{.bandwidth = sim::bandwidth_max, .latency = {}, .ports = 1});
  const sim::Bandwidth rate = std::max(costs.rate / ports.ports, sim::Bandwidth{1});
  ports.bandwidth = std::min(ports.bandwidth, rate);
  out.network.set_injection(ports);
  out.options.start += costs.start;
  out.options.message_latency += costs.message_latency;
  return out;
}

double simulate(const topology::Topology& topology, const calibration::CollectiveCost& cost,
                const calibration::CollectiveShape& shape) {
  const collectives::Group group = collectives::whole_group(topology);
  const Collective collective = collective_of(shape.operation);
  const Conditions conditions = with_cost(topology, group, cost, shape, {});
  const collectives::Request request{.topology = &conditions.network,
                                     .group = &group,
                                     .collective = collective,
                                     .bytes = sim::Bytes{std::llround(shape.bytes)},
                                     .channels = shape.nodes > 1 ? 0 : 1,
                                     .pieces = conditions.pieces};
  const collectives::Schedule schedule =
      algorithm_of(cost.method.pattern, collective).build(request);
  return collectives::execute(conditions.network, group, schedule, conditions.options).time_s;
}

}  // namespace workloads
