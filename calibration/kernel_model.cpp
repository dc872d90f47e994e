#include "calibration/kernel_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/contract.hpp"

namespace calibration {
namespace {

constexpr std::array<std::string_view, 3> gemm_shape{"m", "n", "k"};
constexpr std::array<std::string_view, 4> batched_shape{"batch", "m", "n", "k"};
constexpr std::array<std::string_view, 4> grouped_shape{"experts", "tokens", "n", "k"};
constexpr std::array<std::string_view, 5> attention_shape{"batch", "sequence", "heads",
                                                          "key_value_heads", "head_size"};

/// Rows and columns of the result that one processor works at. cuBLAS has such sizes.
struct Tile {
  double rows = 0;
  double columns = 0;
};
constexpr std::array<Tile, 11> tiles{{{16, 64},
                                      {32, 32},
                                      {64, 32},
                                      {64, 64},
                                      {128, 64},
                                      {64, 128},
                                      {128, 128},
                                      {256, 64},
                                      {64, 256},
                                      {256, 128},
                                      {128, 256}}};

/// Where the numbers of a GEMM stand.
enum GemmNumber : std::uint8_t { launch, bandwidth, norm, split, sum, rates };
constexpr std::size_t begins = rates + tiles.size();
constexpr std::size_t gemm_numbers = begins + tiles.size();

/// Of attention: rates of blocks of 64 and 128 queries.
enum AttentionNumber : std::uint8_t {
  attention_launch,
  attention_bandwidth,
  attention_norm,
  rate_64,
  rate_128,
  block,
  length,
  rounding,
  attention_numbers
};

constexpr std::array<double, 2> block_queries{64, 128};

double p_norm(double a, double b, double p) {
  return std::pow(std::pow(a, p) + std::pow(b, p), 1 / p);
}

/// Any kind of GEMM.
struct Gemm {
  double batch = 1;
  double m = 0;
  double n = 0;
  double k = 0;
};

Gemm gemm_of(Kernel kernel, std::span<const double> shape) {
  if (kernel == Kernel::gemm) {
    return {.m = shape[0], .n = shape[1], .k = shape[2]};
  }
  return {.batch = shape[0], .m = shape[1], .n = shape[2], .k = shape[3]};
}

double tiles_of(const Tile& tile, const Gemm& gemm) {
  return gemm.batch * std::ceil(gemm.m / tile.rows) * std::ceil(gemm.n / tile.columns);
}

double blocks_of(double queries, std::span<const double> shape) {
  return shape[0] * shape[2] * std::ceil(shape[1] / queries);
}

double gemm_compute(const Machine& machine, std::span<const double> numbers, const Gemm& gemm) {
  const double k = gemm.k;
  const double processors = machine.processors;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const double count = tiles_of(tiles[i], gemm);
    const double per_k = 2 * tiles[i].rows * tiles[i].columns / numbers[rates + i];
    constexpr int parts_max = 32;
    constexpr double k_min = 64;  // no part of k is shorter
    for (int split_in = 1; split_in <= parts_max; split_in *= 2) {
      const double parts = split_in;
      if (parts > 1 && (k / parts < k_min || count >= processors)) {
        break;
      }
      const double waves = std::ceil(count * parts / processors);
      const double adding =
          parts > 1 ? numbers[split] + (numbers[sum] * gemm.batch * gemm.m * gemm.n * parts) : 0;
      least = std::min(least, (waves * ((per_k * k / parts) + numbers[begins + i])) + adding);
    }
  }
  return least;
}

double attention_compute(const Machine& machine, std::span<const double> numbers,
                         std::span<const double> shape) {
  const double sequence = shape[1];
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < block_queries.size(); ++i) {
    const double queries = block_queries[i];
    const double blocks = blocks_of(queries, shape);
    const double keys = (sequence + queries) / 2;  // of a causal row, on average
    const double one = (4 * queries * keys * shape[4] / numbers[rate_64 + i]) + numbers[block];
    // Blocks differ in length, so that waves are not quite in step.
    const double waves = std::ceil(blocks / machine.processors);
    const double smooth = std::max(blocks / machine.processors, 1.0);
    const double share = std::min(numbers[rounding], 1.0);
    least = std::min(least, one * ((share * waves) + ((1 - share) * smooth)));
  }
  return least;
}

}  // namespace

std::span<const std::string_view> shape_names(Kernel kernel) {
  switch (kernel) {
    case Kernel::gemm:
      return gemm_shape;
    case Kernel::attention:
      break;
    case Kernel::batched_gemm:
      return batched_shape;
    case Kernel::grouped_gemm:
      return grouped_shape;
  }
  return attention_shape;
}

