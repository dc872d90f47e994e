#include "workloads/layer_work.hpp"

#include <algorithm>
#include <optional>

namespace workloads {
namespace {

using collectives::Collective;
using Kind = KernelWork::Kind;

/// Writes down the passes of a layer, whose products are those of matrices with tokens.
class Writer {
 public:
  Writer(const Transformer& model, const Layout& layout, const Software& software)
      : model_{&model}, layout_{&layout}, software_{&software} {
    tokens_ = static_cast<double>(model.sequence) / layout.context * layout.micro_batch;
    outside_ = layout.sequence_parallel ? tokens_ / layout.tensor : tokens_;
  }

  [[nodiscard]] double tokens() const { return tokens_; }
  [[nodiscard]] double outside() const { return outside_; }
  [[nodiscard]] double element() const { return software_->element; }

  void memory(std::vector<Piece>& pass, Purpose purpose, double bytes, bool is_core = false) const {
    pass.emplace_back(KernelWork{
        .kind = Kind::memory, .size = {}, .bytes = bytes, .purpose = purpose, .is_core = is_core});
  }

  /// A kernel that reads and writes so many elements of the hidden states outside TP's part.
  void vectors(std::vector<Piece>& pass, Purpose purpose, double elements,
               double more_bytes = 0) const {
    memory(pass, purpose, outside_ * model_->hidden * ((elements * element()) + more_bytes));
  }

  void gemm(std::vector<Piece>& pass, Purpose purpose, double m, double n, double k) const {
    pass.emplace_back(KernelWork{.kind = Kind::gemm, .size = {m, n, k}, .purpose = purpose});
  }

  void over_tensor(std::vector<Piece>& pass, Purpose purpose, Collective collective,
                   bool runs_beside = false) const {
    if (layout_->tensor > 1) {
      pass.emplace_back(CollectiveWork{.collective = collective,
                                       .over = {Dimension::tensor},
                                       .bytes = tokens_ * model_->hidden * element(),
                                       .purpose = purpose,
                                       .runs_beside = runs_beside});
    }
  }

  /// What TP's ranks each have a part of becomes whole on all of them, or on each for its tokens.
  void sum(std::vector<Piece>& pass, Purpose purpose, bool runs_beside = false) const {
    over_tensor(pass, purpose,
                layout_->sequence_parallel ? Collective::reduce_scatter : Collective::all_reduce,
                runs_beside);
  }

  /// Tokens that sequence parallel ranks have parts of, for all of them.
  void gather(std::vector<Piece>& pass, Purpose purpose, bool runs_beside = false) const {
    if (layout_->sequence_parallel) {
      over_tensor(pass, purpose, Collective::all_gather, runs_beside);
    }
  }

  /// The gradient of a matrix of `in` x `out` from that of T tokens, added to the sum of gradients.
  void weight_gradient(std::vector<Piece>& pass, double out, double in) const {
    gemm(pass, Purpose::weights, out, in, tokens_);
    if (!software_->fused_accumulation) {
      memory(pass, Purpose::weights, out * in * (software_->element + (2 * software_->gradient)));
    }
  }

 private:
  const Transformer* model_;
  const Layout* layout_;
  const Software* software_;
  double tokens_;
  double outside_;
};

/// Elements of queries, and of keys and values together, per token of one rank.
struct HeadSizes {
  double heads = 0;
  double key_heads = 0;
  double queries = 0;
  double keys_and_values = 0;
  double values = 0;  // of what attention gives

