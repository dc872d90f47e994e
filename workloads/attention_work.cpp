#include "workloads/attention_work.hpp"

#include <algorithm>

#include "workloads/piece_writer.hpp"

namespace workloads {
namespace {

using collectives::Collective;
using Beside = PieceWriter::Beside;
using Kind = KernelWork::Kind;

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
       const PieceWriter& writer)
      : software_{&software},
        writer_{&writer},
        sizes_{model, layout},
        batch_{static_cast<double>(layout.micro_batch)},
        sequence_{static_cast<double>(model.sequence)},
        queries_{sequence_ / layout.context},
        seen_{model.window > 0 ? std::min<double>(model.window, sequence_) : sequence_},
        head_size_{sizes_.queries / sizes_.heads},
        value_size_{sizes_.values / sizes_.heads},
        is_causal_{model.family == Family::decoder} {}

  void forward(std::vector<Piece>& pass) const {
    if (software_->fused_attention) {
      fused(pass, Kind::attention, Purpose::forward);
      return;
    }
    products(pass, Purpose::forward, queries_, seen_, head_size_);
    softmax(pass, Purpose::forward);
    products(pass, Purpose::forward, queries_, value_size_, seen_);
    // Heads back beside each other.
    memory(pass, Purpose::forward, writer_->tokens() * 2 * sizes_.values * writer_->element(),
           true);
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
    memory(pass, Purpose::inputs,
           writer_->tokens() * 2 * (sizes_.queries + sizes_.keys_and_values) * writer_->element(),
           true);
  }

 private:
  /// One kernel. With CP a rank has a part of the queries, as if of so many sequences.
  void fused(std::vector<Piece>& pass, Kind kind, Purpose purpose) const {
    pass.emplace_back(KernelWork{.kind = kind,
                                 .size = {batch_ * queries_ / sequence_, sequence_, sizes_.heads,
                                          sizes_.key_heads, head_size_},
                                 .purpose = purpose,
                                 .is_core = true,
                                 .is_causal = is_causal_,
                                 .seen = seen_ / sequence_});
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
      memory(pass, purpose, scores * ((2 * element) + 1), true);
    }
    if (!software_->fused_elementwise) {
      memory(pass, purpose, scores * 2 * element, true);  // scale
      if (is_forward) {
        memory(pass, purpose, scores * ((2 * element) + 1), true);  // mask
      }
    }
    memory(pass, purpose, scores * (is_forward ? 2 : 3) * element, true);
  }

  const Software* software_;
  const PieceWriter* writer_;
  HeadSizes sizes_;
  double batch_;
  double sequence_;
  double queries_;
  double seen_;
  double head_size_;
  double value_size_;
  bool is_causal_;
};

/// How the ranks of CP, which have a part of the sequence each, get at the keys and values of all.
///
/// A ring passes them on, block by block, beside the products with those that are there, and their
/// gradients likewise: as many bytes as an all-gather, and, backward, a reduce-scatter.
class ContextExchanges {
 public:
  ContextExchanges(const Layout& layout, const PieceWriter& writer, const HeadSizes& sizes)
      : layout_{&layout},
        part_bytes_{writer.tokens() * sizes.keys_and_values * writer.element()},
        heads_bytes_{writer.tokens() * (sizes.queries + sizes.keys_and_values) * writer.element()},
        values_bytes_{writer.tokens() * sizes.values * writer.element()} {}

  void before_forward(std::vector<Piece>& pass) const {
    if (layout_->exchange == ContextExchange::all_to_all) {
      exchange(pass, Purpose::forward, heads_bytes_);
    } else {
      whole(pass, Purpose::forward, Collective::all_gather);
    }
  }
  void after_forward(std::vector<Piece>& pass) const {
    if (layout_->exchange == ContextExchange::all_to_all) {
      exchange(pass, Purpose::forward, values_bytes_);
    }
  }
  void before_backward(std::vector<Piece>& pass) const {
    if (layout_->exchange == ContextExchange::all_to_all) {
      exchange(pass, Purpose::inputs, values_bytes_);
    } else {
      whole(pass, Purpose::inputs, Collective::all_gather);
    }
  }
  void after_backward(std::vector<Piece>& pass) const {
    if (layout_->exchange == ContextExchange::all_to_all) {
      exchange(pass, Purpose::inputs, heads_bytes_);
    } else {
      whole(pass, Purpose::inputs, Collective::reduce_scatter);
    }
  }

