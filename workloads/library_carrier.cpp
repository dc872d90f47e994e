#include "workloads/library_carrier.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "collectives/fold.hpp"
#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "sim/contract.hpp"
#include "workloads/symmetry.hpp"

namespace workloads {
namespace {

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

}  // namespace

LibraryCarrier::LibraryCarrier(const RankPrograms& all, const calibration::CollectiveFit& fit,
                               const topology::Topology& topology,
                               const collectives::ExecuteOptions& options)
    : all_{&all},
      fit_{&fit},
      topology_{&topology},
      options_{&options},
      cables_{all, topology},
      has_like_servers_{has_like_servers(topology)},
      servers_{server_partition(topology)},
      place_of_(topology.nodes().size()) {
  std::map<std::int32_t, std::int32_t> counts;
  for (const topology::NodeId node : topology.endpoints()) {
    const std::int32_t server = servers_ == nullptr ? 0 : servers_->block_of[topology::index(node)];
    place_of_[topology::index(node)] = counts[server]++;
  }
}

topology::NodeId LibraryCarrier::node_of(std::int32_t rank) const {
  return topology_->endpoints()[at(all_->endpoint_of[at(rank)])];
}

collectives::Group LibraryCarrier::group_of_ranks(const std::vector<std::int32_t>& ranks) const {
  collectives::Group group;
  for (const std::int32_t rank : ranks) {
    group.nodes.push_back(node_of(rank));
  }
  return group;
}

collectives::Group LibraryCarrier::group_at(const std::vector<std::int32_t>& endpoints) const {
  collectives::Group group;
  for (const std::int32_t endpoint : endpoints) {
    group.nodes.push_back(topology_->endpoints()[at(endpoint)]);
  }
  return group;
}

/// Where each rank is: in which server, counted from that of the first one, at which place in it;
/// and, where servers differ, which one it is. Groups of the same pattern have the same links.
std::string LibraryCarrier::pattern_of(const collectives::Group& group) const {
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

MessageCosts LibraryCarrier::costs_of(const collectives::Group& group,
                                      const calibration::CollectiveCost& cost,
                                      const calibration::CollectiveShape& shape) {
  const Key key{shape.operation, shape.bytes, pattern_of(group)};
  const auto found = costs_.find(key);
  return found != costs_.end()
             ? found->second
             : costs_.try_emplace(key, costs_on(*topology_, group, cost, shape)).first->second;
}

Carried LibraryCarrier::operation(const Communicator& communicator, const Operation& operation) {
  auto carried = find_operation(communicator, operation);
  sim::require(carried.has_value(), "ranks that stand for others do the same as those");
  return std::move(*carried);
}

std::optional<Carried> LibraryCarrier::find_operation(const Communicator& communicator,
                                                      const Operation& operation) {
  const bool is_part = !communicator.members.empty();
  const collectives::Group group =
      is_part ? group_at(communicator.members) : group_of_ranks(communicator.ranks);
  const calibration::CollectiveShape shape =
      shape_of(*topology_, group, *operation_of(operation.collective), operation.bytes,
               calibration::Number::switches);
  const calibration::CollectiveCost cost = fit_->cost(shape);
  const MessageCosts costs = costs_of(group, cost, shape);
  const collectives::Request request{.topology = topology_,
                                     .group = &group,
                                     .collective = operation.collective,
                                     .bytes = operation.bytes,
                                     .channels = shape.nodes > 1 ? 0 : 1,
                                     .pieces = costs.pieces};
  collectives::Schedule schedule =
      algorithm_of(cost.method.pattern, operation.collective).build(request);
  if (is_part) {
    auto part = collectives::folded(schedule, static_cast<std::int32_t>(communicator.ranks.size()));
    if (!part) {
      return std::nullopt;
    }
    schedule = std::move(*part);
  }
  Carried carried{.group = is_part ? group_of_ranks(communicator.ranks) : group,
                  .schedule = std::move(schedule),
                  .start = costs.start,
                  .message_latency = costs.message_latency,
                  .far_latency = costs.far_latency,
                  .rate = costs.rate};
  if (cables_.is_alone(communicator, carried.group, carried.schedule)) {
    carried.alone = time_alone(group, carried, cost, shape);
  }
  return carried;
}

Carried LibraryCarrier::message(std::int32_t from, std::int32_t to, sim::Bytes bytes) {
  collectives::Group group = group_of_ranks({from, to});
  const calibration::CollectiveShape shape =
      shape_of(*topology_, group, calibration::Operation::send_receive, bytes,
               calibration::Number::switches);
  const MessageCosts costs = costs_of(group, fit_->cost(shape), shape);
  collectives::Schedule schedule{collectives::Collective::broadcast, 2, 1, {bytes, 1}};
  schedule.add({.from = collectives::Rank{0},
                .to = collectives::Rank{1},
                .chunks = collectives::fixed_chunks(0, 1)},
               {});
  return {.group = std::move(group),
          .schedule = std::move(schedule),
          .start = costs.start,
          .message_latency = costs.message_latency,
          .far_latency = costs.far_latency,
          .rate = costs.rate};
}

sim::Duration LibraryCarrier::time_alone(const collectives::Group& members, const Carried& carried,
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

}  // namespace workloads