  HeadSizes(const Transformer& model, const Layout& layout)
      : heads{static_cast<double>(model.heads) / layout.tensor},
        key_heads{std::max(static_cast<double>(model.key_value_heads) / layout.tensor, 1.0)} {
    if (model.latent) {
      queries = heads * (model.latent->key_size + model.latent->rotary_size);
      values = heads * model.latent->value_size;
      keys_and_values = queries + values;
    } else {
      queries = heads * model.head_size;
      keys_and_values = 2 * key_heads * model.head_size;
      values = queries;
    }
  }
};

/// The core of attention: what is between projections, of one rank.
class Core {
 public:
  Core(const Transformer& model, const Layout& layout, const Software& software,
       const Writer& writer)
      : model_{&model}, software_{&software}, writer_{&writer}, sizes_{model, layout} {
    batch_ = layout.micro_batch;
    sequence_ = model.sequence;
    queries_ = static_cast<double>(model.sequence) / layout.context;
    seen_ = model.window > 0 ? std::min(model.window, model.sequence) : model.sequence;
    head_size_ = sizes_.queries / sizes_.heads;
    value_size_ = sizes_.values / sizes_.heads;
  }

  void forward(std::vector<Piece>& pass) const {
    if (software_->fused_attention) {
      fused(pass, Kind::attention, Purpose::forward);
      return;
    }
    products(pass, Purpose::forward, queries_, seen_, head_size_);
    softmax(pass, Purpose::forward);
    products(pass, Purpose::forward, queries_, value_size_, seen_);
    // Heads back beside each other.
    writer_->memory(pass, Purpose::forward,
                    writer_->tokens() * 2 * sizes_.values * writer_->element(), true);
  }

  void backward(std::vector<Piece>& pass) const {
    if (software_->fused_attention) {
      fused(pass, Kind::attention_backward, Purpose::inputs);
      return;
    }
    products(pass, Purpose::inputs, queries_, seen_, value_size_);
    products(pass, Purpose::inputs, seen_, value_size_, queries_);
    softmax(pass, Purpose::inputs);
    products(pass, Purpose::inputs, queries_, head_size_, seen_);
    products(pass, Purpose::inputs, seen_, head_size_, queries_);
    writer_->memory(
        pass, Purpose::inputs,
        writer_->tokens() * 2 * (sizes_.queries + sizes_.keys_and_values) * writer_->element(),
        true);
  }

 private:
  /// One kernel for a whole causal mask. Part of it, as with CP or a window, takes as much longer
  /// or shorter as pairs are seen: as sequences of another number.
  void fused(std::vector<Piece>& pass, Kind kind, Purpose purpose) const {
    const double share = queries_ / sequence_ * seen_ / sequence_;
    pass.emplace_back(
        KernelWork{.kind = kind,
                   .size = {batch_ * share, sequence_, sizes_.heads, sizes_.key_heads, head_size_},
                   .purpose = purpose,
                   .is_core = true});
  }

  void products(std::vector<Piece>& pass, Purpose purpose, double m, double n, double k) const {
    pass.emplace_back(KernelWork{.kind = Kind::batched_gemm,
                                 .size = {batch_ * sizes_.heads, m, n, k},
                                 .purpose = purpose,
                                 .is_core = true});
  }

  /// Scale, mask and softmax, and dropout. Fused, each score is read and written once.
  void softmax(std::vector<Piece>& pass, Purpose purpose) const {
    const double scores = batch_ * sizes_.heads * queries_ * seen_;
    const double element = writer_->element();
    const bool is_forward = purpose == Purpose::forward;
    if (software_->dropout) {
      writer_->memory(pass, purpose, scores * ((2 * element) + 1), true);
    }
    if (!software_->fused_elementwise) {
      writer_->memory(pass, purpose, scores * 2 * element, true);  // scale
      if (is_forward) {
        writer_->memory(pass, purpose, scores * ((2 * element) + 1), true);  // mask
      }
    }
    writer_->memory(pass, purpose, scores * (is_forward ? 2 : 3) * element, true);
  }

