#pragma once
// What a data sheet says of a GPU (or another accelerator).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"
#include "sim/units.hpp"

namespace workloads {

enum class Format : std::uint8_t { float16, bfloat16, tfloat32, fp8 };
inline constexpr std::array<std::string_view, 4> format_names{"float16", "bfloat16", "tfloat32",
                                                              "fp8"};

struct Gpu {
  std::string name;
  std::vector<std::string> sources;
  std::int32_t processors = 0;  // streaming multiprocessors, or what comes nearest
  sim::Bytes memory;
  sim::Bandwidth memory_bandwidth;
  sim::Bandwidth scale_up;  // what it sends, at most, to GPUs of its server or torus, by all links
  std::optional<double> power_w{};  // what the data sheet allows it to draw
  std::string like;                 // the measured GPU that comes nearest; empty: none is named
  std::array<double, format_names.size()> flop_per_s{};  // dense; 0: the GPU does not have it

  [[nodiscard]] double peak(Format format) const {
    return flop_per_s.at(static_cast<std::size_t>(format));
  }
};

/// Reads
///
///     name: H100-SXM-80GB
///     sources: [where these figures are from]
///     processors: 132
///     memory: 80 GB
///     memory_bandwidth: 3350 GB/s
///     scale_up: 450 GB/s      # NVLink, per direction
///     power_w: 700            # optional: what it draws at most
///     like: A100-SXM-80GB     # optional: whose profile is carried over if it has none
///     tflops: {float16: 989.4, bfloat16: 989.4, tfloat32: 494.7, fp8: 1978.9}   # dense
///
/// Throws sim::Error at unknown keys, figures out of range, and a file without sources.
[[nodiscard]] Gpu read_gpu(const sim::ConfigNode& node);

}  // namespace workloads
