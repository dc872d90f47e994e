#include "workloads/stage_program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "sim/contract.hpp"
#include "workloads/layer_work.hpp"
#include "workloads/memory.hpp"

namespace workloads {
namespace {

using collectives::Collective;
using Kind = Instruction::Kind;

sim::Duration picoseconds(double seconds) {
  constexpr double per_second = 1e12;
  return sim::Duration{static_cast<std::int64_t>(std::llround(seconds * per_second))};
}

Category category_of(Axis axis) {
  switch (axis) {
    case Axis::tensor:
      return Category::tensor;
    case Axis::context:
      return Category::context;
    case Axis::expert:
    case Axis::expert_tensor:
      return Category::expert;
    case Axis::data:
    case Axis::expert_data:
    case Axis::embedding:
      break;
  }
  return Category::data;
}

Axis axis_of(const CollectiveWork& work) {
  switch (work.over.front()) {
    case Dimension::tensor:
      return Axis::tensor;
    case Dimension::context:
      return Axis::context;
    case Dimension::expert:
      return Axis::expert;
    case Dimension::expert_tensor:
      return Axis::expert_tensor;
    case Dimension::data:
    case Dimension::pipeline:
    case Dimension::expert_data:
      break;
  }
  sim::require(false, "layers talk along TP, CP, EP and ETP");
  return Axis::data;
}

/// Writes the program of one stage.
class StageWriter {
 public:
  StageWriter(const Training& training, const KernelCosts& costs, Operations& operations,
              std::int32_t stage)
      : training_{&training},
        costs_{&costs},
        operations_{&operations},
        stage_{stage},
        parts_{training.layout.pipeline * training.layout.chunks},
        first_layer_{first_layers(training.layout, training.model)},
        passes_left_(static_cast<std::size_t>(training.layout.chunks),
                     training.layout.micro_batches()) {}

  std::vector<Instruction> write() {
    for (const auto& slot : training_->orders[static_cast<std::size_t>(stage_)]) {
      const std::int32_t part = (slot.chunk * training_->layout.pipeline) + stage_;
      if (slot.work == Work::forward) {
        forward(part);
      } else {
        backward(part, slot.work);
      }
    }
    if (!training_->software.overlap_data) {
      for (std::int32_t part = parts_ - training_->layout.pipeline + stage_; part >= 0;
           part -= training_->layout.pipeline) {
        sum_part(part);
      }
    }
    finish();
    return std::move(out_);
  }

 private:
  [[nodiscard]] const Layout& layout() const { return training_->layout; }
  [[nodiscard]] const Software& software() const { return training_->software; }
  [[nodiscard]] static bool is_first(std::int32_t part) { return part == 0; }
  [[nodiscard]] bool is_last(std::int32_t part) const { return part == parts_ - 1; }
  [[nodiscard]] bool shards(Sharding what) const { return layout().sharding >= what; }

  // Instructions.

  void compute(double seconds, Category category) {
    const sim::Duration time = picoseconds(seconds);
    const bool joins = !out_.empty() && out_.back().kind == Kind::compute &&
                       out_.back().category == static_cast<std::uint8_t>(category) && !is_apart_;
    if (joins) {
      out_.back().time += time;
    } else {
      out_.push_back(
          {.kind = Kind::compute, .category = static_cast<std::uint8_t>(category), .time = time});
    }
    is_apart_ = false;
  }

  void begin(Axis axis, Collective collective, double bytes) {
    out_.push_back({.kind = Kind::begin,
                    .category = static_cast<std::uint8_t>(category_of(axis)),
                    .slot = static_cast<std::uint16_t>(axis),
                    .what = operations_->number_of(axis, collective, bytes)});
  }

  void wait(Axis axis) {
    out_.push_back({.kind = Kind::wait,
                    .category = static_cast<std::uint8_t>(category_of(axis)),
                    .slot = static_cast<std::uint16_t>(axis)});
  }

  /// A message of hidden states, or of their gradients, between stages.
  void message(Kind kind, Neighbour neighbour) {
    const double all = static_cast<double>(training_->model.sequence) / layout().context *
                       layout().micro_batch * training_->model.hidden * software().element;
    const bool splits =
        layout().tensor > 1 && !layout().sequence_parallel && software().split_messages;
    const double part = splits || layout().sequence_parallel ? all / layout().tensor : all;
    constexpr double most = 2147483647;
    sim::require(part <= most, "a message between stages is below 2 GiB");
    out_.push_back({.kind = kind,
                    .category = static_cast<std::uint8_t>(Category::pipeline),
                    .slot = static_cast<std::uint16_t>(neighbour),
                    .what = static_cast<std::int32_t>(std::llround(part))});
    if (splits && kind == Kind::receive) {
      begin(Axis::tensor, Collective::all_gather, all);
      wait(Axis::tensor);
    }
  }