  const Transformer* model_;
  const Software* software_;
  const Writer* writer_;
  HeadSizes sizes_;
  double batch_;
  double sequence_;
  double queries_;
  double seen_;
  double head_size_;
  double value_size_;
};

/// A norm reads and writes its input; backward it reads the gradient, too, and adds what comes
/// past it.
void norm_forward(const Writer& writer, std::vector<Piece>& pass) {
  constexpr double elements = 2;
  writer.vectors(pass, Purpose::forward, elements);
}
void norm_backward(const Writer& writer, std::vector<Piece>& pass) {
  constexpr double elements = 4;
  writer.vectors(pass, Purpose::inputs, elements);
}

/// Bias, dropout and addition of what came past: in one kernel, or in one each.
void add_forward(const Writer& writer, const Software& software, bool has_bias,
                 std::vector<Piece>& pass) {
  const double mask = software.dropout ? 1 : 0;
  if (software.fused_elementwise) {
    constexpr double elements = 3;  // two read, one written
    writer.vectors(pass, Purpose::forward, elements, mask);
    return;
  }
  if (has_bias) {
    writer.vectors(pass, Purpose::forward, 2);
  }
  if (software.dropout) {
    writer.vectors(pass, Purpose::forward, 2, mask);
  }
  constexpr double elements = 3;
  writer.vectors(pass, Purpose::forward, elements);
}

void add_backward(const Writer& writer, const Software& software, std::vector<Piece>& pass) {
  if (software.dropout) {
    writer.vectors(pass, Purpose::inputs, 2, 1);
  }
}

/// A product with weights of `in` x `out` (on one rank), and its gradients: of the inputs first,
/// since others wait for them.
struct Product {
  double out;
  double in;
};

/// Attention of one layer: norm, projections, core, and addition.
class AttentionBlock {
 public:
  AttentionBlock(const Transformer& model, const Layout& layout, const Software& software,
                 const Writer& writer)
      : model_{&model},
        software_{&software},
        writer_{&writer},
        sizes_{model, layout},
        core_{model, layout, software, writer} {
    const double h = model.hidden;
    if (model.latent) {
      const LatentAttention& latent = *model.latent;
      const double t = layout.tensor;
      if (latent.query_rank > 0) {
        whole_.push_back({static_cast<double>(latent.query_rank), h});
        first_.push_back({sizes_.queries, static_cast<double>(latent.query_rank)});
      } else {
        first_.push_back({sizes_.queries, h});
      }
      whole_.push_back({static_cast<double>(latent.key_value_rank + latent.rotary_size), h});
      first_.push_back({model.heads / t * (latent.key_size + latent.value_size),
                        static_cast<double>(latent.key_value_rank)});
    } else {
      first_.push_back({sizes_.queries + sizes_.keys_and_values, h});
    }
    last_ = {h, sizes_.values};
  }

  void forward(std::vector<Piece>& pass) const {
    norm_forward(*writer_, pass);
    writer_->gather(pass, Purpose::forward);
    for (const Product& each : whole_) {
      writer_->gemm(pass, Purpose::forward, writer_->tokens(), each.out, each.in);
    }
    for (const Product& each : first_) {
      writer_->gemm(pass, Purpose::forward, writer_->tokens(), each.out, each.in);
    }
    if (model_->positions == Positions::rotary) {
      rotate(pass, Purpose::forward);
    }
    core_.forward(pass);
    writer_->gemm(pass, Purpose::forward, writer_->tokens(), last_.out, last_.in);
    writer_->sum(pass, Purpose::forward);
    add_forward(*writer_, *software_, model_->biases, pass);
  }

  void backward(std::vector<Piece>& pass) const {
    add_backward(*writer_, *software_, pass);
    writer_->gather(pass, Purpose::inputs);
    writer_->gemm(pass, Purpose::inputs, writer_->tokens(), last_.in, last_.out);
    writer_->weight_gradient(pass, last_.out, last_.in);
    core_.backward(pass);
    if (model_->positions == Positions::rotary) {
      rotate(pass, Purpose::inputs);
    }
    writer_->gather(pass, Purpose::inputs,
                    software_->overlap_tensor);  // the input, for the weights
    for (const Product& each : first_) {
      writer_->gemm(pass, Purpose::inputs, writer_->tokens(), each.in, each.out);
    }
    for (const Product& each : whole_) {
      writer_->gemm(pass, Purpose::inputs, writer_->tokens(), each.in, each.out);
    }
    writer_->sum(pass, Purpose::inputs, software_->overlap_tensor);
    for (const Product& each : first_) {
      writer_->weight_gradient(pass, each.out, each.in);
    }
    for (const Product& each : whole_) {
      writer_->weight_gradient(pass, each.out, each.in);
    }
    norm_backward(*writer_, pass);
  }

