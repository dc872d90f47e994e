#include "calibration/probe/attention_kernel.hpp"

#include <cmath>

#include <cuda_bf16.h>

#include "calibration/probe/check.hpp"
#include "calibration/probe/tensor_core.cuh"

namespace probe {

namespace {

constexpr int tile = 64;  // queries of a block, and keys of a step
constexpr int warps = 4;
constexpr int block_threads = 32 * warps;
constexpr int tile_columns = tile / 8;  // of scores, in units of the 8 that one instruction makes

/// Rows of shared memory are 16 bytes longer than a head, so that the eight rows that ldmatrix
/// reads at once lie in different banks.
template <int head_size>
constexpr int row_elements = head_size + 8;

template <int head_size>
constexpr int tile_elements = tile * row_elements<head_size>;

/// What a warp holds of its 16 queries: each thread has two rows of it, `lane / 4` and 8 below.
template <int head_size>
struct Rows {
  unsigned query[head_size / 16][4];
  float result[head_size / 8][4] = {};
  float most[2] = {-INFINITY, -INFINITY};
  float sum[2] = {0, 0};  // of this thread's columns
};

/// Brings `tile` rows to shared memory, zeros for those past the end.
template <int head_size>
__device__ void load_tile(__nv_bfloat16* to, const __nv_bfloat16* from, std::int64_t row_stride,
                          int rows) {
  constexpr int chunks = head_size / 8;  // of 16 bytes in a row
  for (int i = static_cast<int>(threadIdx.x); i < tile * chunks; i += block_threads) {
    const int row = i / chunks;
    const int column = i % chunks * 8;
    const bool exists = row < rows;
    copy_async(to + (row * row_elements<head_size>)+column,
               from + ((exists ? row : 0) * row_stride) + column, exists ? 16 : 0);
  }
}

/// The 16 queries of this warp, from shared memory to registers.
template <int head_size>
__device__ void load_queries(Rows<head_size>& rows, const __nv_bfloat16* queries) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int row = (static_cast<int>(threadIdx.x) / 32 * 16) + (lane % 16);
#pragma unroll
  for (int step = 0; step < head_size / 16; ++step) {
    load_matrices(rows.query[step],
                  queries + (row * row_elements<head_size>)+(step * 16) + (lane / 16 * 8));
  }
}

/// Scores of 16 queries and the tile's keys.
template <int head_size>
__device__ void multiply_keys(const Rows<head_size>& rows, const __nv_bfloat16* keys,
                              float (&scores)[tile_columns][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int key = (lane % 8) + (lane / 16 * 8);
  const int part = lane / 8 % 2 * 8;
#pragma unroll
  for (int step = 0; step < head_size / 16; ++step) {
#pragma unroll
    for (int pair = 0; pair < tile_columns / 2; ++pair) {
      unsigned b[4];
      load_matrices(b, keys + (((pair * 16) + key) * row_elements<head_size>)+(step * 16) + part);
      multiply_add(scores[2 * pair], rows.query[step], b[0], b[1]);
      multiply_add(scores[(2 * pair) + 1], rows.query[step], b[2], b[3]);
    }
  }
}

/// Scores become weights; what was summed up before is scaled to the new maximum.
template <int head_size>
__device__ void weigh(Rows<head_size>& rows, float (&scores)[tile_columns][4], float scale_log2) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float most = rows.most[half];
#pragma unroll
    for (int column = 0; column < tile_columns; ++column) {
      most = fmaxf(most, fmaxf(scores[column][2 * half], scores[column][(2 * half) + 1]));
    }
    // The four threads that share a row.
    most = fmaxf(most, __shfl_xor_sync(0xFFFFFFFFU, most, 1));
    most = fmaxf(most, __shfl_xor_sync(0xFFFFFFFFU, most, 2));
    const float factor = exp2f((rows.most[half] - most) * scale_log2);
    rows.most[half] = most;
    rows.sum[half] *= factor;
#pragma unroll
    for (int column = 0; column < head_size / 8; ++column) {
      rows.result[column][2 * half] *= factor;
      rows.result[column][(2 * half) + 1] *= factor;
    }
#pragma unroll
    for (int column = 0; column < tile_columns; ++column) {
#pragma unroll
      for (int i = 2 * half; i < (2 * half) + 2; ++i) {
        scores[column][i] = exp2f((scores[column][i] - most) * scale_log2);
        rows.sum[half] += scores[column][i];
      }
    }
  }
}

