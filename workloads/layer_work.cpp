#include "workloads/layer_work.hpp"

#include "workloads/attention_work.hpp"
#include "workloads/feed_forward_work.hpp"
#include "workloads/piece_writer.hpp"

namespace workloads {
namespace {

using collectives::Collective;
using Beside = PieceWriter::Beside;
using Kind = KernelWork::Kind;

/// What is done again before the backward pass.
std::vector<Piece> again(const std::vector<Piece>& forward, const Software& software) {
  if (software.recompute == Recompute::full) {
    return forward;
  }
  std::vector<Piece> out;
  for (const Piece& piece : forward) {
    const auto* const kernel = std::get_if<KernelWork>(&piece);
    const bool is_core = kernel != nullptr && kernel->is_core && !software.fused_attention &&
                         software.recompute == Recompute::selective;
    const bool is_elementwise =
        kernel != nullptr && kernel->is_elementwise && software.recompute == Recompute::elementwise;
    if (is_core || is_elementwise) {
      out.push_back(piece);
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
      return 2 * flop * a * b * b * c * e * kernel.seen;
    case Kind::attention_backward:
      return backward * 2 * flop * a * b * b * c * e * kernel.seen;
    case Kind::memory:
      break;
  }
  return 0;
}

LayerWork layer_work(const Transformer& model, const Layout& layout, const Software& software,
                     std::int32_t layer) {
  const PieceWriter writer{model, layout, software};
  LayerWork out;
  add_attention_forward(model, layout, software, writer, out.forward);
  if (model.has_experts(layer)) {
    add_experts(model, layout, software, writer, out);
  } else {
    add_feed_forward(model, layout, software, writer, out);
  }
  out.again = again(out.forward, software);
  add_attention_backward(model, layout, software, writer, out.backward);
  return out;
}

LayerWork embedding_work(const Transformer& model, const Layout& layout, const Software& software) {
  const PieceWriter writer{model, layout, software};
  const double table = writer.tokens() * model.hidden;  // elements, of which each rank has a part
  constexpr double single = 4;
  LayerWork out;
  memory(out.forward, Purpose::forward, table * 2 * writer.element());
  writer.sum(out.forward, Purpose::forward, Beside::nothing);
  if (model.positions == Positions::learned) {
    constexpr double elements = 3;
    writer.vectors(out.forward, Purpose::forward, elements);
  }
  if (software.dropout) {
    writer.vectors(out.forward, Purpose::forward, 2, 1);
    writer.vectors(out.backward, Purpose::inputs, 2, 1);
  }
  writer.gather(out.backward, Purpose::weights, Beside::nothing);
  memory(out.backward, Purpose::weights, table * (writer.element() + (2 * single)));
  return out;
}

LayerWork head_work(const Transformer& model, const Layout& layout, const Software& software) {
  Software wide = software;
  wide.precision = Precision::bfloat16;  // the output layer is never in fp8
  const PieceWriter writer{model, layout, wide};
  const double rows = static_cast<double>(model.vocabulary) / layout.tensor;
  const double logits = writer.tokens() * rows;
  constexpr double single = 4;
  LayerWork out;
  writer.norm_forward(out.forward);
  writer.gather(out.forward, Purpose::forward, Beside::product);
  wide_gemm(out.forward, Purpose::forward, writer.tokens(), rows, model.hidden);
  // Fused: read twice, for the greatest and the sum. Else: to single precision, greatest,
  // difference, exponential, sum, quotient.
  constexpr double steps = 9;
  memory(out.forward, Purpose::forward,
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
  memory(out.backward, Purpose::inputs,
         logits * (software.fused_cross_entropy ? 2 * writer.element()
                                                : (back * single) + writer.element()));
  writer.gather(out.backward, Purpose::inputs, Beside::other_product);
  wide_gemm(out.backward, Purpose::inputs, writer.tokens(), model.hidden, rows);
  writer.sum(out.backward, Purpose::inputs, Beside::other_product);
  writer.weight_gradient(out.backward, rows, model.hidden);
  writer.norm_backward(out.backward);
  return out;
}

}  // namespace workloads
