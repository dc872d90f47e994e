#include "calibration/probe/memory_kernels.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "calibration/probe/check.hpp"
#include "calibration/probe/row_kernels.cuh"
#include "calibration/probe/vector.cuh"
#include "sim/error.hpp"

namespace probe {

namespace {

constexpr int element_threads = 512;

/// Vectors of each input that a thread has in flight: hides the latency of memory. More than 16 in
/// all would not fit in its registers.
template <int inputs>
constexpr int unrolled_of = inputs <= 4 ? 4 : 2;

struct ElementCall {
  const uint4* in = nullptr;
  uint4* out = nullptr;
  std::int64_t vectors = 0;  // of one input
};

__device__ float gelu_of(float x) {
  constexpr float root_2_over_pi = 0.7978845608F;
  return 0.5F * x * (1 + tanhf(root_2_over_pi * (x + (0.044715F * x * x * x))));
}

struct Gelu {
  static constexpr int inputs = 1;
  __device__ static Eight of(const Eight (&x)[inputs]) {
    return each(x[0], [](float value) { return gelu_of(value); });
  }
};

struct Swiglu {
  static constexpr int inputs = 2;
  __device__ static Eight of(const Eight (&x)[inputs]) {
    Eight result;
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      result.at[i] = x[0].at[i] / (1 + __expf(-x[0].at[i])) * x[1].at[i];
    }
    return result;
  }
};

/// The sum; of one input a copy.
template <int count>
struct Add {
  static constexpr int inputs = count;
  __device__ static Eight of(const Eight (&x)[inputs]) {
    Eight result = x[0];
#pragma unroll
    for (int j = 1; j < inputs; ++j) {
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        result.at[i] += x[j].at[i];
      }
    }
    return result;
  }
};

template <class Op>
__global__ void __launch_bounds__(element_threads) over_elements(ElementCall call) {
  constexpr int unrolled = unrolled_of<Op::inputs>;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  const std::int64_t first = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x) + threadIdx.x;
  for (std::int64_t base = first; base < call.vectors; base += unrolled * step) {
    uint4 loaded[unrolled][Op::inputs];
#pragma unroll
    for (int u = 0; u < unrolled; ++u) {
#pragma unroll
      for (int j = 0; j < Op::inputs; ++j) {
        const std::int64_t at = base + (u * step);
        if (at < call.vectors) {
          loaded[u][j] = call.in[(j * call.vectors) + at];
        }
      }
    }
#pragma unroll
    for (int u = 0; u < unrolled; ++u) {
      const std::int64_t at = base + (u * step);
      if (at < call.vectors) {
        Eight x[Op::inputs];
#pragma unroll
        for (int j = 0; j < Op::inputs; ++j) {
          x[j] = unpack(loaded[u][j]);
        }
        call.out[at] = pack(Op::of(x));
      }
    }
  }
}

/// Four parameters a turn: 8 bytes of gradient and weight, 16 of each float.
__global__ void __launch_bounds__(element_threads)
    adam(const std::byte* in, std::byte* out, std::int64_t parameters) {
  const float4* weight_in = reinterpret_cast<const float4*>(in);
  const float4* first_in = weight_in + (parameters / 4);
  const float4* second_in = first_in + (parameters / 4);
  const uint2* gradient = reinterpret_cast<const uint2*>(second_in + (parameters / 4));
  float4* weight_out = reinterpret_cast<float4*>(out);
  float4* first_out = weight_out + (parameters / 4);
  float4* second_out = first_out + (parameters / 4);
  uint2* small_out = reinterpret_cast<uint2*>(second_out + (parameters / 4));
  const auto update = [](float& weight, float& first, float& second, float slope) {
    first = (0.9F * first) + (0.1F * slope);
    second = (0.999F * fabsf(second)) + (0.001F * slope * slope);
    weight -= 1e-4F * ((first / (sqrtf(second) + 1e-8F)) + (0.01F * weight));
  };
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x) + threadIdx.x;
       i < parameters / 4; i += step) {
    float4 weight = weight_in[i];
    float4 first = first_in[i];
    float4 second = second_in[i];
    const uint2 slopes = gradient[i];
    update(weight.x, first.x, second.x, __uint_as_float(slopes.x << 16U));
    update(weight.y, first.y, second.y, __uint_as_float(slopes.x & 0xFFFF0000U));
    update(weight.z, first.z, second.z, __uint_as_float(slopes.y << 16U));
    update(weight.w, first.w, second.w, __uint_as_float(slopes.y & 0xFFFF0000U));
    weight_out[i] = weight;
    first_out[i] = first;
    second_out[i] = second;
    small_out[i] = uint2{pack_two(weight.x, weight.y), pack_two(weight.z, weight.w)};
  }
}

