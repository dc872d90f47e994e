// Which copies, disturbances and collectives are measured.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "calibration/probe/plan_parts.hpp"

namespace probe {

namespace {

constexpr double mib = 1048576;
constexpr double gib = 1024 * mib;

struct Gemm {
  double m;
  double n;
  double k;
};

calibration::Shape shape_of(const Gemm& gemm) {
  return {{"m", gemm.m}, {"n", gemm.n}, {"k", gemm.k}};
}

double seconds_of(const Gemm& gemm) {
  return Nominal::launch_s + (2 * gemm.m * gemm.n * gemm.k / Nominal::flop_per_s);
}

Point copy_point(std::string_view op, std::string_view variant, double bytes, double bandwidth) {
  constexpr double call_s = 6e-6;
  return make_point({std::string{op}, "none", std::string{variant}, {{"bytes", bytes}}}, bytes,
                    {.launch_s = call_s + (bytes / bandwidth), .budget_s = 0.04});
}

/// A GEMM beside a copy from the host and the other way round; `alone` is what both are held
/// against.
void add_overlap(std::vector<Point>& points) {
  constexpr double bytes = 64 * mib;
  const auto add = [&](const char* variant, const Gemm& gemm) {
    calibration::Shape shape = shape_of(gemm);
    shape.emplace_back("bytes", bytes);
    const double longest = std::max(seconds_of(gemm), bytes / Nominal::host_Bps);
    points.push_back(make_point({"copy_overlap", "bfloat16", variant, std::move(shape)}, bytes,
                                {.launch_s = longest, .budget_s = 0.08}));
  };
  for (const Gemm& gemm : {Gemm{4096, 4096, 4096}, Gemm{8192, 8192, 4096}, Gemm{64, 8192, 8192}}) {
    for (const char* variant : {"gemm_alone", "gemm_beside_h2d", "h2d_alone", "h2d_beside_gemm"}) {
      add(variant, gemm);
    }
  }
}

struct Collective {
  std::string_view op;
  std::vector<std::string_view> forced;
};

/// Combinations that NCCL knows for an operation; the other collectives are always rings or
/// point-to-point.
std::vector<Collective> collectives() {
  return {{"all_reduce",
           {"ring_ll", "ring_ll128", "ring_simple", "tree_ll", "tree_ll128", "tree_simple",
            "nvls_simple"}},
          {"all_gather", {"ring_ll", "ring_ll128", "ring_simple", "nvls_simple"}},
          {"reduce_scatter", {"ring_ll", "ring_ll128", "ring_simple", "nvls_simple"}},
          {"broadcast", {}},
          {"all_to_all", {}},
          {"send_receive", {}}};
}

void add_collective(std::string_view op, std::string_view variant, double ranks,
                    std::pair<double, double> sizes_and_factor, std::vector<Point>& points) {
  const auto [largest, factor] = sizes_and_factor;
  // A rank's share of a gathered buffer is at least one element of two bytes.
  for (const double bytes : geometric(std::max(8.0, 2 * ranks), largest, factor)) {
    // Several ranks pass the data on over their links; one alone copies it in its memory.
    const double bandwidth = ranks > 1 ? Nominal::link_Bps : Nominal::memory_Bps / 2;
    points.push_back(make_point(
        {std::string{op}, "bfloat16", std::string{variant}, {{"ranks", ranks}, {"bytes", bytes}}},
        bytes, {.launch_s = 20e-6 + (bytes / bandwidth), .budget_s = 0.03}));
  }
}

}  // namespace

std::vector<Point> plan_copy(const PlanRequest& request) {
  std::vector<Point> points;
  for (const char* op : {"copy_h2d", "copy_d2h"}) {
    for (const double bytes : geometric(4, 256 * mib, 2)) {
      points.push_back(copy_point(op, "pinned", bytes, Nominal::host_Bps));
    }
    for (const double bytes : geometric(4, 256 * mib, 4)) {
      points.push_back(copy_point(op, "pageable", bytes, Nominal::host_Bps / 4));
    }
    for (const double bytes : geometric(4096, 256 * mib, 4)) {
      points.push_back(copy_point(op, "bidirectional", bytes, Nominal::host_Bps));
    }
  }
  for (const double bytes : geometric(4, gib, 4)) {
    points.push_back(copy_point("copy_d2d", "default", bytes, Nominal::memory_Bps / 2));
  }
  for (int to = 1; to < request.gpus; ++to) {
    // Every size to the first neighbour, every fourth to the others.
    for (const double bytes : geometric(4, 256 * mib, to == 1 ? 4 : 64)) {
      Point point = copy_point("copy_peer", "default", bytes, Nominal::host_Bps);
      point.key.shape = {{"from", 0}, {"to", static_cast<double>(to)}, {"bytes", bytes}};
      points.push_back(std::move(point));
    }
  }
  add_overlap(points);
  return points;
}

std::vector<Point> plan_contention() {
  std::vector<Point> points;
  const auto add = [&](std::string_view op, std::string_view variant, const Gemm& gemm,
                       double blocks) {
    calibration::Shape shape = shape_of(gemm);
    shape.emplace_back("ctas", blocks);
    // Of a copy that goes on and on, the time of this much is told.
    const double bytes = op == "contention_copy" ? 64 * mib : 0;
    points.push_back(
        make_point({std::string{op}, "bfloat16", std::string{variant}, std::move(shape)}, bytes,
                   {.launch_s = 2 * seconds_of(gemm), .budget_s = 0.05}));
  };
  constexpr std::array gemms{Gemm{2048, 4096, 4096}, Gemm{4096, 4096, 4096}, Gemm{8192, 8192, 4096},
                             Gemm{4096, 14336, 4096}, Gemm{128, 8192, 8192}};
  for (const double blocks : {0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 32.0}) {
    for (const Gemm& gemm : gemms) {
      add("contention_gemm", "beside_copy", gemm, blocks);
      if (blocks > 0) {
        add("contention_copy", "beside_gemm", gemm, blocks);
      }
    }
    if (blocks > 0) {
      add("contention_copy", "alone", {0, 0, 0}, blocks);
    }
  }
  return points;
}

std::vector<Point> plan_collectives(const PlanRequest& request) {
  // A buffer to send and one to receive, and room for what NCCL and the driver keep.
  constexpr double share = 0.3;
  const double largest = std::min(8 * gib, share * request.memory_bytes);
  const double ranks = request.ranks;
  std::vector<Point> points;
  for (const Collective& collective : collectives()) {
    add_collective(collective.op, "auto", ranks, {largest, request.ranks > 1 ? 2 : 4}, points);
    // Fewer GPUs of one machine, to see what the number of ranks does.
    for (double fewer = 2; fewer < ranks && request.gpus == request.ranks; fewer *= 2) {
      add_collective(collective.op, "auto", fewer, {gib, 4}, points);
    }
    for (const std::string_view forced : collective.forced) {
      if (request.ranks > 1) {
        add_collective(collective.op, forced, ranks, {256 * mib, 4}, points);
      }
    }
  }
  return points;
}

}  // namespace probe
