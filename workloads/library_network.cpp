#include "workloads/library_network.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "collectives/locality.hpp"
#include "collectives/request.hpp"
#include "workloads/cable_use.hpp"
#include "workloads/symmetry.hpp"

namespace workloads {

LibraryNetwork::LibraryNetwork(const calibration::CollectiveFit& fit,
                               const topology::Topology& topology,
                               const collectives::ExecuteOptions& options)
    : fit_{&fit},
      topology_{&topology},
      options_{&options},
      has_like_servers_{workloads::has_like_servers(topology)},
      servers_{server_partition(topology)},
      place_of_(topology.nodes().size()) {
  std::map<std::int32_t, std::int32_t> counts;
  for (const topology::NodeId node : topology.endpoints()) {
    const std::int32_t server = servers_ == nullptr ? 0 : servers_->block_of[topology::index(node)];
    place_of_[topology::index(node)] = counts[server]++;
  }
}

collectives::Group LibraryNetwork::group_at(const std::vector<std::int32_t>& endpoints) const {
  collectives::Group group;
  for (const std::int32_t endpoint : endpoints) {
    group.nodes.push_back(topology_->endpoints()[static_cast<std::size_t>(endpoint)]);
  }
  return group;
}

/// Where each rank is: in which server, counted from that of the first one, at which place in it;
/// and, where servers differ, which one it is. Groups of the same pattern have the same links.
std::string LibraryNetwork::pattern_of(const collectives::Group& group) const {
  std::string text;
  std::map<std::int32_t, std::size_t> numbers;
  for (const topology::NodeId node : group.nodes) {
    const std::int32_t server = servers_ == nullptr ? 0 : servers_->block_of[topology::index(node)];
    const std::size_t number = numbers.try_emplace(server, numbers.size()).first->second;
    text += has_like_servers_ ? fmt::format(" {}.{}", number, place_of_[topology::index(node)])
                              : fmt::format(" {}", topology::index(node));
  }
  return text;
}

MessageCosts LibraryNetwork::costs_of(const collectives::Group& group,
                                      const calibration::CollectiveCost& cost,
                                      const calibration::CollectiveShape& shape) {
  const std::string pattern = pattern_of(group);
  const auto [known, is_new] = costs_.try_emplace(Key{shape.operation, shape.bytes, pattern});
  if (is_new) {
    const auto [way, is_new_way] = ways_.try_emplace(pattern);
    if (is_new_way) {
      way->second = way_latency(*topology_, group);
    }
    known->second = costs_on(way->second, cost, shape);
  }
  return known->second;
}

sim::Duration LibraryNetwork::time_alone(const collectives::Group& members, const Carried& carried,
                                         const calibration::CollectiveCost& cost,
                                         const calibration::CollectiveShape& shape) {
  const auto [known, is_new] =
      times_.try_emplace(Key{shape.operation, shape.bytes, pattern_of(members)}, sim::Duration{0});
  if (is_new) {
    const Conditions conditions = with_cost(*topology_, carried.group, cost, shape, *options_);
    known->second = collectives::execute(conditions.network, carried.group, carried.schedule,
                                         conditions.options)
                        .time;
  }
  return known->second;
}

/// What reaches a GPU from outside its server, at most: by its NICs, or by links of its own.
double LibraryNetwork::bytes_from_outside(topology::NodeId node) const {
  const auto server_of = [&](topology::NodeId each) {
    return servers_ == nullptr ? -1 : servers_->block_of[topology::index(each)];
  };
  const auto rate_of = [&](topology::LinkId id) {
    return static_cast<double>(topology_->link(id).spec.bandwidth.count());
  };
  double all = 0;
  for (const topology::LinkId id : topology_->in_links(node)) {
    const topology::NodeId from = topology_->link(id).from;
    if (server_of(from) != server_of(node) || servers_ == nullptr) {
      all += rate_of(id);
    } else if (topology_->node(from).kind == topology::NodeKind::nic) {
      double into_nic = 0;
      for (const topology::LinkId other : topology_->in_links(from)) {
        into_nic += server_of(topology_->link(other).from) != server_of(from) ? rate_of(other) : 0;
      }
      all += std::min(rate_of(id), into_nic);
    }
  }
  return all;
}

sim::Duration LibraryNetwork::least_time(const std::vector<std::int32_t>& endpoints,
                                         const Operation& operation) {
  const collectives::Group group = group_at(endpoints);
  const calibration::CollectiveShape shape =
      shape_of(*topology_, group, *operation_of(operation.collective), operation.bytes,
               calibration::Number::switches);
  const auto [known, is_new] =
      least_times_.try_emplace(Key{shape.operation, shape.bytes, pattern_of(group)});
  if (!is_new) {
    return known->second;
  }
  const calibration::CollectiveCost cost = fit_->cost(shape);
  const MessageCosts costs = costs_of(group, cost, shape);
  if (shape.nodes == 1) {
    const collectives::Request request{.topology = topology_,
                                       .group = &group,
                                       .collective = operation.collective,
                                       .bytes = operation.bytes,
                                       .channels = 1,
                                       .pieces = costs.pieces};
    const Carried carried{
        .group = group,
        .schedule = algorithm_of(cost.method.pattern, operation.collective).build(request)};
    known->second = time_alone(group, carried, cost, shape);
    return known->second;
  }
  // Each rank gets what it does not have; what its server does not have comes from outside.
  const auto blocks = collectives::blocks_of(*topology_, group, "server");
  std::size_t together = 1;
  for (const auto& members : blocks.members) {
    together = std::max(together, members.size());
  }
  const double ranks = group.size();
  const auto near = static_cast<double>(together);
  const double share = shape.bytes / ranks;
  const double inside = (ranks - 1) * share / static_cast<double>(costs.rate.count());
  const double outside = (ranks - near) * share / (near * bytes_from_outside(group.nodes.front()));
  constexpr double per_second = 1e12;
  known->second = costs.start +
                  sim::Duration{static_cast<std::int64_t>(std::max(inside, outside) * per_second)};
  return known->second;
}

sim::Duration LibraryNetwork::least_message_time(const std::vector<std::int32_t>& endpoints,
                                                 sim::Bytes bytes) {
  const collectives::Group group = group_at(endpoints);
  const calibration::CollectiveShape shape =
      shape_of(*topology_, group, calibration::Operation::send_receive, bytes,
               calibration::Number::switches);
  const MessageCosts costs = costs_of(group, fit_->cost(shape), shape);
  return costs.start + costs.message_latency + (bytes / costs.rate);
}

}  // namespace workloads
