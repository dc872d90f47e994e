#include "collectives/schedule_lanes.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "collectives/schedule_table.hpp"
#include "sim/contract.hpp"
#include "topology/routes.hpp"

namespace collectives {
namespace {

/// The fewest and the most links that a message of the lane crosses.
std::pair<double, double> length_range(const sim::Fabric& fabric, sim::Lane lane) {
  const std::uint32_t begin = fabric.hops_begin(lane);
  const std::uint32_t end = fabric.hops_end(lane);
  if (!fabric.forks()) {
    double length = 0;
    for (std::uint32_t hop = begin; hop < end; ++hop) {
      length += fabric.hop_share(hop);
    }
    return {length, length};
  }
  std::vector<std::pair<double, double>> from(end - begin, {1, 1});  // per hop, to the end
  for (std::uint32_t hop = end; hop-- > begin;) {
    for (bool first = true; const std::uint32_t next : fabric.next_hops(hop)) {
      const auto [fewest, most] = from[next - begin];
      auto& here = from[hop - begin];
      here.first = first ? fewest + 1 : std::min(here.first, fewest + 1);
      here.second = std::max(here.second, most + 1);
      first = false;
    }
  }
  const auto firsts = std::span{from}.first(fabric.first_hops(lane));
  return {std::ranges::min(firsts).first,
          std::ranges::max(firsts, {}, &std::pair<double, double>::second).second};
}

topology::NodeId node_of(const Group& group, const Schedule& schedule, Rank rank) {
  const auto ranks = static_cast<std::size_t>(group.size());
  return index(rank) < ranks ? group.node(rank) : schedule.switches()[index(rank) - ranks];
}

}  // namespace

std::int32_t ports_of(const topology::Topology& topology) {
  return topology.injection() ? topology.injection()->ports : 1;
}

std::vector<topology::LaneRequest> lane_requests(const Group& group, const Schedule& schedule,
                                                 const ExecuteOptions& options) {
  std::vector<topology::LaneRequest> requests;
  requests.reserve(schedule.transfers().size());
  for (const Transfer& transfer : schedule.transfers()) {
    const TransferId id{static_cast<std::int32_t>(requests.size())};
    // The flow of a connection: sender, receiver, channel. Its messages share a path.
    const std::uint64_t label = (static_cast<std::uint64_t>(transfer.channel) << 48U) |
                                (static_cast<std::uint64_t>(index(transfer.from)) << 24U) |
                                index(transfer.to);
    requests.push_back({.from = node_of(group, schedule, transfer.from),
                        .to = node_of(group, schedule, transfer.to),
                        .label = label,
                        .route = schedule.route(id),
                        .urgency = options.nic == Nic::plain ? 0 : transfer.step});
  }
  return requests;
}

sim::Fabric lower(const topology::Topology& topology, const Group& group, const Schedule& schedule,
                  const ExecuteOptions& options) {
  const std::vector<topology::LaneRequest> requests = lane_requests(group, schedule, options);
  const bool has_channels = options.network == sim::NetworkModel::packet &&
                            options.packet.switching == sim::Switching::cut_through &&
                            options.packet.virtual_channels > 1;
  sim::Fabric fabric = topology::lower(
      topology,
      {.routing = options.routing,
       .seed = options.seed,
       .circles = has_channels ? topology::Circles::avoided : topology::Circles::possible,
       .channels = options.packet.virtual_channels,
       .ways = options.network == sim::NetworkModel::packet ? topology::Ways::chosen
                                                            : topology::Ways::shared},
      requests);
  // The schedule's priority: a gathering message by its time step, a reducing one by the first of
  // its train's (all the same in rings; MultiTree's trains have one message).
  for (std::size_t t = 0; options.nic != Nic::plain && t < schedule.transfers().size(); ++t) {
    const Transfer& transfer = schedule.transfers()[t];
    if (transfer.combine == Combine::copy && transfer.messages > 1) {
      fabric.set_urgency_stride(sim::Lane{static_cast<std::uint32_t>(t)}, transfer.step_stride);
    }
  }
  if (options.nic != Nic::plain && ports_of(topology) > 1) {
    const auto ports = arrival_ports(schedule, ports_of(topology));
    for (std::uint32_t lane = 0; lane < ports.size(); ++lane) {
      fabric.set_arrivals(sim::Lane{lane}, ports[lane]);
    }
  }
  return fabric;
}

void check_conservation(const Schedule& schedule, const sim::Fabric& fabric,
                        const Execution& execution) {
  double fewest = 0;
  double most = 0;
  for (std::size_t t = 0; t < schedule.transfers().size(); ++t) {
    const Transfer& transfer = schedule.transfers()[t];
    double bytes = 0;
    for (std::int32_t k = 0; k < transfer.messages; ++k) {
      bytes += static_cast<double>(schedule.layout().size(transfer.chunks.at(k)).count());
    }
    const auto [least, greatest] = length_range(fabric, sim::Lane{static_cast<std::uint32_t>(t)});
    fewest += bytes * least;
    most += bytes * greatest;
  }
  double carried = 0;
  for (const sim::LinkUse& use : execution.links) {
    carried += use.bytes;
  }
  constexpr double rounding = 1e-9;
  sim::require(carried >= fewest * (1 - rounding) && carried <= most * (1 + rounding),
               "every link carried what was sent");
}

}  // namespace collectives
