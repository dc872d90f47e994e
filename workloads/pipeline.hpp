#pragma once
// Who does what when in a pipeline: per stage, the order of forward and backward passes.
//
// A model is cut in `stages` * `chunks` parts; stage s holds parts s, s + stages, s + 2 stages, ...
// A part's forward pass needs that of the part before, its backward pass that of the part after.
// Orders say nothing of time: a stage does its next piece of work when it has what that needs.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace workloads {

enum class Work : std::uint8_t {
  forward,
  backward,          // of inputs and weights, in one
  backward_inputs,   // what the stage before waits for
  backward_weights,  // what nobody waits for, but for the end of the step
};

/// Is this the last that a micro-batch does in a part, which then holds no activations of it?
[[nodiscard]] constexpr bool is_last_of(Work work) {
  return work == Work::backward || work == Work::backward_weights;
}

/// One micro-batch through one part.
struct Slot {
  Work work{};
  std::int32_t micro_batch = 0;
  std::int32_t chunk = 0;  // which of the stage's parts

  friend bool operator==(const Slot&, const Slot&) = default;
};

/// What a stage does, in order.
using StageOrder = std::vector<Slot>;

enum class PipelineKind : std::uint8_t {
  gpipe,        // all forward passes, then all backward passes
  one_f_one_b,  // a backward pass as soon as there is one
  interleaved,  // the same over several parts per stage
  zero_bubble,  // ZB-H1: weights wait until there is nothing better to do
  listed,       // as the user says
};
inline constexpr std::array<std::string_view, 5> pipeline_names{"gpipe", "1f1b", "interleaved",
                                                                "zb-h1", "listed"};
[[nodiscard]] constexpr std::string_view name_of(PipelineKind kind) {
  return pipeline_names.at(static_cast<std::size_t>(kind));
}

/// GPipe (Y. Huang et al., NeurIPS 2019). With m micro-batches, and passes that take F and B, the
/// bubble is (p - 1) (F + B); so is that of 1F1B, which holds the activations of p - s
/// micro-batches in place of m.
[[nodiscard]] std::vector<StageOrder> gpipe(std::int32_t stages, std::int32_t micro_batches);

/// PipeDream-Flush (D. Narayanan et al., ICML 2021).
[[nodiscard]] std::vector<StageOrder> one_f_one_b(std::int32_t stages, std::int32_t micro_batches);

/// Megatron-LM's interleaved schedule (D. Narayanan et al., SC 2021, section 2.2): a bubble of
/// (p - 1) (F + B) / v for v chunks. Requires that `stages` divides `micro_batches`.
[[nodiscard]] std::vector<StageOrder> interleaved(std::int32_t stages, std::int32_t micro_batches,
                                                  std::int32_t chunks);

/// ZB-H1 (P. Qi et al., "Zero Bubble Pipeline Parallelism", ICLR 2024): a bubble of
/// (p - 1) (F + B - W), with B of the inputs and W of the weights, and the memory of 1F1B.
[[nodiscard]] std::vector<StageOrder> zero_bubble(std::int32_t stages, std::int32_t micro_batches);

/// "F3"; with several chunks "F3.1". B, I and W for backward passes: whole, of inputs, of weights.
[[nodiscard]] std::string text_of(const Slot& slot, std::int32_t chunks);

/// One stage's order from text: "F0 F1 B0 F2 B1", with I and W for backward passes in two halves,
/// and "F3.1" for micro-batch 3 through chunk 1. Throws sim::Error, in the name of `where`, at
/// anything else.
[[nodiscard]] StageOrder parse_order(const std::string& where, std::string_view text);

/// What is wrong with orders: a pass that is missing, or there twice, or a circle of stages that
/// wait for each other. Empty if they are right.
[[nodiscard]] std::string fault_of(std::span<const StageOrder> orders, std::int32_t micro_batches,
                                   std::int32_t chunks);

/// The most micro-batches, over all chunks, whose activations a stage holds at once.
[[nodiscard]] std::int32_t most_in_flight(const StageOrder& order);

}  // namespace workloads
