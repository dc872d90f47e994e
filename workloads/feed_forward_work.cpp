#include "workloads/feed_forward_work.hpp"

#include <optional>

#include "workloads/piece_writer.hpp"

namespace workloads {
namespace {

using collectives::Collective;
using Beside = PieceWriter::Beside;
using Kind = KernelWork::Kind;

/// A feed-forward network of `inner` elements on one rank.
class FeedForwardBlock {
 public:
  FeedForwardBlock(const Transformer& model, const Software& software, const PieceWriter& writer,
                   double inner)
      : model_{&model}, software_{&software}, writer_{&writer}, inner_{inner} {}

  void forward(std::vector<Piece>& pass) const {
    if (!model_->parallel_block) {
      writer_->norm_forward(pass);
    }
    forward_inside(pass);
    writer_->add_forward(pass);
  }

  void backward(std::vector<Piece>& pass) const {
    writer_->add_backward(pass);
    backward_inside(pass);
    if (!model_->parallel_block) {
      writer_->norm_backward(pass);
    }
  }

  /// Without norm and addition.
  void forward_inside(std::vector<Piece>& pass) const {
    writer_->gather(pass, Purpose::forward, Beside::product);
    writer_->product(pass, up(), model_->hidden);
    activation(pass, Purpose::forward);
    writer_->product(pass, model_->hidden, inner_);
    writer_->sum(pass, Purpose::forward, Beside::product);
  }

  void backward_inside(std::vector<Piece>& pass) const {
    writer_->gather(pass, Purpose::inputs, Beside::product);
    writer_->input_gradient(pass, model_->hidden, inner_);
    writer_->weight_gradient(pass, model_->hidden, inner_);
    activation(pass, Purpose::inputs);
    writer_->gather(pass, Purpose::inputs, Beside::other_product);
    writer_->input_gradient(pass, up(), model_->hidden);
    writer_->sum(pass, Purpose::inputs, Beside::other_product);
    writer_->weight_gradient(pass, up(), model_->hidden);
  }

 private:
  [[nodiscard]] double up() const { return model_->gated ? 2 * inner_ : inner_; }

  /// Reads what comes up and writes as much as goes down; backward it reads both gradients' worth.
  void activation(std::vector<Piece>& pass, Purpose purpose) const {
    const double elements = purpose == Purpose::forward ? up() + inner_ : (2 * up()) + inner_;
    const double once = writer_->tokens() * elements * writer_->element();
    elementwise(pass, purpose, once);
    if (!software_->fused_elementwise && model_->biases) {
      memory(pass, purpose, writer_->tokens() * 2 * up() * writer_->element());
    }
  }

  const Transformer* model_;
  const Software* software_;
  const PieceWriter* writer_;
  double inner_;
};

/// A mixture of experts: a router, tokens to their experts and back, and experts at once.
class ExpertsBlock {
 public:
  ExpertsBlock(const Transformer& model, const Layout& layout, const Software& software,
               const PieceWriter& writer)
      : model_{&model},
        layout_{&layout},
        software_{&software},
        writer_{&writer},
        inner_{static_cast<double>(model.experts->feed_forward) / layout.expert_tensor},
        sent_{writer.outside() * model.experts->per_token},
        groups_{static_cast<double>(model.experts->count) / layout.expert},
        each_{sent_ * layout.expert_tensor / groups_} {
    const Experts& experts = *model.experts;
    if (experts.shared > 0) {
      shared_.emplace(model, software, writer,
                      static_cast<double>(experts.shared) * experts.feed_forward / layout.tensor);
    }
  }

  void forward(std::vector<Piece>& pass) const {
    const double h = model_->hidden;
    writer_->norm_forward(pass);
    wide_gemm(pass, Purpose::forward, writer_->outside(), model_->experts->count, h);
    route(pass, Purpose::forward);
    permute(pass, Purpose::forward);
    exchange(pass, Purpose::forward);
    gather(pass, Purpose::forward);
    sort(pass, Purpose::forward);
    writer_->cast(pass, Purpose::forward, each_ * groups_ * h);
    grouped(pass, Purpose::forward, each_, up(), h);
    activation(pass, Purpose::forward, up() + inner_);
    writer_->cast(pass, Purpose::forward, each_ * groups_ * inner_);
    grouped(pass, Purpose::forward, each_, h, inner_);
    sort(pass, Purpose::forward);
    reduce(pass, Purpose::forward);
    exchange(pass, Purpose::forward);
    weigh(pass, Purpose::forward);
    permute(pass, Purpose::forward);
    if (shared_) {
      shared_->forward_inside(pass);
    }
    writer_->add_forward(pass);
  }

