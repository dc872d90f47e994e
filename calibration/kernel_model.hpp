#pragma once
// What a kernel takes, in a few numbers with a meaning.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibration {

enum class Kernel : std::uint8_t { gemm, attention, batched_gemm, grouped_gemm };
inline constexpr std::array<std::string_view, 4> kernel_names{"gemm", "attention", "batched_gemm",
                                                              "grouped_gemm"};

/// The numbers that say how large a kernel is:
///
///   gemm           m, n, k: an m x k matrix times a k x n one
///   attention      batch, sequence, heads, key-value heads, head size: fused, causal, forward
///   batched_gemm   batch, m, n, k: so many of them at once
///   grouped_gemm   experts, tokens of each, n, k: likewise
[[nodiscard]] std::span<const std::string_view> shape_names(Kernel kernel);

/// What a measured kernel may be: sizes are whole, and times from 1 ns to 11 days.
struct KernelBounds {
  static constexpr std::int64_t size_most = std::int64_t{1} << 31;
  static constexpr double seconds_least = 1e-9;
  static constexpr double seconds_most = 1e6;
};

struct Machine {
  std::int32_t processors = 0;  // streaming multiprocessors, that work at tiles of their own
  double element_bytes = 2;     // of an operand
};

/// Seconds for a shape, by a roofline with tiles and waves:
///
///     launch + |compute, memory|_p
///
/// `memory` is all operands and results once at `bandwidth`; `compute` the least, over tile sizes
/// (of a GEMM: and over ways to split k), of
///
///     waves = ceil(tiles / processors), each as long as one tile takes: its work at the tile's
///     rate, and what begins and ends it
///
/// The p-norm is between their sum (p = 1) and the larger one (p = infinity).
///
/// `numbers`: see `number_names`; all above 0.
[[nodiscard]] double model_seconds(Kernel kernel, const Machine& machine,
                                   std::span<const double> numbers, std::span<const double> shape);

/// What the numbers of a model are called: "launch_s", "bandwidth_Bps", ...
[[nodiscard]] const std::vector<std::string>& number_names(Kernel kernel);

/// Where a fit may start, given the greatest rates that were seen: operations and bytes a second.
[[nodiscard]] std::vector<double> first_numbers(Kernel kernel, const Machine& machine,
                                                double operations_per_s, double bytes_per_s);

/// How another machine differs by its data sheet: factors.
struct SheetRatios {
  double processor_rate = 1;  // operations per second of one processor, in a kernel's format
  double bandwidth = 1;       // of memory
};

/// The numbers of a model for that machine, which reaches as much of its data sheet: a processor's
/// times and rates go by its rate, those of memory by its bandwidth, and launches stay.
[[nodiscard]] std::vector<double> carried_numbers(Kernel kernel, std::span<const double> numbers,
                                                  const SheetRatios& ratios);

/// Multiplications and additions, and bytes read and written if each is once.
struct Work {
  double operations = 0;
  double bytes = 0;
};
[[nodiscard]] Work work_of(Kernel kernel, const Machine& machine, std::span<const double> shape);

/// For each size of tile (of attention: of block) that the model knows, how much longer whole waves
/// take than the tiles in them would, as a logarithm of base 2: 0 if the last wave is full, and 1,
/// at most, if half of the processors or more idle in all waves.
[[nodiscard]] std::vector<double> unfilled_waves(Kernel kernel, const Machine& machine,
                                                 std::span<const double> shape);
/// How many that are.
[[nodiscard]] std::size_t tile_sizes(Kernel kernel);

}  // namespace calibration
