#include "cli/simulated_collective.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "collectives/group.hpp"
#include "sim/contract.hpp"

namespace cli {
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

const collectives::Algorithm& algorithm_of(Pattern pattern, Collective collective) {
  std::string_view name = "ring";
  if (collective == Collective::send_receive) {
    name = "direct";
  } else if (pattern == Pattern::pairwise) {
    name = "pairwise";
  } else if (pattern == Pattern::nvls) {
    name = "nvls";
  } else if (pattern == Pattern::tree) {
    name = "double-binary-tree";
  }
  const auto all = collectives::algorithms();
  const auto found = std::ranges::find_if(all, [&](const collectives::Algorithm& each) {
    return each.collective == collective && each.name == name;
  });
  sim::require(found != all.end(), "every pattern has an algorithm");
  return *found;
}

topology::Topology server_of(const calibration::NodeKind& node, std::int32_t gpus) {
  topology::Topology server{"server"};
  const topology::LinkSpec cable{.bandwidth =
                                     sim::Bandwidth{static_cast<std::int64_t>(node.line_Bps)}};
  for (std::int32_t gpu = 0; gpu < gpus; ++gpu) {
    server.add_node({"gpu" + std::to_string(gpu), topology::NodeKind::gpu, topology::Relay::no});
  }
  const topology::NodeId middle =
      server.add_node({"switch", topology::NodeKind::switching, topology::Relay::yes});
  for (const topology::NodeId gpu : server.endpoints()) {
    server.connect(gpu, middle, cable);
  }
  return server;
}

double simulate(topology::Topology topology, const calibration::CollectiveCost& cost,
                const calibration::CollectiveShape& shape) {
  topology.set_injection(topology::Injection{
      .bandwidth = sim::Bandwidth{std::max<std::int64_t>(std::llround(cost.rate_Bps), 1)}});
  const collectives::Group group = collectives::whole_group(topology);
  const Collective collective = collective_of(shape.operation);
  const calibration::Trips trips =
      calibration::trips(cost.method.pattern, shape.operation, shape.ranks);
  const collectives::Request request{.topology = &topology,
                                     .group = &group,
                                     .collective = collective,
                                     .bytes = sim::Bytes{std::llround(shape.bytes)},
                                     .channels = 1,
                                     .pieces = trips.pieces};
  // The pieces of a pipeline follow each other closely: only the first one's latencies count.
  const bool flows = trips.pieces > 0;
  const collectives::ExecuteOptions options{
      .start = picoseconds(cost.start_s + (flows ? trips.steps * cost.step_s : 0)),
      .message_latency = picoseconds(flows ? 0 : cost.step_s)};
  const collectives::Schedule schedule =
      algorithm_of(cost.method.pattern, collective).build(request);
  return collectives::execute(topology, group, schedule, options).time_s;
}

}  // namespace cli
