#pragma once
// How the passes of a layer are written down, piece by piece.

#include <cstdint>
#include <vector>

#include "workloads/layer_work.hpp"

namespace workloads {

/// Adds a kernel that does nothing but read and write memory.
inline void memory(std::vector<Piece>& pass, Purpose purpose, double bytes, bool is_core = false) {
  pass.emplace_back(KernelWork{.kind = KernelWork::Kind::memory,
                               .size = {},
                               .bytes = bytes,
                               .purpose = purpose,
                               .is_core = is_core});
}

/// Likewise, of a norm or an activation function.
inline void elementwise(std::vector<Piece>& pass, Purpose purpose, double bytes) {
  memory(pass, purpose, bytes);
  std::get<KernelWork>(pass.back()).is_elementwise = true;
}

/// Adds an m x k matrix times a k x n one, in two bytes.
inline void wide_gemm(std::vector<Piece>& pass, Purpose purpose, double m, double n, double k) {
  pass.emplace_back(KernelWork{
      .kind = KernelWork::Kind::gemm, .size = {m, n, k}, .purpose = purpose, .is_wide = true});
}

/// Knows how many tokens a rank has, and between whom they are split.
class PieceWriter {
 public:
  PieceWriter(const Transformer& model, const Layout& layout, const Software& software);

  /// Of a micro-batch, over CP; and of these the ones that a rank has where TP splits nothing else.
  [[nodiscard]] double tokens() const { return tokens_; }
  [[nodiscard]] double outside() const { return outside_; }
  [[nodiscard]] double element() const { return software_->element; }

  /// A kernel that reads and writes so many elements of the hidden states outside TP's part.
  void vectors(std::vector<Piece>& pass, Purpose purpose, double elements,
               double more_bytes = 0) const;

  /// What a collective of TP can run beside, if the software lets it.
  enum class Beside : std::uint8_t {
    nothing,
    product,        // that needs it, or makes it: piece by piece, all but one of t pieces
    other_product,  // the one that follows, and has nothing to do with it
  };

  /// What TP's ranks each have a part of becomes whole on all of them, or on each for its tokens.
  /// Beside a product: the one that was added last.
  void sum(std::vector<Piece>& pass, Purpose purpose, Beside beside) const;

  /// Tokens that sequence parallel ranks have parts of, for all of them. Beside a product: the one
  /// that will be added next.
  void gather(std::vector<Piece>& pass, Purpose purpose, Beside beside) const;

  /// All tokens times a matrix of `in` x `out`; and the gradient of that product's input from that
  /// of its output. What comes in is cast first.
  void product(std::vector<Piece>& pass, double out, double in) const;
  void input_gradient(std::vector<Piece>& pass, double out, double in) const;

  /// With fp8, so many elements in two bytes to one, and once more transposed.
  void cast(std::vector<Piece>& pass, Purpose purpose, double elements) const;

  /// Bytes that adding a gradient to the sum of them costs beyond the product that makes it, per
  /// weight.
  [[nodiscard]] double sum_bytes() const;

  /// The gradient of a matrix of `in` x `out` from that of all tokens, added to the sum of
  /// gradients, and that of its bias.
  void weight_gradient(std::vector<Piece>& pass, double out, double in) const;

  /// A norm reads and writes its input. Backward it reads the gradient, too, unless fused once more
  /// for its own weights; then what comes past it is added.
  void norm_forward(std::vector<Piece>& pass) const;
  void norm_backward(std::vector<Piece>& pass) const;

  /// Bias, dropout and addition of what came past: in one kernel, or in one each.
  void add_forward(std::vector<Piece>& pass) const;
  void add_backward(std::vector<Piece>& pass) const;

 private:
  void gemm(std::vector<Piece>& pass, Purpose purpose, double m, double n, double k) const;
  [[nodiscard]] CollectiveWork over_tensor(Purpose purpose, collectives::Collective collective,
                                           double share, bool runs_beside) const;
  [[nodiscard]] bool runs_beside(Beside beside) const;

  const Transformer* model_;
  const Layout* layout_;
  const Software* software_;
  double tokens_;
  double outside_;
};

}  // namespace workloads
