#include "workloads/training_programs.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "workloads/stage_program.hpp"

namespace workloads {
namespace {

/// Adds communicators among the ranks of a layout of which some are run.
class CommunicatorWriter {
 public:
  /// `number_of`: per rank of the layout, that among those that are run; -1: it is not.
  CommunicatorWriter(const Layout& layout, std::vector<std::int32_t> number_of, RankPrograms& all)
      : layout_{&layout}, number_of_{std::move(number_of)}, all_{&all} {}

  /// Along an axis, where there is anything to do and more than one rank.
  void add(Axis axis, const std::vector<Dimension>& dimensions) {
    if (!has_work(axis)) {
      return;
    }
    for (const std::vector<std::int32_t>& ranks : groups_of(*layout_, dimensions)) {
      if (ranks.size() > 1) {
        add(axis, ranks);
      }
    }
  }

  /// Of replicas along dimensions, those who have a copy together, `size` of them each, and those
  /// who have the same part of different ones.
  void add_shards(Axis together, Axis apart, const std::vector<Dimension>& dimensions,
                  std::size_t size) {
    for (const std::vector<std::int32_t>& ranks : groups_of(*layout_, dimensions)) {
      const std::size_t copies = ranks.size() / size;
      for (std::size_t copy = 0; copy < copies && has_work(together) && size > 1; ++copy) {
        add(together, picked(ranks, copy * size, 1, size));
      }
      for (std::size_t part = 0; part < size && has_work(apart) && copies > 1; ++part) {
        add(apart, picked(ranks, part, size, copies));
      }
    }
  }

  /// First and last ranks of every pipeline.
  void add_embedding() {
    for (const std::vector<std::int32_t>& stages : groups_of(*layout_, {Dimension::pipeline})) {
      add(Axis::embedding, std::vector{stages.front(), stages.back()});
    }
  }

 private:
  [[nodiscard]] bool has_work(Axis axis) const {
    return !all_->operations[static_cast<std::size_t>(axis)].empty();
  }

  [[nodiscard]] static std::vector<std::int32_t> picked(const std::vector<std::int32_t>& ranks,
                                                        std::size_t first, std::size_t step,
                                                        std::size_t count) {
    std::vector<std::int32_t> out;
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back(ranks[first + (i * step)]);
    }
    return out;
  }

  void add(Axis axis, const std::vector<std::int32_t>& ranks) {
    Communicator communicator{.ranks = {}, .slot = static_cast<std::uint16_t>(axis)};
    for (const std::int32_t rank : ranks) {
      if (const std::int32_t number = number_of_[static_cast<std::size_t>(rank)]; number >= 0) {
        communicator.ranks.push_back(number);
      }
    }
    if (communicator.ranks.empty()) {
      return;
    }
    if (communicator.ranks.size() < ranks.size()) {
      communicator.members = ranks;
    }
    for (const std::int32_t number : communicator.ranks) {
      all_->communicator_of[static_cast<std::size_t>(number)][static_cast<std::size_t>(axis)] =
          static_cast<std::int32_t>(all_->communicators.size());
    }
    all_->communicators.push_back(std::move(communicator));
  }

  const Layout* layout_;
  std::vector<std::int32_t> number_of_;
  RankPrograms* all_;
};

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

RankPrograms training_programs(const Training& training, const StageKernels& costs,
                               std::int32_t replicas) {
  const Layout& layout = training.layout;
  RankPrograms all;
  Operations operations;
  for (std::int32_t stage = 0; stage < layout.pipeline; ++stage) {
    all.programs.push_back(stage_program(training, costs.of(stage), operations, stage));
  }
  all.operations = operations.take();
  all.labels = operations.take_labels();
  all.amounts = operations.take_amounts();
  all.slowdown = costs.of(0).slowdown();
  all.wait_for_messages = !training.software.overlap_pipeline;
  std::vector<std::int32_t> number_of(static_cast<std::size_t>(layout.ranks()), -1);
  for (std::int32_t rank = 0; rank < layout.ranks(); ++rank) {
    if (replicas == 0 || place_of(layout, rank, Dimension::data) < replicas) {
      number_of[static_cast<std::size_t>(rank)] = all.ranks();
      all.program_of.push_back(place_of(layout, rank, Dimension::pipeline));
      all.endpoint_of.push_back(rank);
      const auto slow = training.stragglers.find(rank);
      all.pace_of.push_back(slow == training.stragglers.end() ? 1 : slow->second);
    }
  }
  for (const std::int32_t rank : all.endpoint_of) {
    const auto stages = group_of(layout, rank, {Dimension::pipeline});
    const std::int32_t stage = place_of(layout, rank, Dimension::pipeline);
    const auto peer = [&](std::int32_t step) {
      const std::int32_t other = (stage + step + layout.pipeline) % layout.pipeline;
      return number_of[static_cast<std::size_t>(stages[static_cast<std::size_t>(other)])];
    };
    all.peer_of.push_back({peer(1), peer(-1)});
  }
  all.communicator_of.assign(all.program_of.size(), std::vector<std::int32_t>(axes, -1));
  CommunicatorWriter writer{layout, std::move(number_of), all};
  writer.add(Axis::tensor, {Dimension::tensor});
  writer.add(Axis::context, {Dimension::context});
  writer.add(Axis::expert, {Dimension::expert});
  writer.add(Axis::expert_tensor, {Dimension::expert_tensor});
  writer.add_shards(Axis::data, Axis::copies, {Dimension::context, Dimension::data},
                    static_cast<std::size_t>(layout.shard_size()));
  writer.add_shards(Axis::expert_data, Axis::expert_copies, {Dimension::expert_data},
                    static_cast<std::size_t>(layout.expert_shard_size()));
  if (shares_embedding(training)) {
    writer.add_embedding();
  }
  return all;
}

}  // namespace workloads