 private:
  void rotate(std::vector<Piece>& pass, Purpose purpose) const {
    const double turned = sizes_.queries + (sizes_.key_heads * sizes_.queries / sizes_.heads);
    writer_->memory(pass, purpose, writer_->tokens() * 2 * turned * writer_->element());
  }

  const Transformer* model_;
  const Software* software_;
  const Writer* writer_;
  HeadSizes sizes_;
  Core core_;
  std::vector<Product> whole_;  // which every rank of TP does as a whole
  std::vector<Product> first_;
  Product last_{};
};

/// A feed-forward network of `inner` elements on one rank.
class FeedForwardBlock {
 public:
  FeedForwardBlock(const Transformer& model, const Software& software, const Writer& writer,
                   double inner)
      : model_{&model}, software_{&software}, writer_{&writer}, inner_{inner} {}

  void forward(std::vector<Piece>& pass) const {
    if (!model_->parallel_block) {
      norm_forward(*writer_, pass);
    }
    forward_inside(pass);
    add_forward(*writer_, *software_, model_->biases, pass);
  }

  void backward(std::vector<Piece>& pass) const {
    add_backward(*writer_, *software_, pass);
    backward_inside(pass);
    if (!model_->parallel_block) {
      norm_backward(*writer_, pass);
    }
  }

  /// Without norm and addition.
  void forward_inside(std::vector<Piece>& pass) const {
    writer_->gather(pass, Purpose::forward);
    writer_->gemm(pass, Purpose::forward, writer_->tokens(), up(), model_->hidden);
    activation(pass, Purpose::forward);
    writer_->gemm(pass, Purpose::forward, writer_->tokens(), model_->hidden, inner_);
    writer_->sum(pass, Purpose::forward);
  }

  void backward_inside(std::vector<Piece>& pass) const {
    writer_->gather(pass, Purpose::inputs);
    writer_->gemm(pass, Purpose::inputs, writer_->tokens(), inner_, model_->hidden);
    writer_->weight_gradient(pass, model_->hidden, inner_);
    activation(pass, Purpose::inputs);
    writer_->gather(pass, Purpose::inputs, software_->overlap_tensor);
    writer_->gemm(pass, Purpose::inputs, writer_->tokens(), model_->hidden, up());
    writer_->sum(pass, Purpose::inputs, software_->overlap_tensor);
    writer_->weight_gradient(pass, up(), model_->hidden);
  }

 private:
  [[nodiscard]] double up() const { return model_->gated ? 2 * inner_ : inner_; }

  /// Reads what comes up and writes as much as goes down; backward it reads both gradients' worth.
  void activation(std::vector<Piece>& pass, Purpose purpose) const {
    const double elements = purpose == Purpose::forward ? up() + inner_ : (2 * up()) + inner_;
    const double once = writer_->tokens() * elements * writer_->element();
    writer_->memory(pass, purpose, once);
    if (!software_->fused_elementwise && model_->biases) {
      writer_->memory(pass, purpose, writer_->tokens() * 2 * up() * writer_->element());
    }
  }

  const Transformer* model_;
  const Software* software_;
  const Writer* writer_;
  double inner_;
};

/// A mixture of experts: a router, tokens to their experts and back, and experts at once.
class ExpertsBlock {
 public:
  ExpertsBlock(const Transformer& model, const Layout& layout, const Software& software,
               const Writer& writer)
      : model_{&model}, layout_{&layout}, software_{&software}, writer_{&writer} {
    const Experts& experts = *model.experts;
    inner_ = static_cast<double>(experts.feed_forward) / layout.expert_tensor;
    sent_ = writer.outside() * experts.per_token;
    groups_ = static_cast<double>(experts.count) / layout.expert;
    each_ = sent_ * layout.expert_tensor / groups_;
    if (experts.shared > 0) {
      shared_.emplace(model, software, writer,
                      static_cast<double>(experts.shared) * experts.feed_forward / layout.tensor);
    }
  }