 private:
  void add(std::vector<Piece>& pass, const CollectiveWork& work) const {
    if (layout_->context > 1) {
      pass.emplace_back(work);
    }
  }

  /// Heads for tokens, or back.
  void exchange(std::vector<Piece>& pass, Purpose purpose, double bytes) const {
    add(pass, {.collective = Collective::all_to_all,
               .over = {Dimension::context},
               .bytes = bytes,
               .purpose = purpose});
  }

  /// Keys and values of the whole sequence, or their gradients.
  void whole(std::vector<Piece>& pass, Purpose purpose, Collective collective) const {
    add(pass, {.collective = collective,
               .over = {Dimension::context},
               .bytes = part_bytes_ * layout_->context,
               .purpose = purpose,
               .runs_beside = layout_->exchange == ContextExchange::ring});
  }

  const Layout* layout_;
  double part_bytes_;    // keys and values
  double heads_bytes_;   // and queries
  double values_bytes_;  // of what attention gives
};

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
                 const PieceWriter& writer)
      : model_{&model},
        writer_{&writer},
        sizes_{model, layout},
        core_{model, layout, software, writer},
        context_{layout, writer, sizes_} {
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
    writer_->norm_forward(pass);
    writer_->gather(pass, Purpose::forward, Beside::product);
    for (const Product& each : whole_) {
      writer_->product(pass, each.out, each.in);
    }
    for (const Product& each : first_) {
      writer_->product(pass, each.out, each.in);
    }
    if (model_->positions == Positions::rotary) {
      rotate(pass, Purpose::forward);
    }
    context_.before_forward(pass);
    core_.forward(pass);
    context_.after_forward(pass);
    writer_->product(pass, last_.out, last_.in);
    writer_->sum(pass, Purpose::forward, Beside::product);
    writer_->add_forward(pass);
  }

  void backward(std::vector<Piece>& pass) const {
    writer_->add_backward(pass);
    writer_->gather(pass, Purpose::inputs, Beside::product);
    writer_->input_gradient(pass, last_.out, last_.in);
    writer_->weight_gradient(pass, last_.out, last_.in);
    context_.before_backward(pass);
    core_.backward(pass);
    context_.after_backward(pass);
    if (model_->positions == Positions::rotary) {
      rotate(pass, Purpose::inputs);
    }
    writer_->gather(pass, Purpose::inputs, Beside::other_product);  // the input, for the weights
    for (const Product& each : first_) {
      writer_->input_gradient(pass, each.out, each.in);
    }
    for (const Product& each : whole_) {
      writer_->input_gradient(pass, each.out, each.in);
    }
    writer_->sum(pass, Purpose::inputs, Beside::other_product);
    for (const Product& each : first_) {
      writer_->weight_gradient(pass, each.out, each.in);
    }
    for (const Product& each : whole_) {
      writer_->weight_gradient(pass, each.out, each.in);
    }
    writer_->norm_backward(pass);
  }

 private:
  void rotate(std::vector<Piece>& pass, Purpose purpose) const {
    const double turned = sizes_.queries + (sizes_.key_heads * sizes_.queries / sizes_.heads);
    memory(pass, purpose, writer_->tokens() * 2 * turned * writer_->element());
  }

  const Transformer* model_;
  const PieceWriter* writer_;
  HeadSizes sizes_;
  Core core_;
  ContextExchanges context_;
  std::vector<Product> whole_;  // which every rank of TP does as a whole
  std::vector<Product> first_;
  Product last_{};
};

}  // namespace

void add_attention_forward(const Transformer& model, const Layout& layout, const Software& software,
                           const PieceWriter& writer, std::vector<Piece>& pass) {
  AttentionBlock{model, layout, software, writer}.forward(pass);
}

void add_attention_backward(const Transformer& model, const Layout& layout,
                            const Software& software, const PieceWriter& writer,
                            std::vector<Piece>& pass) {
  AttentionBlock{model, layout, software, writer}.backward(pass);
}

}  // namespace workloads
