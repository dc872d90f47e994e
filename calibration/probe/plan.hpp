#pragma once
// What espalier-calibrate measures: groups of points, and how long each may take.
//
// The plan is made without a GPU, from a few facts about the machine, so that it can be shown and
// tested anywhere. Within a group the points stand in an order shuffled by a fixed seed: a GPU that
// warms up slowly then does not make large sizes look slower than small ones.
//
// The expected times are those of an H100; they are upper bounds in that every point is taken to
// use its whole budget, while a quiet GPU meets the stop rule after a third of it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/probe/sampling.hpp"
#include "calibration/sample_log.hpp"

namespace probe {

/// Goes up whenever points of one version cannot stand beside points of the one before.
constexpr std::int64_t plan_version = 1;

/// One thing to measure.
struct Point {
  calibration::SampleKey key;
  double bytes = 0;     // read and written, or transferred
  Seconds budget{0};    // for repetitions
  Seconds expected{0};  // with set-up and warm-up
};

/// Points that are measured by one piece of code.
struct Group {
  std::string_view name;  // "gemm"
  std::string_view what;  // for the table of --dry-run
  std::vector<Point> points;
};

enum class Extent : std::uint8_t { full, quick };

/// What the plan depends on.
struct PlanRequest {
  Extent extent = Extent::full;
  std::vector<std::string> only;  // names of groups or of ops; empty: all
  int gpus = 1;                   // of this process
  int ranks = 1;                  // of all processes: gpus, unless started by mpirun
  double memory_bytes = 80e9;
};

/// All groups with points, in the order in which they are measured.
///
/// Throws sim::Error if `only` names what is neither a group nor an op, with the nearest name.
[[nodiscard]] std::vector<Group> make_plan(const PlanRequest& request);

[[nodiscard]] Seconds expected_seconds(const Group& group);
[[nodiscard]] Seconds expected_seconds(const std::vector<Group>& plan);

/// The plan of --dry-run, one line per group and a total.
[[nodiscard]] std::string plan_table(const std::vector<Group>& plan);

/// What a machine with so many GPUs and ranks has no means to measure, in words.
[[nodiscard]] std::vector<std::string> not_measurable(const PlanRequest& request);

}  // namespace probe
