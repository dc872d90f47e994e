#pragma once
// What a rank does for one layer and one micro-batch: kernels and collectives, in order.
//
// With T tokens (of a micro-batch, over CP), t = TP, hidden size h and inner size f, a layer's
// forward pass on one rank is
//
//     norm                      memory
//     queries, keys, values     T x (q + 2k)/t x h
//     core of attention         fused; or scores, softmax, weighted sum
//     output projection         T x h x q/t          -> sum over TP
//     add                       memory
//     norm, up, activation, down, sum over TP, add   likewise
//
// and its backward pass two products for each of these, one for the gradient of the input, one for
// that of the weights. With sequence parallelism a sum over TP is a reduce-scatter, and tokens are
// gathered before each first product (V. Korthikanti et al., MLSys 2023, section 4.2).

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "collectives/schedule.hpp"
#include "workloads/layout.hpp"
#include "workloads/software.hpp"
#include "workloads/transformer.hpp"

namespace workloads {

/// When, in a pass, a piece is needed.
enum class Purpose : std::uint8_t {
  forward,
  inputs,   // backward: what earlier layers wait for
  weights,  // backward: what waits until the end of the step
};

/// A kernel, by what it takes to say how long it runs.
struct KernelWork {
  enum class Kind : std::uint8_t {
    gemm,                // m, n, k
    batched_gemm,        // batch, m, n, k
    grouped_gemm,        // groups, m of each, n, k
    attention,           // batch, sequence, heads, key-value heads, head size
    attention_backward,  // likewise
    memory,              // nothing but `bytes`, read and written
  };
  Kind kind{};
  std::array<double, 5> size{};
  double bytes = 0;
  Purpose purpose{};
  bool is_core = false;         // of attention's core, which selective recomputation does again
  bool is_elementwise = false;  // a norm or an activation function, likewise
  bool is_wide = false;         // a product in two bytes, whatever the format of others
  // Of attention: does a token see those before it only; and of these, or of all, what share?
  bool is_causal = true;
  double seen = 1;
};

/// Operations of a kernel: a multiplication and an addition are two. Attention's as if nothing was
/// masked, and a backward pass that does the forward pass again counted as 2.5 of them.
[[nodiscard]] double flop_of(const KernelWork& kernel);

/// A collective among the ranks that differ along `over`. `bytes` are the larger of a rank's two
/// buffers, as everywhere here.
struct CollectiveWork {
  collectives::Collective collective{};
  std::vector<Dimension> over;
  double bytes = 0;
  Purpose purpose{};
  bool runs_beside = false;  // the kernel that follows does not wait for it, the one after does
};

using Piece = std::variant<KernelWork, CollectiveWork>;

struct LayerWork {
  std::vector<Piece> forward;
  std::vector<Piece> again;  // of the forward pass, before the backward pass
  std::vector<Piece> backward;
};

/// One layer of a decoder or an encoder. Of experts each takes as many tokens as the others.
[[nodiscard]] LayerWork layer_work(const Transformer& model, const Layout& layout,
                                   const Software& software, std::int32_t layer);

/// What is before the first layer: the embedding, split over TP by its rows.
[[nodiscard]] LayerWork embedding_work(const Transformer& model, const Layout& layout,
                                       const Software& software);

/// What is after the last one: norm, output layer, and cross entropy over a vocabulary that is
/// split over TP.
[[nodiscard]] LayerWork head_work(const Transformer& model, const Layout& layout,
                                  const Software& software);

}  // namespace workloads
