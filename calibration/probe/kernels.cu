#include "calibration/probe/kernels.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include "calibration/probe/check.hpp"

namespace probe {

namespace {

constexpr int threads = 256;
constexpr int blocks_most = 4096;

int blocks_for(std::size_t items) {
  const std::size_t needed = (items + threads - 1) / threads;
  return static_cast<int>(needed < blocks_most ? (needed > 0 ? needed : 1) : blocks_most);
}

/// PCG's output function on a counter: good bits for each index (Jarzynski and Olano, "Hash
/// functions for GPU rendering", JCGT 9(3), 2020).
__device__ std::uint32_t hash(std::uint32_t value) {
  const std::uint32_t state = value * 747796405U + 2891336453U;
  const std::uint32_t word = ((state >> ((state >> 28U) + 4U)) ^ state) * 277803737U;
  return (word >> 22U) ^ word;
}

/// The sum of four bytes of noise: near a normal distribution of mean 0 and deviation 1.
__device__ float noise(std::uint32_t bits) {
  const auto sum = static_cast<int>((bits & 0xFFU) + ((bits >> 8U) & 0xFFU) +
                                    ((bits >> 16U) & 0xFFU) + (bits >> 24U));
  constexpr float mean = 510.0F;
  constexpr float deviation = 147.8F;  // of four bytes: sqrt(4 (256^2 - 1) / 12)
  return (static_cast<float>(sum) - mean) / deviation;
}

template <class Element>
__device__ Element element_of(float value);
template <>
__device__ __nv_bfloat16 element_of(float value) {
  return __float2bfloat16(value);
}
template <>
__device__ __half element_of(float value) {
  return __float2half(value);
}
template <>
__device__ __nv_fp8_e4m3 element_of(float value) {
  return __nv_fp8_e4m3{value};
}
template <>
__device__ float element_of(float value) {
  return value;
}

template <class Element>
__global__ void fill(Element* data, std::size_t count, std::uint32_t seed) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = (static_cast<std::size_t>(blockIdx.x) * blockDim.x) + threadIdx.x; i < count;
       i += stride) {
    const auto low = static_cast<std::uint32_t>(i);
    const auto high = static_cast<std::uint32_t>(i >> 32U);
    // A sum of four bytes has no fine bits; those of real numbers are full of noise, too.
    const std::uint32_t bits = hash(low ^ hash(high ^ hash(seed)));
    const float fine = static_cast<float>(hash(bits)) * 0x1p-32F / 147.8F;
    data[i] = element_of<Element>(noise(bits) + fine);
  }
}

template <class Element>
void launch_fill_of(std::byte* data, std::size_t bytes, std::uint32_t seed, cudaStream_t stream) {
  const std::size_t count = bytes / sizeof(Element);
  fill<Element>
      <<<blocks_for(count), threads, 0, stream>>>(reinterpret_cast<Element*>(data), count, seed);
  check(cudaGetLastError());
}

__global__ void sweep(const uint4* data, std::size_t count) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  std::uint32_t seen = 0;
  for (std::size_t i = (static_cast<std::size_t>(blockIdx.x) * blockDim.x) + threadIdx.x; i < count;
       i += stride) {
    // Volatile: nothing uses what is read.
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
    std::uint32_t d = 0;
    asm volatile("ld.global.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(a), "=r"(b), "=r"(c), "=r"(d)
                 : "l"(data + i));
    seen ^= a ^ b ^ c ^ d;
  }
}

__global__ void empty() {}

__device__ std::uint64_t global_nanoseconds() {
  std::uint64_t now = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

constexpr int streaming_threads = 512;
// About what NCCL's kernels hold: the block of a large GEMM does not fit beside it.
constexpr int streaming_shared_bytes = 96 * 1024;

// If nobody says stop, because the host has failed, the GPU must not stay busy for ever.
constexpr std::uint64_t streaming_nanoseconds_most = 5'000'000'000;

__global__ void __launch_bounds__(streaming_threads) stream_memory(StreamingLoad load) {
  // Each block has a part; it copies the first half of it onto the second, chunk by chunk.
  constexpr std::size_t chunk = 512 * 1024 / sizeof(uint4);
  const std::size_t half =
      load.bytes / sizeof(uint4) / 2 / static_cast<std::size_t>(load.blocks) / chunk * chunk;
  uint4* const from = reinterpret_cast<uint4*>(load.data) + (2 * half * blockIdx.x);
  uint4* const to = from + half;
  __shared__ std::uint32_t is_over;
  std::uint64_t moved = 0;
  const std::uint64_t start = global_nanoseconds();
  for (std::size_t at = 0;; at = at + chunk < half ? at + chunk : 0) {
    for (std::size_t i = threadIdx.x; i < chunk; i += 4 * streaming_threads) {
      uint4 values[4];
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        values[j] = from[at + i + (j * streaming_threads)];
      }
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        to[at + i + (j * streaming_threads)] = values[j];
      }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      moved += 2 * chunk * sizeof(uint4);
      volatile StreamProgress* mine = load.progress + blockIdx.x;
      mine->bytes = moved;
      const std::uint64_t now = global_nanoseconds();
      mine->nanoseconds = now;
      const bool is_late = now - start > streaming_nanoseconds_most;
      is_over = is_late ? 1 : *static_cast<const volatile std::uint32_t*>(load.stop);
    }
    __syncthreads();
    if (is_over != 0) {
      return;
    }
  }
}

}  // namespace

void launch_fill(Format format, std::byte* data, std::size_t bytes, std::uint32_t seed,
                 cudaStream_t stream) {
  switch (format) {
    case Format::bfloat16:
      return launch_fill_of<__nv_bfloat16>(data, bytes, seed, stream);
    case Format::float16:
      return launch_fill_of<__half>(data, bytes, seed, stream);
    case Format::fp8:
      return launch_fill_of<__nv_fp8_e4m3>(data, bytes, seed, stream);
    case Format::tf32:
      return launch_fill_of<float>(data, bytes, seed, stream);
  }
}

void launch_sweep(const std::byte* data, std::size_t bytes, cudaStream_t stream) {
  const std::size_t count = bytes / sizeof(uint4);
  sweep<<<blocks_for(count), threads, 0, stream>>>(reinterpret_cast<const uint4*>(data), count);
  check(cudaGetLastError());
}

void launch_empty(cudaStream_t stream) {
  empty<<<1, 32, 0, stream>>>();
  check(cudaGetLastError());
}

void launch_streaming(const StreamingLoad& load, cudaStream_t stream) {
  check(cudaFuncSetAttribute(stream_memory, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             streaming_shared_bytes));
  stream_memory<<<load.blocks, streaming_threads, streaming_shared_bytes, stream>>>(load);
  check(cudaGetLastError());
}

}  // namespace probe
