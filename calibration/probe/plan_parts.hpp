#pragma once
// The parts that make_plan() puts together, one function per group. Only the plan's own files
// include this.

#include <string>
#include <string_view>
#include <vector>

#include "calibration/probe/plan.hpp"

namespace probe {

/// What a nominal GPU, an H100 SXM, needs for a launch: enough to say how long a plan takes, and
/// used for nothing else.
struct Nominal {
  static constexpr double launch_s = 4e-6;
  static constexpr double flop_per_s = 500e12;  // bfloat16; less than the peak, as small GEMMs are
  static constexpr double memory_Bps = 2.2e12;
  static constexpr double host_Bps = 20e9;
  static constexpr double link_Bps = 100e9;
};

/// What a point costs besides its repetitions: choosing a kernel, loading it, capturing a graph,
/// and forcing its line to the disk.
struct PointTime {
  double launch_s = 0;  // of one launch, nominally
  double setup_s = 0.01;
  double budget_s = 0.03;
};

/// A point with its expected time: the set-up, the warm-up (ten launches or 50 ms) and its budget,
/// or twelve repetitions where those take longer.
[[nodiscard]] Point make_point(calibration::SampleKey key, double bytes, const PointTime& time);

/// `first`, and on by `factor` up to `last`.
[[nodiscard]] std::vector<double> geometric(double first, double last, double factor);

/// Number `index` (from 1) of the van der Corput sequence in a base: with bases 2, 3 and 5 the
/// Halton sequence, which fills a cube evenly. In (0, 1).
[[nodiscard]] double van_der_corput(std::uint32_t index, std::uint32_t base);

[[nodiscard]] std::vector<Point> plan_gemm();
[[nodiscard]] std::vector<Point> plan_batched_gemm();
[[nodiscard]] std::vector<Point> plan_grouped_gemm();
[[nodiscard]] std::vector<Point> plan_attention();
[[nodiscard]] std::vector<Point> plan_memory();
[[nodiscard]] std::vector<Point> plan_launch();
[[nodiscard]] std::vector<Point> plan_copy(const PlanRequest& request);
[[nodiscard]] std::vector<Point> plan_contention();
[[nodiscard]] std::vector<Point> plan_collectives(const PlanRequest& request);

}  // namespace probe