  void backward(std::vector<Piece>& pass) const {
    const double h = model_->hidden;
    writer_->add_backward(pass);
    if (shared_) {
      shared_->backward_inside(pass);
    }
    permute(pass, Purpose::inputs);
    weigh(pass, Purpose::inputs);
    exchange(pass, Purpose::inputs);
    gather(pass, Purpose::inputs);
    sort(pass, Purpose::inputs);
    writer_->cast(pass, Purpose::inputs, each_ * groups_ * h);
    grouped(pass, Purpose::inputs, each_, inner_, h);
    weight_gradient(pass, h, inner_);
    activation(pass, Purpose::inputs, (2 * up()) + inner_);
    writer_->cast(pass, Purpose::inputs, each_ * groups_ * up());
    grouped(pass, Purpose::inputs, each_, h, up());
    weight_gradient(pass, up(), h);
    sort(pass, Purpose::inputs);
    reduce(pass, Purpose::inputs);
    exchange(pass, Purpose::inputs);
    permute(pass, Purpose::inputs);
    route(pass, Purpose::inputs);
    wide_gemm(pass, Purpose::inputs, writer_->outside(), h, model_->experts->count);
    wide_gemm(pass, Purpose::weights, model_->experts->count, h, writer_->outside());
    writer_->norm_backward(pass);
  }

 private:
  [[nodiscard]] double up() const { return model_->gated ? 2 * inner_ : inner_; }

  /// Scores of all experts, in single precision: softmax, and those that are taken.
  void route(std::vector<Piece>& pass, Purpose purpose) const {
    constexpr double single = 4;
    constexpr double passes = 4;
    memory(pass, purpose, writer_->outside() * model_->experts->count * single * passes);
  }

  /// Tokens in the order of their experts, or summed in their own again.
  void permute(std::vector<Piece>& pass, Purpose purpose) const {
    memory(pass, purpose, (sent_ + writer_->outside()) * model_->hidden * writer_->element());
  }

  /// What comes back is multiplied with how much each expert counts, where permuting does not do
  /// that itself: read and written; backward for both gradients, of which that of the factors is a
  /// product that is written and then summed.
  void weigh(std::vector<Piece>& pass, Purpose purpose) const {
    if (!software_->fused_permutation) {
      const double passes = purpose == Purpose::forward ? 2 : 6;
      memory(pass, purpose, passes * sent_ * model_->hidden * writer_->element());
    }
  }

  /// With several experts a rank puts together what has come for each, from all ranks; and apart
  /// again.
  void sort(std::vector<Piece>& pass, Purpose purpose) const {
    if (groups_ > 1) {
      memory(pass, purpose, 2 * each_ * groups_ * model_->hidden * writer_->element());
    }
  }

  void exchange(std::vector<Piece>& pass, Purpose purpose) const {
    if (layout_->expert > 1) {
      pass.emplace_back(CollectiveWork{.collective = Collective::all_to_all,
                                       .over = {Dimension::expert},
                                       .bytes = sent_ * model_->hidden * writer_->element(),
                                       .purpose = purpose});
    }
  }

  void among_parts(std::vector<Piece>& pass, Purpose purpose, Collective collective) const {
    if (layout_->expert_tensor > 1) {
      pass.emplace_back(
          CollectiveWork{.collective = collective,
                         .over = {Dimension::expert_tensor},
                         .bytes = each_ * groups_ * model_->hidden * writer_->element(),
                         .purpose = purpose});
    }
  }
  void gather(std::vector<Piece>& pass, Purpose purpose) const {
    among_parts(pass, purpose, Collective::all_gather);
  }
  void reduce(std::vector<Piece>& pass, Purpose purpose) const {
    among_parts(pass, purpose, Collective::reduce_scatter);
  }

  void grouped(std::vector<Piece>& pass, Purpose purpose, double m, double n, double k) const {
    pass.emplace_back(
        KernelWork{.kind = Kind::grouped_gemm, .size = {groups_, m, n, k}, .purpose = purpose});
  }

  /// And the sum of gradients that it is added to, as in PieceWriter::weight_gradient.
  void weight_gradient(std::vector<Piece>& pass, double out, double in) const {
    grouped(pass, Purpose::weights, out, in, each_);
    memory(pass, Purpose::weights, groups_ * out * in * writer_->sum_bytes());
  }

  void activation(std::vector<Piece>& pass, Purpose purpose, double elements) const {
    elementwise(pass, purpose, each_ * groups_ * elements * writer_->element());
  }

  const Transformer* model_;
  const Layout* layout_;
  const Software* software_;
  const PieceWriter* writer_;
  double inner_;
  double sent_;    // tokens, once for each expert that they take
  double groups_;  // experts of this rank
  double each_;    // tokens of one of them
  std::optional<FeedForwardBlock> shared_;
};

}  // namespace

void add_feed_forward(const Transformer& model, const Layout& layout, const Software& software,
                      const PieceWriter& writer, LayerWork& work) {
  const FeedForwardBlock block{model, software, writer,
                               static_cast<double>(model.feed_forward) / layout.tensor};
  block.forward(work.forward);
  block.backward(work.backward);
}

void add_experts(const Transformer& model, const Layout& layout, const Software& software,
                 const PieceWriter& writer, LayerWork& work) {
  const ExpertsBlock block{model, layout, software, writer};
  block.forward(work.forward);
  block.backward(work.backward);
}

}  // namespace workloads
