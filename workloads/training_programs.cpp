#include "workloads/training_programs.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "workloads/stage_program.hpp"

namespace workloads {
namespace {

/// Adds the communicators along an axis, where there is anything to do and more than one rank.
void add_communicators(const Layout& layout, Axis axis, const std::vector<Dimension>& dimensions,
                       RankPrograms& all) {
  if (all.operations[static_cast<std::size_t>(axis)].empty()) {
    return;
  }
  for (std::vector<std::int32_t>& ranks : groups_of(layout, dimensions)) {
    if (ranks.size() < 2) {
      return;
    }
    for (const std::int32_t rank : ranks) {
      all.communicator_of[static_cast<std::size_t>(rank)][static_cast<std::size_t>(axis)] =
          static_cast<std::int32_t>(all.communicators.size());
    }
    all.communicators.push_back({std::move(ranks), static_cast<std::uint16_t>(axis)});
  }
}

/// First and last ranks of every pipeline.
void add_embedding_communicators(const Layout& layout, RankPrograms& all) {
  for (const std::vector<std::int32_t>& stages : groups_of(layout, {Dimension::pipeline})) {
    for (const std::int32_t rank : {stages.front(), stages.back()}) {
      all.communicator_of[static_cast<std::size_t>(rank)]
                         [static_cast<std::size_t>(Axis::embedding)] =
          static_cast<std::int32_t>(all.communicators.size());
    }
    all.communicators.push_back(
        {{stages.front(), stages.back()}, static_cast<std::uint16_t>(Axis::embedding)});
  }
}

}  // namespace

std::vector<StageOrder> orders_of(const std::string& where, PipelineKind kind,
                                  const Layout& layout) {
  const std::int32_t stages = layout.pipeline;
  const std::int32_t micro_batches = layout.micro_batches();
  if (layout.chunks > 1 && kind != PipelineKind::interleaved) {
    throw sim::Error{
        where, fmt::format("{} chunks per stage need the schedule 'interleaved'", layout.chunks)};
  }
  switch (kind) {
    case PipelineKind::gpipe:
      return gpipe(stages, micro_batches);
    case PipelineKind::zero_bubble:
      return zero_bubble(stages, micro_batches);
    case PipelineKind::interleaved:
      if (micro_batches % stages != 0) {
        throw sim::Error{where, fmt::format("{} micro-batches cannot be divided by PP {}",
                                            micro_batches, stages)};
      }
      return interleaved(stages, micro_batches, layout.chunks);
    case PipelineKind::listed:
      throw sim::Error{where, "the orders of a listed schedule are given, not made"};
    case PipelineKind::one_f_one_b:
      break;
  }
  return one_f_one_b(stages, micro_batches);
}

RankPrograms training_programs(const Training& training, const KernelCosts& costs) {
  const Layout& layout = training.layout;
  RankPrograms all;
  Operations operations;
  for (std::int32_t stage = 0; stage < layout.pipeline; ++stage) {
    all.programs.push_back(stage_program(training, costs, operations, stage));
  }
  all.operations = operations.take();
  all.communicator_of.assign(static_cast<std::size_t>(layout.ranks()),
                             std::vector<std::int32_t>(axes, -1));
  for (std::int32_t rank = 0; rank < layout.ranks(); ++rank) {
    const std::int32_t stage = place_of(layout, rank, Dimension::pipeline);
    const auto stages = group_of(layout, rank, {Dimension::pipeline});
    const auto peer = [&](std::int32_t step) {
      return stages[static_cast<std::size_t>((stage + step + layout.pipeline) % layout.pipeline)];
    };
    all.program_of.push_back(stage);
    all.peer_of.push_back({peer(1), peer(-1)});
  }
  add_communicators(layout, Axis::tensor, {Dimension::tensor}, all);
  add_communicators(layout, Axis::context, {Dimension::context}, all);
  add_communicators(layout, Axis::expert, {Dimension::expert}, all);
  add_communicators(layout, Axis::expert_tensor, {Dimension::expert_tensor}, all);
  add_communicators(layout, Axis::data, {Dimension::context, Dimension::data}, all);
  add_communicators(layout, Axis::expert_data, {Dimension::expert_data}, all);
  if (shares_embedding(training)) {
    add_embedding_communicators(layout, all);
  }
  return all;
}

}  // namespace workloads