/// Adds the weighted values. Weights come out of the tensor core as they go in again.
template <int head_size>
__device__ void multiply_values(Rows<head_size>& rows, const __nv_bfloat16* values,
                                const float (&weights)[tile_columns][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int step = 0; step < tile / 16; ++step) {
    const float(&left)[4] = weights[2 * step];
    const float(&right)[4] = weights[(2 * step) + 1];
    const unsigned a[4] = {two_of(left[0], left[1]), two_of(left[2], left[3]),
                           two_of(right[0], right[1]), two_of(right[2], right[3])};
#pragma unroll
    for (int pair = 0; pair < head_size / 16; ++pair) {
      unsigned b[4];
      load_matrices_transposed(
          b, values + (((step * 16) + (lane % 16)) * row_elements<head_size>)+(pair * 16) +
                 (lane / 16 * 8));
      multiply_add(rows.result[2 * pair], a, b[0], b[1]);
      multiply_add(rows.result[(2 * pair) + 1], a, b[2], b[3]);
    }
  }
}

/// The last tile of keys: those past the end, and those after a query, count nothing.
__device__ void mask(float (&scores)[tile_columns][4], int first_row, int first_key, int sequence,
                     bool causal) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int column = 0; column < tile_columns; ++column) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = first_row + (lane / 4) + (i / 2 * 8);
      const int key = first_key + (column * 8) + (lane % 4 * 2) + (i % 2);
      if (key >= sequence || (causal && key > row)) {
        scores[column][i] = -INFINITY;
      }
    }
  }
}

template <int head_size>
__device__ void store(Rows<head_size>& rows, const AttentionCall& call, std::int64_t base,
                      int first_row) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float sum = rows.sum[half];
    sum += __shfl_xor_sync(0xFFFFFFFFU, sum, 1);
    sum += __shfl_xor_sync(0xFFFFFFFFU, sum, 2);
    const float factor = 1 / sum;
    const int row = first_row + (lane / 4) + (half * 8);
    if (row < call.sequence) {
      __nv_bfloat16* to = reinterpret_cast<__nv_bfloat16*>(call.result) + base +
                          (std::int64_t{row} * call.heads * head_size) + (lane % 4 * 2);
#pragma unroll
      for (int column = 0; column < head_size / 8; ++column) {
        *reinterpret_cast<unsigned*>(to + (column * 8)) = two_of(
            rows.result[column][2 * half] * factor, rows.result[column][(2 * half) + 1] * factor);
      }
    }
  }
}

template <int head_size>
__global__ void __launch_bounds__(block_threads) attend(AttentionCall call) {
  extern __shared__ __align__(16) unsigned char raw[];
  constexpr int elements = tile_elements<head_size>;
  auto* const queries = reinterpret_cast<__nv_bfloat16*>(raw);
  __nv_bfloat16* const keys = queries + elements;       // two tiles
  __nv_bfloat16* const values = keys + (2 * elements);  // two tiles
  const bool causal = call.mask == AttentionCall::Mask::causal;
  // The last queries of a causal mask have most to do, and begin first.
  const int query_tile = static_cast<int>(gridDim.x - 1 - blockIdx.x);
  const auto head = static_cast<int>(blockIdx.y);
  const int shared_head = head / (call.heads / call.key_value_heads);
  const std::int64_t stride = std::int64_t{call.heads} * head_size;
  const std::int64_t kv_stride = std::int64_t{call.key_value_heads} * head_size;
  const std::int64_t base =
      (std::int64_t{blockIdx.z} * call.sequence * stride) + (std::int64_t{head} * head_size);
  const std::int64_t kv_base = (std::int64_t{blockIdx.z} * call.sequence * kv_stride) +
                               (std::int64_t{shared_head} * head_size);
  const auto load_step = [&](int step) {
    const std::int64_t from = kv_base + (std::int64_t{step} * tile * kv_stride);
    const int left = call.sequence - (step * tile);
    const int slot = step % 2 * elements;
    load_tile<head_size>(keys + slot, reinterpret_cast<const __nv_bfloat16*>(call.key) + from,
                         kv_stride, left);
    load_tile<head_size>(values + slot, reinterpret_cast<const __nv_bfloat16*>(call.value) + from,
                         kv_stride, left);
    commit_copies();
  };
  load_tile<head_size>(queries,
                       reinterpret_cast<const __nv_bfloat16*>(call.query) + base +
                           (std::int64_t{query_tile} * tile * stride),
                       stride, call.sequence - (query_tile * tile));
  load_step(0);
  const int all_steps = (call.sequence + tile - 1) / tile;
  const int steps = causal ? query_tile + 1 : all_steps;
  const int warp_row = static_cast<int>(threadIdx.x) / 32 * 16;
  const float scale_log2 = rsqrtf(static_cast<float>(head_size)) * 1.4426950409F;  // log2(e)
  Rows<head_size> rows;
  for (int step = 0; step < steps; ++step) {
    if (step + 1 < steps) {
      load_step(step + 1);
      wait_copies<1>();
    } else {
      wait_copies<0>();
    }
    __syncthreads();
    if (step == 0) {
      load_queries<head_size>(rows, queries);
    }
    float scores[tile_columns][4] = {};
    multiply_keys<head_size>(rows, keys + (step % 2 * elements), scores);
    if (step + 1 == steps) {
      mask(scores, (query_tile * tile) + warp_row, step * tile, call.sequence, causal);
    }
    weigh<head_size>(rows, scores, scale_log2);
    multiply_values<head_size>(rows, values + (step % 2 * elements), scores);
    __syncthreads();  // the slot is free for the step after the next
  }
  store<head_size>(rows, call, base, (query_tile * tile) + warp_row);
}

