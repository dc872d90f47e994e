#include "workloads/library_carrier.hpp"

#include <utility>
#include <vector>

#include "collectives/fold.hpp"
#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "sim/contract.hpp"

namespace workloads {
namespace {

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

}  // namespace

collectives::Group LibraryCarrier::group_of_ranks(const std::vector<std::int32_t>& ranks) const {
  std::vector<std::int32_t> endpoints;
  for (const std::int32_t rank : ranks) {
    endpoints.push_back(all_->endpoint_of[at(rank)]);
  }
  return library_->group_at(endpoints);
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
      is_part ? library_->group_at(communicator.members) : group_of_ranks(communicator.ranks);
  const calibration::CollectiveShape shape =
      shape_of(library_->topology(), group, *operation_of(operation.collective), operation.bytes,
               calibration::Number::switches);
  const calibration::CollectiveCost cost = library_->fit().cost(shape);
  const MessageCosts costs = library_->costs_of(group, cost, shape);
  const collectives::Request request{.topology = &library_->topology(),
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
    carried.alone = library_->time_alone(group, carried, cost, shape);
  }
  return carried;
}

Carried LibraryCarrier::message(std::int32_t from, std::int32_t to, sim::Bytes bytes) {
  collectives::Group group = group_of_ranks({from, to});
  const calibration::CollectiveShape shape =
      shape_of(library_->topology(), group, calibration::Operation::send_receive, bytes,
               calibration::Number::switches);
  const MessageCosts costs = library_->costs_of(group, library_->fit().cost(shape), shape);
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

}  // namespace workloads
