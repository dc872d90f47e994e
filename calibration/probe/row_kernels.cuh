#pragma once
// Kernels on rows: a block takes a row, holds it in registers, and reduces over it.

#include <cmath>
#include <cstdint>

#include "calibration/probe/vector.cuh"

namespace probe {

constexpr int warp_size = 32;
constexpr int row_vectors_most = 8;  // of one thread

struct RowCall {
  const uint4* in = nullptr;
  uint4* out = nullptr;
  const uint4* scale = nullptr;  // of a norm, and its shift behind it
  std::int64_t rows = 0;
  int vectors = 0;  // of a row
};

struct Sum {
  __device__ static float join(float a, float b) { return a + b; }
  static constexpr float neutral = 0;
};
struct Most {
  __device__ static float join(float a, float b) { return fmaxf(a, b); }
  static constexpr float neutral = -INFINITY;
};

/// The sum or maximum over all threads of the block, known to all of them.
template <class Join>
__device__ float over_block(float value) {
  __shared__ float partial[warp_size];
  for (int offset = warp_size / 2; offset > 0; offset /= 2) {
    value = Join::join(value, __shfl_xor_sync(0xFFFFFFFFU, value, offset));
  }
  const int warp = static_cast<int>(threadIdx.x) / warp_size;
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  __syncthreads();  // the partial results of the call before have been read
  if (lane == 0) {
    partial[warp] = value;
  }
  __syncthreads();
  const int warps = static_cast<int>(blockDim.x) / warp_size;
  value = lane < warps ? partial[lane] : Join::neutral;
  for (int offset = warp_size / 2; offset > 0; offset /= 2) {
    value = Join::join(value, __shfl_xor_sync(0xFFFFFFFFU, value, offset));
  }
  return value;
}

/// A thread's share of a row, every blockDim.x-th vector of it.
struct RowPart {
  uint4 vectors[row_vectors_most];

  __device__ void load(const uint4* row, int count) {
#pragma unroll
    for (int v = 0; v < row_vectors_most; ++v) {
      const int at = static_cast<int>(threadIdx.x) + (v * static_cast<int>(blockDim.x));
      if (at < count) {
        vectors[v] = row[at];
      }
    }
  }

  /// The sum or maximum of f(element) over the row.
  template <class Join, class Function>
  __device__ float reduce(int count, Function f) const {
    float result = Join::neutral;
#pragma unroll
    for (int v = 0; v < row_vectors_most; ++v) {
      const int at = static_cast<int>(threadIdx.x) + (v * static_cast<int>(blockDim.x));
      if (at < count) {
        const Eight eight = unpack(vectors[v]);
#pragma unroll
        for (int i = 0; i < 8; ++i) {
          result = Join::join(result, f(eight.at[i]));
        }
      }
    }
    return over_block<Join>(result);
  }

  /// Writes f(elements, number of their vector).
  template <class Function>
  __device__ void store(uint4* row, int count, Function f) const {
#pragma unroll
    for (int v = 0; v < row_vectors_most; ++v) {
      const int at = static_cast<int>(threadIdx.x) + (v * static_cast<int>(blockDim.x));
      if (at < count) {
        row[at] = pack(f(unpack(vectors[v]), at));
      }
    }
  }
};

struct Softmax {
  __device__ static void row(const RowCall& call, const RowPart& part, std::int64_t row) {
    const float most = part.reduce<Most>(call.vectors, [](float x) { return x; });
    const float sum = part.reduce<Sum>(call.vectors, [most](float x) { return __expf(x - most); });
    const float factor = 1 / sum;
    part.store(call.out + (row * call.vectors), call.vectors, [=](Eight x, int) {
      return each(x, [=](float value) { return __expf(value - most) * factor; });
    });
  }
};

struct LayerNorm {
  __device__ static void row(const RowCall& call, const RowPart& part, std::int64_t row) {
    const float count = static_cast<float>(call.vectors) * 8;
    const float mean = part.reduce<Sum>(call.vectors, [](float x) { return x; }) / count;
    const float variance =
        part.reduce<Sum>(call.vectors, [mean](float x) { return (x - mean) * (x - mean); }) / count;
    const float factor = rsqrtf(variance + 1e-5F);
    part.store(call.out + (row * call.vectors), call.vectors, [=](Eight x, int at) {
      const Eight scale = unpack(call.scale[at]);
      const Eight shift = unpack(call.scale[call.vectors + at]);
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        x.at[i] = ((x.at[i] - mean) * factor * scale.at[i]) + shift.at[i];
      }
      return x;
    });
  }
};

struct RmsNorm {
  __device__ static void row(const RowCall& call, const RowPart& part, std::int64_t row) {
    const float count = static_cast<float>(call.vectors) * 8;
    const float square = part.reduce<Sum>(call.vectors, [](float x) { return x * x; }) / count;
    const float factor = rsqrtf(square + 1e-5F);
    part.store(call.out + (row * call.vectors), call.vectors, [=](Eight x, int at) {
      const Eight scale = unpack(call.scale[at]);
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        x.at[i] *= factor * scale.at[i];
      }
      return x;
    });
  }
};

struct CrossEntropy {
  __device__ static void row(const RowCall& call, const RowPart& part, std::int64_t row) {
    const float most = part.reduce<Most>(call.vectors, [](float x) { return x; });
    const float sum = part.reduce<Sum>(call.vectors, [most](float x) { return __expf(x - most); });
    const float factor = 1 / sum;
    const int target = static_cast<int>(row * 7919 % (call.vectors * 8));  // any label will do
    part.store(call.out + (row * call.vectors), call.vectors, [=](Eight x, int at) {
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        const float label = (at * 8) + i == target ? 1 : 0;
        x.at[i] = (__expf(x.at[i] - most) * factor) - label;
      }
      return x;
    });
  }
};

template <class Op>
__global__ void __launch_bounds__(1024) over_rows(RowCall call) {
  for (std::int64_t row = blockIdx.x; row < call.rows; row += gridDim.x) {
    RowPart part;
    part.load(call.in + (row * call.vectors), call.vectors);
    Op::row(call, part, row);
  }
}

}  // namespace probe
