#pragma once
// Small kernels that the measurements need around what they measure.

#include <cstddef>
#include <cstdint>

#include <cuda_runtime_api.h>

namespace probe {

/// The number formats that are measured; tf32 lies in memory as a float.
enum class Format : std::uint8_t { bfloat16, float16, fp8, tf32 };

/// Fills the buffer with numbers about normally distributed around 0, other ones for each seed.
///
/// Zeros or a repeated number would draw less power, keep the clock higher, and flatter a GEMM by a
/// tenth. Requires a multiple of 16 bytes.
void launch_fill(Format format, std::byte* data, std::size_t bytes, std::uint32_t seed,
                 cudaStream_t stream);

/// Reads the whole buffer, so that the L2 cache then holds nothing else, and nothing that is still
/// to be written back. Requires a multiple of 16 bytes.
void launch_sweep(const std::byte* data, std::size_t bytes, cudaStream_t stream);

/// Does nothing.
void launch_empty(cudaStream_t stream);

/// What a block of the streaming kernel says of itself; read from the host while it runs.
struct StreamProgress {
  std::uint64_t bytes = 0;        // read and written so far
  std::uint64_t nanoseconds = 0;  // of the GPU's clock, when it had done so
};

/// Where the streaming kernel works. `blocks` blocks copy within `data`, a part of `bytes` / blocks
/// each, over and over until `*stop` is not 0, or for 5 s.
struct StreamingLoad {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
  int blocks = 1;
  const std::uint32_t* stop = nullptr;  // on the device
  StreamProgress* progress = nullptr;   // on the device, one for each block
};

/// A kernel like NCCL's: few blocks of 512 threads that stay on their processors and move memory as
/// fast as they can, and leave no room there for the blocks of a large GEMM. Requires 1 MiB for
/// each block.
void launch_streaming(const StreamingLoad& load, cudaStream_t stream);

}  // namespace probe
