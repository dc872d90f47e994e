// Which matrices are multiplied.
//
// Three parts. The shapes of transformer layers, as they are cut for tensor parallelism: what a
// prediction is asked for. Lines along m over every tile edge at a few (n, k): the steps that a
// wave of tiles makes. And a quasi-random cloud that covers the space between evenly, in logarithms
// of m, n and k, for all that nobody thought of.

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "calibration/probe/plan_parts.hpp"

namespace probe {

namespace {

using Size = std::tuple<double, double, double>;  // m, n, k

// 1 to 32,768, with both sides of every edge of a tile of 64, 128 or 256.
constexpr std::array rows{1.0,    2.0,    4.0,    8.0,    16.0,    32.0,    63.0,   64.0,   65.0,
                          127.0,  128.0,  129.0,  192.0,  255.0,   256.0,   257.0,  384.0,  511.0,
                          512.0,  513.0,  768.0,  1024.0, 1025.0,  1536.0,  2048.0, 2049.0, 3072.0,
                          4096.0, 4097.0, 6144.0, 8192.0, 12288.0, 16384.0, 32768.0};
constexpr std::array hidden_sizes{1024.0, 2048.0, 4096.0, 5120.0, 8192.0, 12288.0, 16384.0};
constexpr std::array tensor_parallel{1.0, 2.0, 4.0, 8.0};

/// n and k of the four products of a layer: query, key and value; output; up; down.
std::vector<std::pair<double, double>> layer_products(double hidden, double ways) {
  return {{3 * hidden / ways, hidden},
          {hidden, hidden / ways},
          {4 * hidden / ways, hidden},
          {hidden, 4 * hidden / ways}};
}

constexpr double flop_most = 4e12;  // 8 ms on the nominal GPU

/// Each (n, k) with `per_product` values of m: the next ones in turn, so that all come about
/// equally often.
void add_layers(std::size_t per_product, std::set<Size>& sizes) {
  constexpr std::size_t stride = 7;  // has no factor in common with the 34 rows
  std::size_t turn = 0;
  for (const double hidden : hidden_sizes) {
    for (const double ways : tensor_parallel) {
      for (const auto& [n, k] : layer_products(hidden, ways)) {
        for (std::size_t i = 0; i < per_product; ++i) {
          turn = (turn + stride) % rows.size();
          sizes.emplace(rows[turn], n, k);
        }
      }
    }
  }
}

void add_lines(std::set<Size>& sizes) {
  for (const auto& [n, k] : {std::pair{4096.0, 4096.0}, std::pair{8192.0, 8192.0},
                             std::pair{1024.0, 4096.0}, std::pair{14336.0, 4096.0}}) {
    for (const double m : rows) {
      sizes.emplace(m, n, k);
    }
  }
}

void add_small_and_odd(std::set<Size>& sizes) {
  for (const double n : {64.0, 128.0, 136.0, 256.0, 512.0}) {
    for (const double k : {64.0, 128.0, 512.0}) {
      sizes.emplace(n, n, k);
      sizes.emplace(64, n, k);
    }
  }
  for (const double odd : {1000.0, 3000.0, 5000.0}) {
    sizes.emplace(odd, odd, odd);
  }
  sizes.emplace(333, 1111, 777);  // not even a multiple of 2: the slow way of a library
  sizes.emplace(4096, 32001, 4096);
  sizes.emplace(4096, 32000, 4096);  // the logits of a vocabulary of 32,000
  sizes.emplace(2048, 50304, 4096);
}

/// Points of the Halton sequence, evenly in logarithms; n and k multiples of 16, as every format
/// allows.
void add_cloud(std::uint32_t points, std::set<Size>& sizes) {
  const auto between = [](double low, double high, double share) {
    return std::exp(std::lerp(std::log(low), std::log(high), share));
  };
  const auto multiple = [](double value) { return std::max(16.0, std::round(value / 16) * 16); };
  for (std::uint32_t i = 1; i <= points; ++i) {
    sizes.emplace(std::round(between(1, 32768, van_der_corput(i, 2))),
                  multiple(between(64, 57344, van_der_corput(i, 3))),
                  multiple(between(64, 32768, van_der_corput(i, 5))));
  }
}

struct Format {
  std::string_view dtype;
  double operand_bytes;
  double result_bytes;
  double rate;  // against bfloat16
  std::size_t per_product;
  std::uint32_t cloud;
};

constexpr std::array formats{Format{"bfloat16", 2, 2, 1, 3, 240}, Format{"float16", 2, 2, 1, 1, 60},
                             Format{"fp8", 1, 2, 1.6, 2, 140}, Format{"tf32", 4, 4, 0.5, 1, 40}};

std::set<Size> sizes_of(const Format& format) {
  std::set<Size> sizes;
  add_layers(format.per_product, sizes);
  add_cloud(format.cloud, sizes);
  if (format.dtype == "bfloat16" || format.dtype == "fp8") {
    add_lines(sizes);
  }
  add_small_and_odd(sizes);
  std::erase_if(sizes, [&](const Size& size) {
    const auto& [m, n, k] = size;
    // cublasLt multiplies fp8 only where rows are multiples of 16 bytes.
    const bool fits = format.dtype != "fp8" || (std::fmod(n, 16) == 0 && std::fmod(k, 16) == 0);
    return !fits || 2 * m * n * k > flop_most * format.rate;
  });
  return sizes;
}

double nominal_seconds(const Format& format, double flop, double bytes) {
  return Nominal::launch_s +
         std::max(flop / (Nominal::flop_per_s * format.rate), bytes / Nominal::memory_Bps);
}

/// Of both variants: what cublasLt takes by default, and the best of the eight it offers.
void add_variants(calibration::SampleKey key, double bytes, double seconds,
                  std::vector<Point>& points) {
  constexpr double trials = 8 * 4;
  key.variant = "default";
  points.push_back(make_point(key, bytes, {.launch_s = seconds, .budget_s = 0.025}));
  key.variant = "best";
  points.push_back(make_point(
      key, bytes, {.launch_s = seconds, .setup_s = 0.012 + (trials * seconds), .budget_s = 0.02}));
}

}  // namespace

std::vector<Point> plan_gemm() {
  std::vector<Point> points;
  for (const Format& format : formats) {
    for (const auto& [m, n, k] : sizes_of(format)) {
      const double bytes =
          (format.operand_bytes * ((m * k) + (n * k))) + (format.result_bytes * m * n);
      add_variants({"gemm", std::string{format.dtype}, {}, {{"m", m}, {"n", n}, {"k", k}}}, bytes,
                   nominal_seconds(format, 2 * m * n * k, bytes), points);
    }
  }
  return points;
}

std::vector<Point> plan_batched_gemm() {
  // Scores are (s x d) (s x d)^T and values (s x s) (d x s)^T, for each of a batch of heads.
  std::vector<Point> points;
  for (const double batch : {8.0, 32.0, 96.0, 256.0}) {
    for (const double sequence : {128.0, 512.0, 1024.0, 2048.0, 4096.0}) {
      for (const double head : {64.0, 128.0}) {
        const double elements = batch * sequence * (sequence + (2 * head));
        if (2 * elements > 4e9) {
          continue;
        }
        const double seconds =
            nominal_seconds(formats[0], 2 * batch * sequence * sequence * head, 2 * elements);
        // Both are the same product where a head is as long as the sequence.
        const std::set<std::pair<double, double>> products{{sequence, head}, {head, sequence}};
        for (const auto& [n, k] : products) {
          add_variants({"batched_gemm",
                        "bfloat16",
                        {},
                        {{"batch", batch}, {"m", sequence}, {"n", n}, {"k", k}}},
                       2 * elements, seconds, points);
        }
      }
    }
  }
  return points;
}

std::vector<Point> plan_grouped_gemm() {
  std::vector<Point> points;
  for (const double experts : {2.0, 8.0, 16.0, 64.0}) {
    for (const double tokens : {4.0, 32.0, 128.0, 512.0, 2048.0}) {
      for (const auto& [n, k] : {std::pair{14336.0, 4096.0}, std::pair{4096.0, 14336.0},
                                 std::pair{2048.0, 7168.0}, std::pair{7168.0, 2048.0}}) {
        const double flop = 2 * experts * tokens * n * k;
        const double bytes = 2 * experts * ((tokens * k) + (n * k) + (tokens * n));
        if (flop > flop_most || bytes > 6e9) {
          continue;
        }
        add_variants({"grouped_gemm",
                      "bfloat16",
                      {},
                      {{"experts", experts}, {"tokens", tokens}, {"n", n}, {"k", k}}},
                     bytes, nominal_seconds(formats[0], flop, bytes), points);
      }
    }
  }
  return points;
}

}  // namespace probe