  void forward(std::vector<Piece>& pass) const {
    const double h = model_->hidden;
    norm_forward(*writer_, pass);
    writer_->gemm(pass, Purpose::forward, writer_->outside(), model_->experts->count, h);
    route(pass, Purpose::forward);
    permute(pass, Purpose::forward);
    exchange(pass, Purpose::forward);
    gather(pass, Purpose::forward);
    grouped(pass, Purpose::forward, each_, up(), h);
    activation(pass, Purpose::forward, up() + inner_);
    grouped(pass, Purpose::forward, each_, h, inner_);
    reduce(pass, Purpose::forward);
    exchange(pass, Purpose::forward);
    permute(pass, Purpose::forward);
    if (shared_) {
      shared_->forward_inside(pass);
    }
    add_forward(*writer_, *software_, false, pass);
  }

  void backward(std::vector<Piece>& pass) const {
    const double h = model_->hidden;
    add_backward(*writer_, *software_, pass);
    if (shared_) {
      shared_->backward_inside(pass);
    }
    permute(pass, Purpose::inputs);
    exchange(pass, Purpose::inputs);
    gather(pass, Purpose::inputs);
    grouped(pass, Purpose::inputs, each_, inner_, h);
    grouped(pass, Purpose::weights, h, inner_, each_);
    activation(pass, Purpose::inputs, (2 * up()) + inner_);
    grouped(pass, Purpose::inputs, each_, h, up());
    grouped(pass, Purpose::weights, up(), h, each_);
    reduce(pass, Purpose::inputs);
    exchange(pass, Purpose::inputs);
    permute(pass, Purpose::inputs);
    route(pass, Purpose::inputs);
    writer_->gemm(pass, Purpose::inputs, writer_->outside(), h, model_->experts->count);
    writer_->gemm(pass, Purpose::weights, model_->experts->count, h, writer_->outside());
    norm_backward(*writer_, pass);
  }

 private:
  [[nodiscard]] double up() const { return model_->gated ? 2 * inner_ : inner_; }

  /// Scores of all experts, in single precision: softmax, and those that are taken.
  void route(std::vector<Piece>& pass, Purpose purpose) const {
    constexpr double single = 4;
    constexpr double passes = 4;
    writer_->memory(pass, purpose, writer_->outside() * model_->experts->count * single * passes);
  }

