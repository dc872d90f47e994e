#pragma once
// What of the training software decides about time and memory, beside the layout.

#include <array>
#include <cstdint>
#include <string_view>

namespace workloads {

/// What is not kept but done again.
enum class Recompute : std::uint8_t {
  none,
  selective,  // the core of attention
  full,       // layers: only their inputs are kept
};
inline constexpr std::array<std::string_view, 3> recompute_names{"none", "selective", "full"};

/// Which matrices are multiplied in a smaller format than the rest.
enum class Precision : std::uint8_t { bfloat16, float16, fp8 };
inline constexpr std::array<std::string_view, 3> precision_names{"bfloat16", "float16", "fp8"};

struct Software {
  Recompute recompute = Recompute::none;
  Precision precision = Precision::bfloat16;
  bool fused_attention = true;       // one kernel that keeps a number per row, not s x s scores
  bool fused_elementwise = true;     // bias, activation, dropout and addition in one kernel
  bool fused_cross_entropy = false;  // one kernel reads the logits, not one for each step
  bool fused_accumulation = true;    // a product of matrices adds to the sum of gradients itself
  bool dropout = false;              // hidden states and attention; keeps masks
  bool overlap_tensor = true;        // TP's sums of input gradients run beside weight gradients
  bool overlap_data = true;          // gradients are summed over replicas beside backward passes
  bool split_messages = true;        // TP's ranks each send a part to the next stage, and gather
  std::int32_t element = 2;          // bytes of a weight and of an activation
  std::int32_t gradient = 4;         // of a gradient, as it is summed up over micro-batches
  std::int32_t optimizer = 12;       // per weight: Adam's two moments and a copy of the weight
};

}  // namespace workloads