Work work_of(Kernel kernel, const Machine& machine, std::span<const double> shape) {
  sim::require(shape.size() == shape_names(kernel).size(), "a shape has all its numbers");
  if (kernel != Kernel::attention) {
    const auto [batch, m, n, k] = gemm_of(kernel, shape);
    constexpr double result_bytes = 2;  // whatever the operands are
    return {
        .operations = 2 * batch * m * n * k,
        .bytes = batch * ((((m * k) + (n * k)) * machine.element_bytes) + (m * n * result_bytes))};
  }
  const double tokens = shape[0] * shape[1];
  const double queries = 2 * tokens * shape[2] * shape[4];  // and results
  const double keys = 2 * tokens * shape[3] * shape[4];     // and values
  return {.operations = 2 * tokens * shape[1] * shape[2] * shape[4],
          .bytes = (queries + keys) * machine.element_bytes};
}

double model_seconds(Kernel kernel, const Machine& machine, std::span<const double> numbers,
                     std::span<const double> shape) {
  const double bytes = work_of(kernel, machine, shape).bytes;
  if (kernel != Kernel::attention) {
    return numbers[launch] + p_norm(gemm_compute(machine, numbers, gemm_of(kernel, shape)),
                                    bytes / numbers[bandwidth], numbers[norm]);
  }
  return numbers[attention_launch] + (numbers[length] * std::log2(1 + shape[1])) +
         p_norm(attention_compute(machine, numbers, shape), bytes / numbers[attention_bandwidth],
                numbers[attention_norm]);
}

const std::vector<std::string>& number_names(Kernel kernel) {
  static const std::vector<std::string> gemm = [] {
    std::vector<std::string> names{"launch_s", "bandwidth_Bps", "norm", "split_s",
                                   "split_s_per_element"};
    for (const Tile& tile : tiles) {
      names.push_back(fmt::format("tile_{}x{}_rate_per_s", tile.rows, tile.columns));
    }
    for (const Tile& tile : tiles) {
      names.push_back(fmt::format("tile_{}x{}_s", tile.rows, tile.columns));
    }
    return names;
  }();
  static const std::vector<std::string> attention{"launch_s",          "bandwidth_Bps",  "norm",
                                                  "rate_64_per_s",     "rate_128_per_s", "block_s",
                                                  "length_s_per_log2", "wave_share"};
  return kernel == Kernel::attention ? attention : gemm;
}

std::vector<double> first_numbers(Kernel kernel, const Machine& machine, double operations_per_s,
                                  double bytes_per_s) {
  const double rate = operations_per_s / machine.processors;
  constexpr double microsecond = 1e-6;
  if (kernel == Kernel::attention) {
    std::vector<double> numbers(attention_numbers, microsecond);
    numbers[attention_launch] = 10 * microsecond;
    numbers[attention_bandwidth] = bytes_per_s;
    numbers[attention_norm] = 2;
    numbers[rate_64] = 0.6 * rate;
    numbers[rate_128] = rate;
    numbers[length] = 0.1 * microsecond;
    numbers[rounding] = 0.5;
    return numbers;
  }
  std::vector<double> numbers(gemm_numbers, microsecond / 2);
  numbers[launch] = 2 * microsecond;
  numbers[bandwidth] = bytes_per_s;
  numbers[norm] = 3;
  numbers[split] = 2 * microsecond;
  numbers[sum] = 1e-12;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    // The larger a tile, the more it does with what it loads: half of the rate at 64 x 64.
    const double area = tiles[i].rows * tiles[i].columns;
    numbers[rates + i] = rate * std::min(1.0, std::sqrt(area / 16384));
  }
  return numbers;
}

std::vector<double> carried_numbers(Kernel kernel, std::span<const double> numbers,
                                    const SheetRatios& ratios) {
  std::vector<double> out{numbers.begin(), numbers.end()};
  if (kernel == Kernel::attention) {
    out[attention_bandwidth] *= ratios.bandwidth;
    out[rate_64] *= ratios.processor_rate;
    out[rate_128] *= ratios.processor_rate;
    out[block] /= ratios.processor_rate;
    return out;
  }
  out[bandwidth] *= ratios.bandwidth;
  out[sum] /= ratios.bandwidth;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    out[rates + i] *= ratios.processor_rate;
    out[begins + i] /= ratios.processor_rate;
  }
  return out;
}

std::vector<double> unfilled_waves(Kernel kernel, const Machine& machine,
                                   std::span<const double> shape) {
  std::vector<double> out;
  const auto add = [&](double parts) {
    const double waves = parts / machine.processors;
    out.push_back(std::min(std::log2(std::ceil(waves) / waves), 1.0));
  };
  if (kernel != Kernel::attention) {
    for (const Tile& tile : tiles) {
      add(tiles_of(tile, gemm_of(kernel, shape)));
    }
  } else {
    for (const double queries : block_queries) {
      add(blocks_of(queries, shape));
    }
  }
  return out;
}

std::size_t tile_sizes(Kernel kernel) {
  return kernel == Kernel::attention ? block_queries.size() : tiles.size();
}

}  // namespace calibration
