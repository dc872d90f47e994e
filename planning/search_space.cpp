#include "planning/search_space.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace planning {
namespace {

using workloads::Layout;
using workloads::PipelineKind;
using workloads::Recompute;
using workloads::Sharding;
using workloads::Transformer;

std::vector<std::int32_t> powers_of_two(std::int32_t most) {
  std::vector<std::int32_t> out;
  for (std::int32_t value = 1; value <= most; value *= 2) {
    out.push_back(value);
  }
  return out;
}

std::vector<std::int32_t> divisors(std::int32_t whole, std::int32_t most) {
  std::vector<std::int32_t> out;
  for (std::int32_t value = 1; value <= std::min(whole, most); ++value) {
    if (whole % value == 0) {
      out.push_back(value);
    }
  }
  return out;
}

/// The parts of a pipeline, and how many ways there are to go through them.
struct Pipeline {
  std::int32_t stages = 1;
  std::int32_t chunks = 1;
  PipelineKind schedule{};
};

std::vector<Pipeline> pipelines(const SearchSpace& space) {
  std::vector<Pipeline> out;
  for (const std::int32_t stages : space.pipeline) {
    for (const std::int32_t chunks : space.chunks) {
      if (chunks > 1 && stages > 1) {
        out.push_back({stages, chunks, PipelineKind::interleaved});
      } else if (chunks == 1) {
        for (const PipelineKind schedule : space.schedules) {
          // One stage has nothing to schedule.
          if (stages > 1 || schedule == space.schedules.front()) {
            out.push_back({stages, 1, schedule});
          }
        }
      }
    }
  }
  return out;
}

/// Puts together what goes together.
class Collector {
 public:
  Collector(const SearchSpace& space, const Transformer& model, const Layout& base,
            std::int32_t gpus)
      : space_{&space}, model_{&model}, base_{&base}, gpus_{gpus}, pipelines_{pipelines(space)} {}

  std::vector<Candidate> collect() {
    for (const std::int32_t tensor : space_->tensor) {
      for (const std::int32_t context : space_->context) {
        for (const Pipeline& pipeline : pipelines_) {
          Layout layout = *base_;
          layout.tensor = tensor;
          layout.context = context;
          layout.sequence_parallel = base_->sequence_parallel && tensor > 1;
          add_pipeline(layout, pipeline);
        }
      }
    }
    return std::move(out_);
  }

  /// How often each reason kept something out.
  [[nodiscard]] const std::map<std::string, std::size_t>& clashes() const { return clashes_; }

 private:
  void add_pipeline(Layout layout, const Pipeline& pipeline) {
    const std::int64_t others = std::int64_t{layout.tensor} * layout.context * pipeline.stages;
    const std::int64_t parts = std::int64_t{pipeline.stages} * pipeline.chunks;
    if (others > gpus_ || gpus_ % others != 0) {
      ++clashes_[fmt::format("{} GPUs cannot be divided by TP x CP x PP {}", gpus_, others)];
      return;
    }
    if (parts > model_->layers + workloads::bare_parts) {
      ++clashes_[fmt::format("{} layers for PP x chunks {}", model_->layers, parts)];
      return;
    }
    layout.pipeline = pipeline.stages;
    layout.chunks = pipeline.chunks;
    layout.data = static_cast<std::int32_t>(gpus_ / others);
    if (model_->layers % parts != 0) {
      layout.part_layers =
          workloads::balanced_layers(model_->layers, static_cast<std::int32_t>(parts));
    }
    for (const std::int32_t expert : space_->expert) {
      layout.expert = expert;
      // Without experts their part of TP is that of all else.
      if (!model_->experts) {
        layout.expert_tensor = layout.tensor;
        add_rest(layout, pipeline.schedule);
        continue;
      }
      for (const std::int32_t expert_tensor : space_->expert_tensor) {
        layout.expert_tensor = expert_tensor;
        add_rest(layout, pipeline.schedule);
      }
    }
  }

  void add_rest(Layout layout, PipelineKind schedule) {
    for (const Sharding sharding : space_->sharding) {
      // A single replica shards nothing.
      if (layout.data * layout.context == 1 && sharding != space_->sharding.front()) {
        continue;
      }
      layout.sharding = sharding;
      for (const std::int32_t micro_batch : space_->micro_batch) {
        layout.micro_batch = micro_batch;
        if (const std::string clash = workloads::clash_of(layout, *model_); !clash.empty()) {
          ++clashes_[clash];
          continue;
        }
        for (const Recompute recompute : space_->recompute) {
          out_.push_back({layout, schedule, recompute});
        }
      }
    }
  }

  const SearchSpace* space_;
  const Transformer* model_;
  const Layout* base_;
  std::int32_t gpus_;
  std::vector<Pipeline> pipelines_;
  std::vector<Candidate> out_;
  std::map<std::string, std::size_t> clashes_;
};

}  // namespace

SearchSpace usual_space(const Transformer& model, const workloads::Software& software,
                        std::int32_t gpus, std::int32_t gpus_per_server) {
  constexpr std::int32_t stages_most = 64;
  constexpr std::int32_t experts_most = 64;
  constexpr std::int32_t long_sequence = 32'768;
  constexpr std::int32_t context_most = 16;
  constexpr std::int32_t few = 8;
  SearchSpace space;
  space.tensor = powers_of_two(gpus_per_server);
  space.context =
      model.sequence >= long_sequence ? powers_of_two(context_most) : std::vector<std::int32_t>{1};
  for (const std::int32_t stages : divisors(gpus, stages_most)) {
    if (stages <= model.layers) {
      space.pipeline.push_back(stages);
    }
  }
  space.expert =
      model.experts ? divisors(model.experts->count, experts_most) : std::vector<std::int32_t>{1};
  space.expert_tensor = {1};
  space.chunks = powers_of_two(few);
  space.micro_batch = powers_of_two(few);
  space.schedules = {PipelineKind::one_f_one_b};
  // A fused core of attention keeps nothing that could be done again.
  space.recompute = software.fused_attention
                        ? std::vector{Recompute::none, Recompute::elementwise, Recompute::full}
                        : std::vector{Recompute::none, Recompute::selective, Recompute::elementwise,
                                      Recompute::full};
  space.sharding = {Sharding::optimizer, Sharding::weights};
  return space;
}

std::vector<Candidate> candidates(const SearchSpace& space, const Transformer& model,
                                  const Layout& base, std::int32_t gpus) {
  return Collector{space, model, base, gpus}.collect();
}

std::vector<std::string> clashes(const SearchSpace& space, const Transformer& model,
                                 const Layout& base, std::int32_t gpus, std::size_t most) {
  Collector collector{space, model, base, gpus};
  static_cast<void>(collector.collect());
  std::vector<std::pair<std::string, std::size_t>> counts{collector.clashes().begin(),
                                                          collector.clashes().end()};
  // The smallest numbers first, which are the shortest texts.
  std::ranges::sort(counts, [](const auto& one, const auto& other) {
    return std::tuple{other.second, one.first.size(), one.first} <
           std::tuple{one.second, other.first.size(), other.first};
  });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min(counts.size(), most); ++i) {
    out.push_back(counts[i].first);
  }
  return out;
}

workloads::Training training_of(const Candidate& candidate, const Transformer& model,
                                const workloads::Software& software) {
  workloads::Training out{.model = model,
                          .layout = candidate.layout,
                          .software = software,
                          .orders = workloads::orders_of("the schedule of a candidate",
                                                         candidate.schedule, candidate.layout)};
  out.software.recompute = candidate.recompute;
  return out;
}

}  // namespace planning
