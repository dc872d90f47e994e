#include "workloads/step_bound.hpp"

#include <cstddef>
#include <utility>
#include <vector>

#include "workloads/library_carrier.hpp"
#include "workloads/rank_run.hpp"

namespace workloads {
namespace {

std::size_t at(auto number) {
  return static_cast<std::size_t>(number);
}

/// The endpoints of those who carry out a communicator's operations.
std::vector<std::int32_t> endpoints_of(const RankPrograms& all, const Communicator& communicator) {
  if (!communicator.members.empty()) {
    return communicator.members;
  }
  std::vector<std::int32_t> out;
  for (const std::int32_t rank : communicator.ranks) {
    out.push_back(all.endpoint_of[at(rank)]);
  }
  return out;
}

/// Of one replica the first rank of each stage, in communicators of its own.
RankPrograms first_ranks(RankPrograms all, std::int32_t stages) {
  RankPrograms out;
  std::vector<std::int32_t> first(at(stages), -1);
  for (std::int32_t rank = 0; rank < all.ranks(); ++rank) {
    std::int32_t& found = first[at(all.program_of[at(rank)])];
    found = found < 0 ? rank : found;
  }
  for (std::int32_t stage = 0; stage < stages; ++stage) {
    const std::int32_t rank = first[at(stage)];
    out.program_of.push_back(stage);
    out.endpoint_of.push_back(all.endpoint_of[at(rank)]);
    out.peer_of.push_back({(stage + 1) % stages, (stage + stages - 1) % stages});
    std::vector<std::int32_t>& mine = out.communicator_of.emplace_back();
    for (const std::int32_t number : all.communicator_of[at(rank)]) {
      mine.push_back(number < 0 ? -1 : static_cast<std::int32_t>(out.communicators.size()));
      if (number >= 0) {
        const Communicator& communicator = all.communicators[at(number)];
        out.communicators.push_back({.ranks = {stage},
                                     .slot = communicator.slot,
                                     .members = endpoints_of(all, communicator)});
      }
    }
  }
  out.programs = std::move(all.programs);
  out.operations = std::move(all.operations);
  out.amounts = std::move(all.amounts);
  out.wait_for_messages = all.wait_for_messages;
  return out;
}

/// What has a time and needs no network.
Carried only_taking(sim::Duration time) {
  return {.group = {},
          .schedule = {collectives::Collective::broadcast, 1, 1, {sim::Bytes{0}, 1}},
          .alone = time};
}

}  // namespace

StepBound step_lower_bound(const Training& training, StepCosts& costs) {
  check_size(training, costs.library().topology());
  constexpr std::int32_t replicas = 1;
  const RankPrograms ranks =
      first_ranks(training_programs(training, costs.kernels(), replicas), training.layout.pipeline);
  LibraryNetwork& library = costs.library();
  const Carrier carrier{
      .operation =
          [&](const Communicator& communicator, const Operation& operation) {
            return only_taking(library.least_time(communicator.members, operation));
          },
      .message =
          [&](std::int32_t from, std::int32_t to, sim::Bytes bytes) {
            return only_taking(library.least_message_time(
                {ranks.endpoint_of[at(from)], ranks.endpoint_of[at(to)]}, bytes));
          }};
  const RunResult run =
      run_ranks(ranks, library.topology(), library.options(), carrier, category_names.size());
  StepBound out{.time = run.time};
  for (const RankTimes& times : run.ranks) {
    for (const Category category : {Category::compute, Category::recompute, Category::optimizer}) {
      out.busy_s += sim::seconds(times.by_category[at(category)]) / training.layout.pipeline;
    }
  }
  return out;
}

}  // namespace workloads