template <int head_size>
void launch_attend(const AttentionCall& call, cudaStream_t stream) {
  constexpr int shared_bytes =
      5 * tile_elements<head_size> * static_cast<int>(sizeof(__nv_bfloat16));
  check(cudaFuncSetAttribute(attend<head_size>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             shared_bytes));
  const dim3 grid{static_cast<unsigned>((call.sequence + tile - 1) / tile),
                  static_cast<unsigned>(call.heads), static_cast<unsigned>(call.batch)};
  attend<head_size><<<grid, block_threads, shared_bytes, stream>>>(call);
  check(cudaGetLastError());
}

/// A thread for each query of each head.
__global__ void attend_by_definition(AttentionCall call) {
  const int query = static_cast<int>((blockIdx.x * blockDim.x) + threadIdx.x);
  if (query >= call.sequence) {
    return;
  }
  const auto head = static_cast<int>(blockIdx.y);
  const int shared_head = head / (call.heads / call.key_value_heads);
  const int size = call.head_size;
  const auto at = [&](const std::byte* tensor, int row, int heads, int of_head) {
    return reinterpret_cast<const __nv_bfloat16*>(tensor) +
           ((((std::int64_t{blockIdx.z} * call.sequence) + row) * heads) + of_head) * size;
  };
  const int last = call.mask == AttentionCall::Mask::causal ? query : call.sequence - 1;
  float result[128] = {};
  float sum = 0;
  for (int key = 0; key <= last; ++key) {
    float score = 0;
    for (int i = 0; i < size; ++i) {
      score += __bfloat162float(at(call.query, query, call.heads, head)[i]) *
               __bfloat162float(at(call.key, key, call.key_value_heads, shared_head)[i]);
    }
    // No maximum is taken off: scores of normal operands stay below 80.
    const float weight = expf(score * rsqrtf(static_cast<float>(size)));
    sum += weight;
    for (int i = 0; i < size; ++i) {
      result[i] +=
          weight * __bfloat162float(at(call.value, key, call.key_value_heads, shared_head)[i]);
    }
  }
  auto* to = const_cast<__nv_bfloat16*>(at(call.result, query, call.heads, head));
  for (int i = 0; i < size; ++i) {
    to[i] = __float2bfloat16(result[i] / sum);
  }
}

}  // namespace

void launch_attention(const AttentionCall& call, cudaStream_t stream) {
  switch (call.head_size) {
    case 64:
      return launch_attend<64>(call, stream);
    case 128:
      return launch_attend<128>(call, stream);
    default:
      throw Unsupported{"attention: heads of 64 and 128 only"};
  }
}

void launch_attention_by_definition(const AttentionCall& call, cudaStream_t stream) {
  constexpr int threads = 64;
  const dim3 grid{static_cast<unsigned>((call.sequence + threads - 1) / threads),
                  static_cast<unsigned>(call.heads), static_cast<unsigned>(call.batch)};
  attend_by_definition<<<grid, threads, 0, stream>>>(call);
  check(cudaGetLastError());
}

}  // namespace probe
