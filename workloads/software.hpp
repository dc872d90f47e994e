#pragma once
// What of the training software decides about time and memory, beside the layout.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/config.hpp"
#include "sim/units.hpp"

namespace workloads {

/// What is not kept but done again.
enum class Recompute : std::uint8_t {
  none,
  selective,    // the core of attention
  elementwise,  // norms and activation functions
  full,         // layers: only their inputs are kept
};
inline constexpr std::array<std::string_view, 4> recompute_names{"none", "selective", "elementwise",
                                                                 "full"};
[[nodiscard]] constexpr std::string_view name_of(Recompute recompute) {
  return recompute_names.at(static_cast<std::size_t>(recompute));
}

/// Which matrices are multiplied in a smaller format than the rest.
enum class Precision : std::uint8_t { bfloat16, float16, fp8 };
inline constexpr std::array<std::string_view, 3> precision_names{"bfloat16", "float16", "fp8"};

/// Which collectives of TP run beside kernels.
enum class TensorOverlap : std::uint8_t {
  none,
  gradients,  // sums of input gradients beside products for weight gradients
  all,        // and every other one beside the product that it belongs to, piece by piece
};
inline constexpr std::array<std::string_view, 3> tensor_overlap_names{"none", "gradients", "all"};

/// Defaults are those of Megatron Core 0.8 and its like, of 2024; configs/software has others.
struct Software {
  Recompute recompute = Recompute::none;
  Precision precision = Precision::bfloat16;
  bool fused_attention = true;       // one kernel that keeps a number per row, not s x s scores
  bool fused_elementwise = true;     // bias, activation, dropout and addition in one kernel
  bool fused_norm = true;            // one kernel makes the gradients of input and weights
  bool fused_cross_entropy = false;  // one kernel reads the logits, not one for each step
  bool fused_permutation = false;    // tokens are weighted on their way back from their experts
  bool fused_accumulation = true;    // a product of matrices adds to the sum of gradients itself
  bool fused_gradient_cast = true;  // else a kernel of its own brings gradients to the sum's format
  bool dropout = false;             // hidden states and attention; keeps masks
  TensorOverlap overlap_tensor = TensorOverlap::gradients;
  bool overlap_data = true;      // gradients are summed, and weights gathered, beside passes
  bool overlap_pipeline = true;  // stages go on while their messages are on the way
  bool split_messages = true;    // TP's ranks each send a part to the next stage, and gather
  bool synchronises = false;     // the host waits for the GPU at messages that do not overlap
  std::int32_t element = 2;      // bytes of a weight and of an activation
  std::int32_t gradient = 4;     // of a gradient, as it is summed up over micro-batches
  std::int32_t optimizer = 12;   // per weight: Adam's two moments and a copy of the weight
  double memory_rate = 1;  // of memory's bandwidth, what kernels that do no more than move reach
  std::int32_t communication_blocks = 24;  // (CTAs) of a collective's kernel: processors it holds
  sim::Duration launch{10'000'000};        // of the host, for a kernel: 10 us
  sim::Duration collective_launch{30'000'000};  // for a collective, or a message
};

/// Bytes that adding a weight's gradient to the sum over micro-batches reads and writes, beyond
/// what a product of matrices does that stores it in `element` bytes. The product itself adds, in
/// place of storing; or it is read again, the sum read and written; or, with a cast of its own, a
/// copy in the sum's format is written and read besides.
[[nodiscard]] double accumulation_bytes(const Software& software);

/// Bytes that updating a weight reads and writes, with Adam and mixed precision: gradients to
/// single precision, if they are not; with float16 unscaled and checked; their norm; clipped; Adam
/// on its moments and the copy of the weight; the weight from that; and gradients to zero.
[[nodiscard]] double update_bytes(const Software& software);

/// Reads a mapping of the names above over `base`, with `gradient_bytes` and `optimizer_bytes` for
/// the last two of memory. A `description` is for people; `like`, what it begins with, is the
/// caller's to read. Throws sim::Error at unknown keys, and values out of range.
[[nodiscard]] Software read_software(const sim::ConfigNode& node, const Software& base = {});

}  // namespace workloads
