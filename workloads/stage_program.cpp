#include "workloads/stage_program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <utility>

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
    case Axis::copies:
    case Axis::expert_copies:
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

/// What of a place in the model has been begun on communicators of replicas, when its weights are
/// there: layers by their numbers, the embedding and the output layer beside them.
struct GatheredAhead {
  std::int32_t dense = 0;
  std::int32_t experts = 0;
};
constexpr std::int32_t embedding_place = -1;
constexpr std::int32_t head_place = -2;

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
    gather_ahead();
    const StageOrder& order = training_->orders[at(stage_)];
    for (std::size_t first = 0; first < order.size();) {
      const std::size_t count = together(order, first);
      const std::span<const Slot> slots = std::span{order}.subspan(first, count);
      std::ranges::for_each(slots, [&](const Slot& slot) { receive(slot); });
      end_exchange();
      std::ranges::for_each(slots, [&](const Slot& slot) { pass(slot); });
      std::ranges::for_each(slots, [&](const Slot& slot) { send(slot); });
      first += count;
    }
    end_exchange();
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
    const Instruction kernel{.kind = Kind::compute,
                             .category = static_cast<std::uint8_t>(category),
                             .time = time,
                             .host = software().launch,
                             .late = software().launch + time};
    if (!out_.empty() && out_.back().kind == Kind::compute &&
        out_.back().category == kernel.category) {
      join(out_.back(), kernel);
    } else {
      out_.push_back(kernel);
    }
  }

  void mark(const std::string& name) {
    out_.push_back({.kind = Kind::mark, .what = operations_->label(name)});
  }

  void begin(Axis axis, Collective collective, double bytes) {
    ++begun_[static_cast<std::size_t>(axis)];
    out_.push_back({.kind = Kind::begin,
                    .category = static_cast<std::uint8_t>(category_of(axis)),
                    .slot = static_cast<std::uint16_t>(axis),
                    .what = operations_->number_of(axis, collective, bytes),
                    .host = software().collective_launch});
  }

  /// Until what was begun is over: all, or the first `count`.
  void wait(Axis axis, std::int32_t count = 0) {
    out_.push_back({.kind = Kind::wait,
                    .category = static_cast<std::uint8_t>(category_of(axis)),
                    .slot = static_cast<std::uint16_t>(axis),
                    .what = count});
  }

  // Messages between stages.

  void message(Kind kind, Neighbour neighbour, std::int32_t bytes = 0) {
    out_.push_back({.kind = kind,
                    .category = static_cast<std::uint8_t>(Category::pipeline),
                    .slot = static_cast<std::uint16_t>(neighbour),
                    .what = bytes,
                    .host = software().collective_launch});
  }

  /// Bytes of the hidden states of a micro-batch, or of their gradients: on all ranks of TP
  /// together, and those that one sends.
  [[nodiscard]] double hidden_bytes() const {
    return static_cast<double>(training_->model.sequence) / layout().context *
           layout().micro_batch * training_->model.hidden * software().element;
  }
  [[nodiscard]] bool splits_messages() const {
    return layout().tensor > 1 && !layout().sequence_parallel && software().split_messages;
  }
  [[nodiscard]] std::int32_t message_bytes() const {
    const double part = splits_messages() || layout().sequence_parallel
                            ? hidden_bytes() / layout().tensor
                            : hidden_bytes();
    constexpr double most = 2147483647;
    sim::require(part <= most, "a message between stages is below 2 GiB");
    return static_cast<std::int32_t>(std::llround(part));
  }

  [[nodiscard]] std::int32_t part_of(const Slot& slot) const {
    return (slot.chunk * layout().pipeline) + stage_;
  }

  void send(const Slot& slot) {
    const std::int32_t part = part_of(slot);
    if (slot.work == Work::forward && !is_last(part)) {
      message(Kind::send, Neighbour::next, message_bytes());
      sent_.push_back(Neighbour::next);
    }
    if ((slot.work == Work::backward || slot.work == Work::backward_inputs) && !is_first(part)) {
      message(Kind::send, Neighbour::previous, message_bytes());
      sent_.push_back(Neighbour::previous);
    }
  }

  void receive(const Slot& slot) {
    const std::int32_t part = part_of(slot);
    const bool is_forward = slot.work == Work::forward;
    if (is_forward ? is_first(part) : (is_last(part) || slot.work == Work::backward_weights)) {
      return;
    }
    message(Kind::receive, is_forward ? Neighbour::previous : Neighbour::next);
    has_received_ = true;
    if (splits_messages()) {
      begin(Axis::tensor, Collective::all_gather, hidden_bytes());
      wait(Axis::tensor);
    }
  }

  /// Without overlap a stage does nothing until what it has sent has arrived, too.
  void end_exchange() {
    if (!software().overlap_pipeline) {
      for (const Neighbour neighbour : sent_) {
        message(Kind::drain, neighbour);
      }
      if (software().synchronises && (has_received_ || !sent_.empty())) {
        out_.push_back({.kind = Kind::synchronise});
      }
    }
    sent_.clear();
    has_received_ = false;
  }

  /// How many of the slots from `first` on have their messages in one exchange: with several chunks
  /// and without overlap, where passes alternate, a forward pass and the backward pass behind it,
  /// as in Megatron-LM.
  [[nodiscard]] std::size_t together(const StageOrder& order, std::size_t first) const {
    const auto turns = [](const Slot& before, const Slot& after) {
      return before.work == Work::backward && after.work == Work::forward;
    };
    const bool are_two = layout().chunks > 1 && !software().overlap_pipeline &&
                         first + 1 < order.size() && order[first].work == Work::forward &&
                         order[first + 1].work == Work::backward &&
                         std::ranges::adjacent_find(order, turns) != order.end();
    return are_two ? 2 : 1;
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
    const std::array key{static_cast<double>(kernel.kind),
                         a,
                         b,
                         c,
                         d,
                         e,
                         kernel.bytes,
                         kernel.seen,
                         kernel.is_causal ? 1.0 : 0.0,
                         kernel.is_wide ? 1.0 : 0.0};
    const auto [found, is_new] = seconds_.try_emplace(key, 0);
    if (is_new) {
      found->second = costs_->seconds(kernel);
    }
    return found->second;
  }

  void pass(const Slot& slot) {
    mark(text_of(slot, layout().chunks));
    if (slot.work == Work::forward) {
      forward(part_of(slot));
    } else {
      backward(part_of(slot), slot.work);
    }
  }

  void forward(std::int32_t part) {
    const auto all = [](Purpose) { return true; };
    if (is_first(part)) {
      wait_for_gathered(embedding_place);
      pieces(embedding_work(training_->model, layout(), software()).forward, Category::compute,
             all);
    }
    for (std::int32_t layer = first_layer_[at(part)]; layer < first_layer_[at(part) + 1]; ++layer) {
      gather_weights(layer, layer + 1 < first_layer_[at(part) + 1] ? layer + 1 : -1);
      pieces(work_of(layer).forward, Category::compute, all);
    }
    if (is_last(part)) {
      wait_for_gathered(head_place);
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
        sum(head_weights(training_->model, layout()), 0, is_complete);
      }
    }
    for (std::int32_t layer = first_layer_[at(part) + 1]; layer-- > first_layer_[at(part)];) {
      gather_weights(layer, layer > first_layer_[at(part)] ? layer - 1 : -1);
      const LayerWork& each = work_of(layer);
      if (for_inputs) {
        pieces(each.again, Category::recompute, all);
      }
      pieces(each.backward, Category::compute, takes);
      if (sums) {
        sum_layer(layer, is_complete);
      }
    }
    if (is_first(part)) {
      pieces(embedding_work(training_->model, layout(), software()).backward, Category::compute,
             takes);
      if (sums) {
        sum(embedding_weights(training_->model, layout()), 0, is_complete);
      }
    }
  }

  // Weights that are gathered before they are used.

  void begin_gathering(std::int32_t place, double dense, double experts) {
    exchange_dense(Collective::all_gather, dense * software().element);
    exchange_experts(Collective::all_gather, experts * software().element);
    ahead_[place] = {begun_[static_cast<std::size_t>(Axis::data)],
                     begun_[static_cast<std::size_t>(Axis::expert_data)]};
  }
  void begin_gathering(std::int32_t layer) {
    const RankWeights weights = layer_weights(training_->model, layout(), layer);
    begin_gathering(layer, weights.dense, weights.experts);
  }

  void wait_for_gathered(std::int32_t place) {
    const auto found = ahead_.find(place);
    if (found == ahead_.end()) {
      return;
    }
    if (found->second.dense > 0) {
      wait(Axis::data, found->second.dense);
    }
    if (found->second.experts > 0) {
      wait(Axis::expert_data, found->second.experts);
    }
    ahead_.erase(found);
  }

  /// With overlap, ranks that have updated a part of the weights each gather all of them when the
  /// next step begins, in the order in which they are used.
  void gather_ahead() {
    if (!software().overlap_data || !gathers_updated()) {
      return;
    }
    for (std::int32_t chunk = 0; chunk < layout().chunks; ++chunk) {
      const std::int32_t part = (chunk * layout().pipeline) + stage_;
      if (is_first(part)) {
        begin_gathering(embedding_place, embedding_weights(training_->model, layout()), 0);
      }
      for (std::int32_t i = first_layer_[at(part)]; i < first_layer_[at(part) + 1]; ++i) {
        begin_gathering(i);
      }
      if (is_last(part)) {
        begin_gathering(head_place, head_weights(training_->model, layout()), 0);
      }
    }
  }

  /// Do ranks update a part each of weights that all of them keep?
  [[nodiscard]] bool gathers_updated() const {
    return shards(Sharding::optimizer) && !shards(Sharding::weights);
  }

  /// With sharded weights those of a layer are gathered before it, beside the layer before.
  void gather_weights(std::int32_t layer, std::int32_t next) {
    if (!shards(Sharding::weights)) {
      wait_for_gathered(layer);
      return;
    }
    if (!ahead_.contains(layer)) {
      begin_gathering(layer);
    }
    wait_for_gathered(layer);
    if (next >= 0 && software().overlap_data) {
      begin_gathering(next);
    }
  }

  // Gradients and weights.

  [[nodiscard]] std::int32_t copies() const {
    return layout().data * layout().context / layout().shard_size();
  }
  [[nodiscard]] std::int32_t expert_copies() const {
    return layout().expert_data() / layout().expert_shard_size();
  }

  void exchange_dense(Collective collective, double bytes) {
    if (layout().shard_size() > 1 && bytes > 0) {
      begin(Axis::data, collective, bytes);
    }
  }
  void exchange_experts(Collective collective, double bytes) {
    if (layout().expert_shard_size() > 1 && bytes > 0) {
      begin(Axis::expert_data, collective, bytes);
    }
  }

  [[nodiscard]] Collective summing() const {
    return shards(Sharding::optimizer) ? Collective::reduce_scatter : Collective::all_reduce;
  }

  /// Gradients of so many weights, with those of other copies if they are complete: these are
  /// summed up when the sum inside the copy is there, while the next one is under way.
  void sum(double dense, double experts, bool is_complete) {
    if (is_complete) {
      sum_copies();
      unsummed_.dense += dense * software().gradient / layout().shard_size();
      unsummed_.experts += experts * software().gradient / layout().expert_shard_size();
    }
    exchange_dense(summing(), dense * software().gradient);
    exchange_experts(summing(), experts * software().gradient);
  }
  void sum_copies() {
    const RankWeights bytes = std::exchange(unsummed_, {});
    if (copies() > 1 && bytes.dense > 0) {
      wait_if(layout().shard_size() > 1, Axis::data);
      begin(Axis::copies, Collective::all_reduce, bytes.dense);
    }
    if (expert_copies() > 1 && bytes.experts > 0) {
      wait_if(layout().expert_shard_size() > 1, Axis::expert_data);
      begin(Axis::expert_copies, Collective::all_reduce, bytes.experts);
    }
  }
  void sum_layer(std::int32_t layer, bool is_complete) {
    const RankWeights weights = layer_weights(training_->model, layout(), layer);
    sum(weights.dense, weights.experts, is_complete);
  }
  void wait_if(bool is_needed, Axis axis) {
    if (is_needed) {
      wait(axis);
    }
  }

  void sum_part(std::int32_t part) {
    if (shards(Sharding::weights)) {
      return;  // was summed after every pass
    }
    if (is_last(part)) {
      sum(head_weights(training_->model, layout()), 0, true);
    }
    for (std::int32_t layer = first_layer_[at(part) + 1]; layer-- > first_layer_[at(part)];) {
      sum_layer(layer, true);
    }
    if (is_first(part)) {
      sum(embedding_weights(training_->model, layout()), 0, true);
    }
  }

  void wait_for_data() {
    const bool has_experts = training_->model.experts.has_value();
    wait_if(layout().shard_size() > 1, Axis::data);
    wait_if(layout().expert_shard_size() > 1 && has_experts, Axis::expert_data);
    sum_copies();
    wait_if(copies() > 1, Axis::copies);
    wait_if(expert_copies() > 1 && has_experts, Axis::expert_copies);
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
    const double dense =
        shards(Sharding::optimizer) ? all.dense / layout().shard_size() : all.dense;
    const double experts =
        shards(Sharding::optimizer) ? all.experts / layout().expert_shard_size() : all.experts;
    mark("update");
    compute(costs_->seconds({.kind = KernelWork::Kind::memory,
                             .bytes = (dense + experts) * update_bytes(software())}),
            Category::optimizer);
    if (gathers_updated() && !software().overlap_data) {
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
  std::map<std::array<double, 10>, double> seconds_;
  std::vector<Instruction> out_;
  std::vector<Axis> beside_;  // what the kernel that follows does not wait for: one, or none
  std::array<std::int32_t, axes> begun_{};
  RankWeights unsummed_{};       // bytes of gradients that other copies have sums of, too
  std::vector<Neighbour> sent_;  // to whom, since the last exchange
  bool has_received_ = false;    // since then
  std::map<std::int32_t, GatheredAhead> ahead_;  // per layer, until it is waited for
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

std::int32_t Operations::label(const std::string& name) {
  const auto next = static_cast<std::int32_t>(labels_.size());
  const auto [found, is_new] = label_numbers_.try_emplace(name, next);
  if (is_new) {
    labels_.push_back(name);
  }
  return found->second;
}

std::vector<Instruction> stage_program(const Training& training, const KernelCosts& costs,
                                       Operations& operations, std::int32_t stage) {
  return StageWriter{training, costs, operations, stage}.write();
}

}  // namespace workloads