struct EmbeddingCall {
  const uint4* table = nullptr;
  std::int64_t table_rows = 1;
  uint4* out = nullptr;
  std::int64_t rows = 0;
  int vectors = 0;  // of a row
  std::uint32_t seed = 0;
};

__global__ void __launch_bounds__(element_threads) embedding(EmbeddingCall call) {
  for (std::int64_t row = blockIdx.x; row < call.rows; row += gridDim.x) {
    // Odd multipliers scatter the rows; which ones they are does not matter.
    const std::uint64_t mixed =
        (static_cast<std::uint64_t>(row) + 1 + (std::uint64_t{call.seed} << 20U)) *
        0x9E3779B97F4A7C15ULL;
    const auto chosen =
        static_cast<std::int64_t>((mixed >> 24U) % static_cast<std::uint64_t>(call.table_rows));
    for (int v = static_cast<int>(threadIdx.x); v < call.vectors;
         v += static_cast<int>(blockDim.x)) {
      call.out[(row * call.vectors) + v] = call.table[(chosen * call.vectors) + v];
    }
  }
}

int blocks_of(const MemoryCall& call, std::int64_t wanted, int per_processor) {
  const std::int64_t most =
      call.blocks > 0 ? call.blocks : std::int64_t{call.processors} * per_processor;
  return static_cast<int>(std::max<std::int64_t>(1, std::min(wanted, most)));
}

template <class Op>
void launch_elements(const MemoryCall& call, cudaStream_t stream) {
  const ElementCall elements{.in = reinterpret_cast<const uint4*>(call.in),
                             .out = reinterpret_cast<uint4*>(call.out),
                             .vectors = call.rows * call.columns / 8};
  const std::int64_t wanted = (elements.vectors + element_threads - 1) / element_threads;
  over_elements<Op><<<blocks_of(call, wanted, 4), element_threads, 0, stream>>>(elements);
}

template <class Op>
void launch_rows(const MemoryCall& call, cudaStream_t stream) {
  const RowCall rows{.in = reinterpret_cast<const uint4*>(call.in),
                     .out = reinterpret_cast<uint4*>(call.out),
                     .scale = reinterpret_cast<const uint4*>(call.in),
                     .rows = call.rows,
                     .vectors = static_cast<int>(call.columns / 8)};
  // As few threads as leave each two vectors of a row; wide rows need more of both.
  int threads = warp_size;
  while (threads < 1024 && threads * 2 < rows.vectors) {
    threads *= 2;
  }
  over_rows<Op><<<blocks_of(call, call.rows, 2048 / threads), threads, 0, stream>>>(rows);
}

void launch_adam(const MemoryCall& call, cudaStream_t stream) {
  const std::int64_t parameters = call.rows * call.columns;
  const std::int64_t wanted = ((parameters / 4) + element_threads - 1) / element_threads;
  adam<<<blocks_of(call, wanted, 4), element_threads, 0, stream>>>(call.in, call.out, parameters);
}

