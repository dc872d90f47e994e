#pragma once
// A fused attention kernel of our own: the reference against which others are held.
//
// The forward pass of Dao, "FlashAttention-2", ICLR 2024: a block of four warps keeps 64 queries in
// registers and walks over the keys and values in tiles of 64, which arrive in shared memory while
// the tile before is worked on; the softmax is rescaled as larger scores turn up, so that no row of
// scores is ever stored. It uses the tensor cores through mma.m16n8k16, which is what an A100 has:
// kernels written for the asynchronous ones of an H100 are up to twice as fast.
//
// cuDNN's kernels are not measured. Its graph API (9.19) has a descriptor for attention as one
// operation, but none for a causal mask in it; built from single operations, which engine then
// runs could not be told without a GPU to try it on.

#include <cstddef>
#include <cstdint>

#include <cuda_runtime_api.h>

namespace probe {

/// Tensors of bfloat16 in memory as (batch, sequence, heads, head_size).
struct AttentionCall {
  const std::byte* query = nullptr;
  const std::byte* key = nullptr;    // of key_value_heads heads
  const std::byte* value = nullptr;  // likewise
  std::byte* result = nullptr;
  int batch = 1;
  int sequence = 1;
  int heads = 1;
  int key_value_heads = 1;  // divides heads: so many share a key and a value
  int head_size = 128;      // 64 or 128
  enum class Mask : std::uint8_t { none, causal } mask = Mask::none;
};

/// Throws Unsupported for another head size.
void launch_attention(const AttentionCall& call, cudaStream_t stream);

/// The same, one query after another by the definition: what launch_attention() is checked against.
void launch_attention_by_definition(const AttentionCall& call, cudaStream_t stream);

}  // namespace probe
