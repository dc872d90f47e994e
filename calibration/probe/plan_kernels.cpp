// Which kernels of our own are measured, and at which sizes.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/probe/plan_parts.hpp"

namespace probe {

namespace {

constexpr double kib = 1024;
constexpr double mib = 1024 * kib;
constexpr double gib = 1024 * mib;

/// A kernel that does little but move memory.
struct Mover {
  std::string_view op;
  double element_bytes;  // read and written, for each element of its result
  double columns;        // of a row; 0 for a kernel that knows no rows
};

// Bytes per element, bfloat16 but for the optimiser's state:
//   in and out 2 + 2; a gate, what it lets through, the result 2 + 2 + 2; a residual likewise;
//   cross entropy reads a logit and writes its gradient over it; Adam reads a gradient of 2 and
//   reads and writes a master weight and two moments of 4, and writes a weight of 2.
constexpr std::array movers{Mover{"softmax", 4, 2048},   Mover{"layer_norm", 4, 4096},
                            Mover{"rms_norm", 4, 4096},  Mover{"gelu", 4, 0},
                            Mover{"swiglu", 6, 0},       Mover{"residual_add", 6, 0},
                            Mover{"embedding", 4, 4096}, Mover{"cross_entropy", 4, 32000},
                            Mover{"adam", 28, 0},        Mover{"copy", 4, 0}};

constexpr double vector_elements = 8;  // of 16 bytes

double vectors(double elements) {
  return std::max(vector_elements, vector_elements * std::round(elements / vector_elements));
}

Point mover_point(const Mover& mover, std::string_view variant, double moved, double columns) {
  calibration::SampleKey key{std::string{mover.op}, "bfloat16", std::string{variant}, {}};
  double elements = vectors(moved / mover.element_bytes);
  if (columns > 0) {
    const double width = std::min(columns, elements);
    const double rows = std::max(1.0, std::round(elements / width));
    key.shape = {{"rows", rows}, {"columns", width}};
    elements = rows * width;
  } else {
    key.shape = {{"elements", elements}};
  }
  const double bytes = elements * mover.element_bytes;
  return make_point(
      std::move(key), bytes,
      {.launch_s = Nominal::launch_s + (bytes / Nominal::memory_Bps), .budget_s = 0.025});
}

/// The sums inside a reduce-scatter: over the whole GPU, and on as few blocks as NCCL uses.
void add_reductions(std::vector<Point>& points) {
  for (const double inputs : {2.0, 4.0, 8.0}) {
    const double element_bytes = 2 * (inputs + 1);
    const auto add = [&](const char* variant, double moved, double blocks, double bandwidth) {
      const double elements = vectors(moved / element_bytes);
      calibration::Shape shape{{"inputs", inputs}, {"elements", elements}};
      if (blocks > 0) {
        shape.emplace_back("ctas", blocks);
      }
      const double bytes = elements * element_bytes;
      points.push_back(
          make_point({"reduce_add", "bfloat16", variant, std::move(shape)}, bytes,
                     {.launch_s = Nominal::launch_s + (bytes / bandwidth), .budget_s = 0.025}));
    };
    for (const double moved : geometric(4 * kib, gib, 4)) {
      add("default", moved, 0, Nominal::memory_Bps);
    }
    for (const double blocks : {1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 32.0}) {
      for (const double moved : {256 * kib, 4 * mib, 32 * mib}) {
        constexpr double block_Bps = 30e9;
        add("few_ctas", moved, blocks, blocks * block_Bps);
      }
    }
  }
}

struct AttentionSize {
  double batch;
  double sequence;
  double heads;
  double key_value_heads;
  double head_size;
};

constexpr double attention_flop_most = 2e12;

Point attention_point(const AttentionSize& size, double causal) {
  const double pairs = size.batch * size.heads * size.sequence * size.sequence;
  const double flop = 4 * pairs * size.head_size / (1 + causal);
  const double row_bytes = 2 * size.batch * size.sequence * size.head_size;
  const double bytes = row_bytes * 2 * (size.heads + size.key_value_heads);
  // A kernel that does not use the asynchronous tensor cores of an H100 meets half its peak.
  constexpr double flop_per_s = 200e12;
  return make_point(
      {"attention",
       "bfloat16",
       "reference",
       {{"batch", size.batch},
        {"sequence", size.sequence},
        {"heads", size.heads},
        {"key_value_heads", size.key_value_heads},
        {"head_size", size.head_size},
        {"causal", causal}}},
      bytes,
      {.launch_s = Nominal::launch_s + std::max(flop / flop_per_s, bytes / Nominal::memory_Bps),
       .budget_s = 0.03});
}

/// With as many key-value heads as heads, and an eighth of them; with and without a mask.
void add_attention(double batch, double sequence, double heads, double head_size,
                   std::vector<Point>& points) {
  const double flop = 4 * batch * heads * sequence * sequence * head_size;
  if (flop > attention_flop_most) {
    return;
  }
  for (const double group : {1.0, 8.0}) {
    for (const double causal : {0.0, 1.0}) {
      points.push_back(attention_point({batch, sequence, heads, heads / group, head_size}, causal));
    }
  }
}

}  // namespace

std::vector<Point> plan_attention() {
  std::vector<Point> points;
  for (const double head_size : {64.0, 128.0}) {
    for (const double sequence : {128.0, 257.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0}) {
      for (const double batch : {1.0, 4.0, 16.0}) {
        for (const double heads : {8.0, 32.0}) {
          add_attention(batch, sequence, heads, head_size, points);
        }
      }
    }
  }
  return points;
}

std::vector<Point> plan_memory() {
  std::vector<Point> points;
  for (const Mover& mover : movers) {
    for (const double moved : geometric(4 * kib, gib, 2)) {
      Point point = mover_point(mover, "default", moved, mover.columns);
      // Below one row of a wide kernel two sizes may round to the same shape.
      const bool is_new =
          std::ranges::none_of(points, [&](const Point& other) { return other.key == point.key; });
      if (is_new) {
        points.push_back(std::move(point));
      }
    }
    if (mover.columns > 0) {
      for (const double columns : {1024.0, 8192.0, 16384.0}) {
        for (const double moved : {2 * mib, 256 * mib}) {
          points.push_back(mover_point(mover, "default", moved, columns));
        }
      }
    } else {
      // What the L2 cache saves: sizes on both sides of it.
      for (const double moved : geometric(mib, 128 * mib, 2)) {
        points.push_back(mover_point(mover, "warm", moved, 0));
      }
    }
  }
  add_reductions(points);
  return points;
}

std::vector<Point> plan_launch() {
  std::vector<Point> points;
  const auto add = [&](std::string_view op, calibration::Shape shape, double repetition_s) {
    points.push_back(make_point({std::string{op}, "none", "default", std::move(shape)}, 0,
                                {.launch_s = repetition_s, .budget_s = 0.15}));
  };
  add("launch_latency", {}, 1e-5);
  add("launch_throughput", {{"launches", 1000}}, 3e-3);
  add("graph_launch", {}, 1e-5);
  add("graph_node", {{"nodes", 512}}, 1e-3);
  add("event_record", {{"calls", 1000}}, 1e-3);
  add("event_query", {{"calls", 1000}}, 1e-3);
  add("event_synchronize", {{"calls", 1000}}, 1e-3);
  add("stream_synchronize", {{"calls", 1000}}, 1e-3);
  return points;
}

}  // namespace probe
