#include "workloads/stage_program.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "workloads/layer_work.hpp"
#include "workloads/memory.hpp"
#include "workloads/program_writer.hpp"
#include "workloads/replica_exchange.hpp"

namespace workloads {
namespace {

using collectives::Collective;
using Kind = Instruction::Kind;

std::size_t at(std::int32_t number) {
  return static_cast<std::size_t>(number);
}

class StageWriter {
 public:
  StageWriter(const Training& training, const KernelCosts& costs, Operations& operations,
              std::int32_t stage)
      : training_{&training},
        stage_{stage},
        parts_{training.layout.pipeline * training.layout.chunks},
        first_layer_{first_layers(training.layout, training.model)},
        passes_left_(at(training.layout.chunks), training.layout.micro_batches()),
        out_{training.software, costs, operations},
        replicas_{training, out_} {
    for (std::int32_t part = stage; part < parts_; part += training.layout.pipeline) {
      activations_.push_back(
          part_activations(training.model, training.layout, training.software, part));
    }
  }
  StageWriter(const StageWriter&) = delete;  // replicas_ points to out_
  StageWriter& operator=(const StageWriter&) = delete;
  StageWriter(StageWriter&&) = delete;
  StageWriter& operator=(StageWriter&&) = delete;
  ~StageWriter() = default;

  std::vector<Instruction> write() {
    replicas_.gather_ahead(places());
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
    finish();
    return out_.take();
  }

 private:
  [[nodiscard]] const Layout& layout() const { return training_->layout; }
  [[nodiscard]] const Software& software() const { return training_->software; }
  [[nodiscard]] static bool is_first(std::int32_t part) { return part == 0; }
  [[nodiscard]] bool is_last(std::int32_t part) const { return part == parts_ - 1; }
  [[nodiscard]] std::int32_t part_of(const Slot& slot) const {
    return (slot.chunk * layout().pipeline) + stage_;
  }

  /// What the stage has of the model, in the order of a forward pass.
  [[nodiscard]] std::vector<std::int32_t> places() const {
    std::vector<std::int32_t> out;
    for (std::int32_t part = stage_; part < parts_; part += layout().pipeline) {
      if (is_first(part)) {
        out.push_back(embedding_place);
      }
      for (std::int32_t layer = first_layer_[at(part)]; layer < first_layer_[at(part) + 1];
           ++layer) {
        out.push_back(layer);
      }
      if (is_last(part)) {
        out.push_back(head_place);
      }
    }
    return out;
  }

  // Messages between stages.

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
    if (part > most) {
      throw sim::Error{std::string{"layout"},
                       fmt::format("a message between stages has {:.3g} GB, and at most 2.1 can be "
                                   "sent\n  hint: a smaller micro_batch, or more CP or TP",
                                   part / 1e9)};
    }
    return static_cast<std::int32_t>(std::llround(part));
  }

  void send(const Slot& slot) {
    const std::int32_t part = part_of(slot);
    if (slot.work == Work::forward && !is_last(part)) {
      send_to(Neighbour::next);
    }
    if ((slot.work == Work::backward || slot.work == Work::backward_inputs) && !is_first(part)) {
      send_to(Neighbour::previous);
    }
  }
  void send_to(Neighbour neighbour) {
    out_.message(Kind::send, neighbour, message_bytes());
    sent_.push_back(neighbour);
  }

  void receive(const Slot& slot) {
    const std::int32_t part = part_of(slot);
    const bool is_forward = slot.work == Work::forward;
    if (is_forward ? is_first(part) : (is_last(part) || slot.work == Work::backward_weights)) {
      return;
    }
    out_.message(Kind::receive, is_forward ? Neighbour::previous : Neighbour::next);
    has_received_ = true;
    if (splits_messages()) {
      out_.begin(Axis::tensor, Collective::all_gather, hidden_bytes());
      out_.wait(Axis::tensor);
    }
  }

