#pragma once
// Kernels that do little but move memory, each read and written in vectors of 16 bytes, as good
// implementations of these layers are: one pass over memory, rows kept in registers.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cuda_runtime_api.h>

namespace probe {

enum class MemoryOp : std::uint8_t {
  softmax,        // of each row
  layer_norm,     // of each row, with scale and shift
  rms_norm,       // of each row, with scale
  gelu,           // its approximation by tanh
  swiglu,         // two inputs
  residual_add,   // two inputs
  embedding,      // rows of a table, chosen by a hash of their place
  cross_entropy,  // of each row, the gradient of the logits
  adam,           // bfloat16 gradient; float weight and two moments, in and out; bfloat16 weight
  copy,
  reduce_add  // any number of inputs up to 8
};

/// Throws sim::Failure for a name that is none of these.
[[nodiscard]] MemoryOp memory_op(std::string_view name);

/// One launch. Inputs lie one behind another from `in`, results from `out`, each as long as its
/// elements need and starting at a multiple of 16 bytes.
struct MemoryCall {
  const std::byte* in = nullptr;
  std::byte* out = nullptr;
  std::int64_t rows = 1;     // 1 for what knows no rows
  std::int64_t columns = 0;  // a multiple of 8, and at most 65,536 where there are rows
  int inputs = 1;            // of reduce_add
  int blocks = 0;            // at most so many; 0: as many as fill the GPU
  int processors = 1;
  const std::byte* table = nullptr;  // of embedding
  std::int64_t table_rows = 1;
  std::uint32_t seed = 0;  // chooses the rows of embedding
};

void launch_memory(MemoryOp op, const MemoryCall& call, cudaStream_t stream);

/// Bytes of the inputs and the results of a call.
struct MemoryBytes {
  std::size_t in = 0;
  std::size_t out = 0;
};
[[nodiscard]] MemoryBytes memory_bytes(MemoryOp op, const MemoryCall& call);

}  // namespace probe