  /// Kernels and collectives, those for which `takes` says so.
  template <class Takes>
  void pieces(const std::vector<Piece>& pass, Category category, Takes takes) {
    for (const Piece& piece : pass) {
      if (const auto* const work = std::get_if<CollectiveWork>(&piece)) {
        if (!takes(work->purpose)) {
          continue;
        }
        wait_for_beside();
        begin(axis_of(*work), work->collective, work->bytes);
        if (work->runs_beside) {
          beside_.push_back(axis_of(*work));
          is_apart_ = true;
        } else {
          wait(axis_of(*work));
        }
        continue;
      }
      const auto& kernel = std::get<KernelWork>(piece);
      if (takes(kernel.purpose)) {
        compute(seconds_of(kernel), category);
        wait_for_beside();
      }
    }
    wait_for_beside();
  }

  void wait_for_beside() {
    for (const Axis axis : std::exchange(beside_, {})) {
      wait(axis);
    }
  }

  // Passes.

  /// Layers with experts are all alike, and so are those without.
  [[nodiscard]] const LayerWork& work_of(std::int32_t layer) {
    const bool is_sparse = training_->model.has_experts(layer);
    if (const auto found = work_.find(is_sparse); found != work_.end()) {
      return found->second;
    }
    return work_[is_sparse] = layer_work(training_->model, layout(), software(), layer);
  }

  /// The costs of a kernel take longer to work out than to remember.
  [[nodiscard]] double seconds_of(const KernelWork& kernel) {
    const auto& [a, b, c, d, e] = kernel.size;
    const std::array key{static_cast<double>(kernel.kind), a, b, c, d, e, kernel.bytes, kernel.seen,
                         kernel.is_causal ? 1.0 : 0.0};
    const auto [found, is_new] = seconds_.try_emplace(key, 0);
    if (is_new) {
      found->second = costs_->seconds(kernel);
    }
    return found->second;
  }

  /// With sharded weights a layer's are gathered before they are used.
  void gather_weights(std::int32_t layer) {
    if (shards(Sharding::weights)) {
      const RankWeights weights = layer_weights(training_->model, layout(), layer);
      exchange_dense(Collective::all_gather, weights.dense * software().element);
      exchange_experts(Collective::all_gather, weights.experts * software().element);
      wait_for_data();
    }
  }

  void forward(std::int32_t part) {
    const auto all = [](Purpose) { return true; };
    if (!is_first(part)) {
      message(Kind::receive, Neighbour::previous);
    } else {
      pieces(embedding_work(training_->model, layout(), software()).forward, Category::compute,
             all);
    }
    for (std::int32_t layer = first_layer_[at(part)]; layer < first_layer_[at(part) + 1]; ++layer) {
      gather_weights(layer);
      pieces(work_of(layer).forward, Category::compute, all);
    }
    if (!is_last(part)) {
      message(Kind::send, Neighbour::next);
    } else {
      pieces(head_work(training_->model, layout(), software()).forward, Category::compute, all);
    }
  }

  void backward(std::int32_t part, Work work) {
    const bool for_inputs = work != Work::backward_weights;
    const bool for_weights = work != Work::backward_inputs;
    const auto takes = [&](Purpose purpose) {
      return purpose == Purpose::weights ? for_weights : for_inputs;
    };
    const auto all = [](Purpose) { return true; };
    const bool is_complete = for_weights && --passes_left_[at(part / layout().pipeline)] == 0;
    const bool sums = for_weights && (is_complete || shards(Sharding::weights)) &&
                      (software().overlap_data || shards(Sharding::weights));
    if (is_last(part)) {
      pieces(head_work(training_->model, layout(), software()).backward, Category::compute, takes);
      if (sums) {
        sum_dense(head_weights(training_->model, layout()));
      }
    } else if (for_inputs) {
      message(Kind::receive, Neighbour::next);
    }
    for (std::int32_t layer = first_layer_[at(part) + 1]; layer-- > first_layer_[at(part)];) {
      gather_weights(layer);
      const LayerWork& each = work_of(layer);
      if (for_inputs) {
        pieces(each.again, Category::recompute, all);
      }
      pieces(each.backward, Category::compute, takes);
      if (sums) {
        sum_layer(layer);
      }
    }
    if (is_first(part)) {
      pieces(embedding_work(training_->model, layout(), software()).backward, Category::compute,
             takes);
      if (sums) {
        sum_dense(embedding_weights(training_->model, layout()));
      }
    } else if (for_inputs) {
      message(Kind::send, Neighbour::previous);
    }
  }