  /// Tokens in the order of their experts, or weighted and summed in their own again.
  void permute(std::vector<Piece>& pass, Purpose purpose) const {
    writer_->memory(pass, purpose,
                    (sent_ + writer_->outside()) * model_->hidden * writer_->element());
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

  void activation(std::vector<Piece>& pass, Purpose purpose, double elements) const {
    writer_->memory(pass, purpose, each_ * groups_ * elements * writer_->element());
  }

  const Transformer* model_;
  const Layout* layout_;
  const Software* software_;
  const Writer* writer_;
  double inner_ = 0;
  double sent_ = 0;    // tokens, once for each expert that they take
  double groups_ = 0;  // experts of this rank
  double each_ = 0;    // tokens of one of them
  std::optional<FeedForwardBlock> shared_;
};

/// What is done again before the backward pass.
std::vector<Piece> again(const std::vector<Piece>& forward, const Software& software) {
  if (software.recompute == Recompute::full) {
    return forward;
  }
  std::vector<Piece> out;
  if (software.recompute == Recompute::selective && !software.fused_attention) {
    for (const Piece& piece : forward) {
      const auto* const kernel = std::get_if<KernelWork>(&piece);
      if (kernel != nullptr && kernel->is_core) {
        out.push_back(piece);
      }
    }
  }
  return out;
}

}  // namespace

double flop_of(const KernelWork& kernel) {
  constexpr double flop = 2;
  constexpr double backward = 2.5;  // five products in place of two
  const auto& [a, b, c, d, e] = kernel.size;
  switch (kernel.kind) {
    case Kind::gemm:
      return flop * a * b * c;
    case Kind::batched_gemm:
    case Kind::grouped_gemm:
      return flop * a * b * c * d;
    case Kind::attention:
      return 2 * flop * a * b * b * c * e;
    case Kind::attention_backward:
      return backward * 2 * flop * a * b * b * c * e;
    case Kind::memory:
      break;
  }
  return 0;
}

LayerWork layer_work(const Transformer& model, const Layout& layout, const Software& software,
                     std::int32_t layer) {
  const Writer writer{model, layout, software};
  const AttentionBlock attention{model, layout, software, writer};
  LayerWork out;
  attention.forward(out.forward);
  if (model.has_experts(layer)) {
    const ExpertsBlock experts{model, layout, software, writer};
    experts.forward(out.forward);
    experts.backward(out.backward);
  } else {
    const FeedForwardBlock feed_forward{model, software, writer,
                                        static_cast<double>(model.feed_forward) / layout.tensor};
    feed_forward.forward(out.forward);
    feed_forward.backward(out.backward);
  }
  out.again = again(out.forward, software);
  attention.backward(out.backward);
  return out;
}

LayerWork embedding_work(const Transformer& model, const Layout& layout, const Software& software) {
  const Writer writer{model, layout, software};
  const double table = writer.tokens() * model.hidden;  // elements, of which each rank has a part
  constexpr double single = 4;
  LayerWork out;
  writer.memory(out.forward, Purpose::forward, table * 2 * writer.element());
  writer.sum(out.forward, Purpose::forward);
  if (model.positions == Positions::learned) {
    constexpr double elements = 3;
    writer.vectors(out.forward, Purpose::forward, elements);
  }
  if (software.dropout) {
    writer.vectors(out.forward, Purpose::forward, 2, 1);
    writer.vectors(out.backward, Purpose::inputs, 2, 1);
  }
  writer.gather(out.backward, Purpose::weights);
  writer.memory(out.backward, Purpose::weights, table * (writer.element() + (2 * single)));
  return out;
}

LayerWork head_work(const Transformer& model, const Layout& layout, const Software& software) {
  const Writer writer{model, layout, software};
  const double rows = static_cast<double>(model.vocabulary) / layout.tensor;
  const double logits = writer.tokens() * rows;
  constexpr double single = 4;
  LayerWork out;
  norm_forward(writer, out.forward);
  writer.gather(out.forward, Purpose::forward);
  writer.gemm(out.forward, Purpose::forward, writer.tokens(), rows, model.hidden);
  // Fused: read twice, for the greatest and the sum. Else: to single precision, greatest,
  // difference, exponential, sum, quotient.
  constexpr double steps = 9;
  writer.memory(out.forward, Purpose::forward,
                logits * (software.fused_cross_entropy ? 2 * writer.element()
                                                       : writer.element() + (steps * single)));
  if (layout.tensor > 1) {
    for (int i = 0; i < 3; ++i) {  // greatest, sum, and that of the token itself
      out.forward.emplace_back(CollectiveWork{.collective = Collective::all_reduce,
                                              .over = {Dimension::tensor},
                                              .bytes = writer.tokens() * single,
                                              .purpose = Purpose::forward});
    }
  }
  // From probabilities to gradients, scaled, and back to two bytes.
  constexpr double back = 5;
  writer.memory(out.backward, Purpose::inputs,
                logits * (software.fused_cross_entropy ? 2 * writer.element()
                                                       : (back * single) + writer.element()));
  writer.gather(out.backward, Purpose::inputs, software.overlap_tensor);
  writer.gemm(out.backward, Purpose::inputs, writer.tokens(), model.hidden, rows);
  writer.sum(out.backward, Purpose::inputs, software.overlap_tensor);
  writer.weight_gradient(out.backward, rows, model.hidden);
  norm_backward(writer, out.backward);
  return out;
}

}  // namespace workloads