  /// Without overlap a stage does nothing until what it has sent has arrived, too.
  void end_exchange() {
    if (!software().overlap_pipeline) {
      for (const Neighbour neighbour : sent_) {
        out_.message(Kind::drain, neighbour);
      }
      if (software().synchronises && (has_received_ || !sent_.empty())) {
        out_.synchronise();
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

  // Passes.

  /// Layers with experts are all alike, and so are those without.
  [[nodiscard]] const LayerWork& work_of(std::int32_t layer) {
    const bool is_sparse = training_->model.has_experts(layer);
    if (const auto found = work_.find(is_sparse); found != work_.end()) {
      return found->second;
    }
    return work_[is_sparse] = layer_work(training_->model, layout(), software(), layer);
  }

  void pass(const Slot& slot) {
    out_.mark(text_of(slot, layout().chunks));
    const PartActivations& part = activations_[at(slot.chunk)];
    out_.hold(part.redone + (slot.work == Work::forward ? part.kept : 0));
    if (slot.work == Work::forward) {
      forward(part_of(slot));
    } else {
      backward(part_of(slot), slot.work);
    }
    out_.hold(-part.redone - (is_last_of(slot.work) ? part.kept : 0));
  }

  void forward(std::int32_t part) {
    const std::int32_t end = first_layer_[at(part) + 1];
    if (is_first(part)) {
      replicas_.need(embedding_place);
      out_.pieces(embedding_work(training_->model, layout(), software()).forward, Category::compute,
                  {});
    }
    for (std::int32_t layer = first_layer_[at(part)]; layer < end; ++layer) {
      replicas_.need(layer, layer + 1 < end ? layer + 1 : embedding_place);
      out_.pieces(work_of(layer).forward, Category::compute, {});
    }
    if (is_last(part)) {
      replicas_.need(head_place);
      out_.pieces(head_work(training_->model, layout(), software()).forward, Category::compute, {});
    }
  }

  /// The output layer's backward pass follows its forward pass at once, and that of the embedding
  /// needs no weights: both have them.
  void backward(std::int32_t part, Work work) {
    const ProgramWriter::Wanted wanted{.inputs = work != Work::backward_weights,
                                       .weights = work != Work::backward_inputs};
    const bool is_complete = wanted.weights && --passes_left_[at(part / layout().pipeline)] == 0;
    const auto sum = [&](std::int32_t place) {
      if (wanted.weights) {
        replicas_.gradients_of(place, is_complete);
      }
    };
    if (is_last(part)) {
      out_.pieces(head_work(training_->model, layout(), software()).backward, Category::compute,
                  wanted);
      sum(head_place);
    }
    const std::int32_t first = first_layer_[at(part)];
    for (std::int32_t layer = first_layer_[at(part) + 1]; layer-- > first;) {
      replicas_.need(layer, layer > first ? layer - 1 : embedding_place);
      const LayerWork& each = work_of(layer);
      if (wanted.inputs) {
        out_.pieces(each.again, Category::recompute, {});
      }
      out_.pieces(each.backward, Category::compute, wanted);
      sum(layer);
    }
    if (is_first(part)) {
      out_.pieces(embedding_work(training_->model, layout(), software()).backward,
                  Category::compute, wanted);
      sum(embedding_place);
    }
  }

  /// The end of a step: all gradients there, the embedding's two halves summed, the optimiser, and
  /// weights for those that did not update them.
  void finish() {
    replicas_.finish(places());
    const bool is_end = stage_ == 0 || stage_ == layout().pipeline - 1;
    if (shares_embedding(*training_) && is_end) {
      const double table = static_cast<double>(training_->model.vocabulary) *
                           training_->model.hidden / layout().tensor;
      out_.begin(Axis::embedding, Collective::all_reduce, table * software().gradient);
      out_.wait(Axis::embedding);
    }
    const RankWeights all = rank_weights(training_->model, layout(), stage_);
    out_.mark("update");
    out_.compute({.kind = KernelWork::Kind::memory,
                  .bytes = replicas_.own_part(all) * update_bytes(software())},
                 Category::optimizer);
    replicas_.updated(all);
  }

  const Training* training_;
  std::int32_t stage_;
  std::int32_t parts_;
  std::vector<std::int32_t> first_layer_;
  std::vector<PartActivations> activations_;  // per chunk
  std::vector<std::int32_t> passes_left_;     // per chunk, until its gradients are complete
  ProgramWriter out_;
  ReplicaExchange replicas_;
  std::map<bool, LayerWork> work_;
  std::vector<Neighbour> sent_;  // to whom, since the last exchange
  bool has_received_ = false;    // since then
};

}  // namespace

std::vector<Instruction> stage_program(const Training& training, const KernelCosts& costs,
                                       Operations& operations, std::int32_t stage) {
  return StageWriter{training, costs, operations, stage}.write();
}

}  // namespace workloads