  // Gradients and weights.

  [[nodiscard]] std::int32_t replicas() const { return layout().data * layout().context; }

  void exchange_dense(Collective collective, double bytes) {
    if (replicas() > 1 && bytes > 0) {
      begin(Axis::data, collective, bytes);
    }
  }
  void exchange_experts(Collective collective, double bytes) {
    if (layout().expert_data() > 1 && bytes > 0) {
      begin(Axis::expert_data, collective, bytes);
    }
  }

  [[nodiscard]] Collective summing() const {
    return shards(Sharding::optimizer) ? Collective::reduce_scatter : Collective::all_reduce;
  }
  void sum_dense(double weights) { exchange_dense(summing(), weights * software().gradient); }
  void sum_layer(std::int32_t layer) {
    const RankWeights weights = layer_weights(training_->model, layout(), layer);
    sum_dense(weights.dense);
    exchange_experts(summing(), weights.experts * software().gradient);
  }

  void sum_part(std::int32_t part) {
    if (shards(Sharding::weights)) {
      return;  // was summed after every pass
    }
    if (is_last(part)) {
      sum_dense(head_weights(training_->model, layout()));
    }
    for (std::int32_t layer = first_layer_[at(part) + 1]; layer-- > first_layer_[at(part)];) {
      sum_layer(layer);
    }
    if (is_first(part)) {
      sum_dense(embedding_weights(training_->model, layout()));
    }
  }

  void wait_for_data() {
    if (replicas() > 1) {
      wait(Axis::data);
    }
    if (layout().expert_data() > 1 && training_->model.experts) {
      wait(Axis::expert_data);
    }
  }

  /// The end of a step: all gradients there, the embedding's two halves summed, the optimiser, and
  /// weights for those that did not update them.
  void finish() {
    wait_for_data();
    const bool is_end = stage_ == 0 || stage_ == layout().pipeline - 1;
    if (shares_embedding(*training_) && is_end) {
      const double table = static_cast<double>(training_->model.vocabulary) *
                           training_->model.hidden / layout().tensor;
      begin(Axis::embedding, Collective::all_reduce, table * software().gradient);
      wait(Axis::embedding);
    }
    const RankWeights all = rank_weights(training_->model, layout(), stage_);
    const double dense = shards(Sharding::optimizer) ? all.dense / replicas() : all.dense;
    const double experts =
        shards(Sharding::optimizer) ? all.experts / layout().expert_data() : all.experts;
    // Gradients are read for their norm and by the optimiser, which reads and writes its state and
    // writes weights.
    const double each = (2 * software().gradient) + (2 * software().optimizer) + software().element;
    compute(costs_->seconds({.kind = KernelWork::Kind::memory, .bytes = (dense + experts) * each}),
            Category::optimizer);
    if (shards(Sharding::optimizer) && !shards(Sharding::weights)) {
      exchange_dense(Collective::all_gather, all.dense * software().element);
      exchange_experts(Collective::all_gather, all.experts * software().element);
      wait_for_data();
    }
  }

  static std::size_t at(std::int32_t number) { return static_cast<std::size_t>(number); }

  const Training* training_;
  const KernelCosts* costs_;
  Operations* operations_;
  std::int32_t stage_;
  std::int32_t parts_;
  std::vector<std::int32_t> first_layer_;
  std::vector<std::int32_t> passes_left_;  // per chunk, until its gradients are complete
  std::map<bool, LayerWork> work_;
  std::map<std::array<double, 9>, double> seconds_;
  std::vector<Instruction> out_;
  std::vector<Axis> beside_;  // what the kernel that follows does not wait for: one, or none
  bool is_apart_ = false;     // the next kernel is an instruction of its own
};

}  // namespace

std::int32_t Operations::number_of(Axis axis, Collective collective, double bytes) {
  auto& known = all_[static_cast<std::size_t>(axis)];
  const sim::Bytes size{std::llround(bytes)};
  const auto found = std::ranges::find_if(known, [&](const Operation& each) {
    return each.collective == collective && each.bytes == size;
  });
  const auto number = static_cast<std::int32_t>(found - known.begin());
  if (found == known.end()) {
    known.push_back({collective, size});
  }
  return number;
}

std::vector<Instruction> stage_program(const Training& training, const KernelCosts& costs,
                                       Operations& operations, std::int32_t stage) {
  return StageWriter{training, costs, operations, stage}.write();
}

}  // namespace workloads