void launch_embedding(const MemoryCall& call, cudaStream_t stream) {
  const EmbeddingCall rows{.table = reinterpret_cast<const uint4*>(call.table),
                           .table_rows = call.table_rows,
                           .out = reinterpret_cast<uint4*>(call.out),
                           .rows = call.rows,
                           .vectors = static_cast<int>(call.columns / 8),
                           .seed = call.seed};
  constexpr int threads = 256;
  embedding<<<blocks_of(call, call.rows, 8), threads, 0, stream>>>(rows);
}

void launch_reduction(const MemoryCall& call, cudaStream_t stream) {
  switch (call.inputs) {
    case 2:
      return launch_elements<Add<2>>(call, stream);
    case 4:
      return launch_elements<Add<4>>(call, stream);
    case 8:
      return launch_elements<Add<8>>(call, stream);
    default:
      throw sim::Failure{"reduce_add has kernels for 2, 4 and 8 inputs"};
  }
}

constexpr std::array<std::pair<std::string_view, MemoryOp>, 11> names{{
    {"softmax", MemoryOp::softmax},
    {"layer_norm", MemoryOp::layer_norm},
    {"rms_norm", MemoryOp::rms_norm},
    {"gelu", MemoryOp::gelu},
    {"swiglu", MemoryOp::swiglu},
    {"residual_add", MemoryOp::residual_add},
    {"embedding", MemoryOp::embedding},
    {"cross_entropy", MemoryOp::cross_entropy},
    {"adam", MemoryOp::adam},
    {"copy", MemoryOp::copy},
    {"reduce_add", MemoryOp::reduce_add},
}};

}  // namespace

MemoryOp memory_op(std::string_view name) {
  for (const auto& [known, op] : names) {
    if (known == name) {
      return op;
    }
  }
  throw sim::Failure{"no kernel for " + std::string{name}};
}

void launch_memory(MemoryOp op, const MemoryCall& call, cudaStream_t stream) {
  switch (op) {
    case MemoryOp::softmax:
      launch_rows<Softmax>(call, stream);
      break;
    case MemoryOp::layer_norm:
      launch_rows<LayerNorm>(call, stream);
      break;
    case MemoryOp::rms_norm:
      launch_rows<RmsNorm>(call, stream);
      break;
    case MemoryOp::gelu:
      launch_elements<Gelu>(call, stream);
      break;
    case MemoryOp::swiglu:
      launch_elements<Swiglu>(call, stream);
      break;
    case MemoryOp::residual_add:
      launch_elements<Add<2>>(call, stream);
      break;
    case MemoryOp::embedding:
      launch_embedding(call, stream);
      break;
    case MemoryOp::cross_entropy:
      launch_rows<CrossEntropy>(call, stream);
      break;
    case MemoryOp::adam:
      launch_adam(call, stream);
      break;
    case MemoryOp::copy:
      launch_elements<Add<1>>(call, stream);
      break;
    case MemoryOp::reduce_add:
      launch_reduction(call, stream);
      break;
  }
  check(cudaGetLastError());
}

MemoryBytes memory_bytes(MemoryOp op, const MemoryCall& call) {
  const auto elements = static_cast<std::size_t>(call.rows * call.columns);
  const std::size_t half = 2 * elements;  // as bfloat16
  switch (op) {
    case MemoryOp::swiglu:
    case MemoryOp::residual_add:
      return {2 * half, half};
    case MemoryOp::adam:
      return {(3 * 4 * elements) + half, (3 * 4 * elements) + half};
    case MemoryOp::embedding:
      return {0, half};  // reads its table
    case MemoryOp::layer_norm:
      // Its scale and shift are the first two rows; of a single row half would be missing.
      return {std::max(half, 4 * static_cast<std::size_t>(call.columns)), half};
    case MemoryOp::reduce_add:
      return {static_cast<std::size_t>(call.inputs) * half, half};
    default:
      return {half, half};
  }
}

}  // namespace probe
