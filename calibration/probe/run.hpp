#pragma once
// Measuring the points of a plan, one after another.

#include <cstddef>
#include <functional>
#include <vector>

#include "calibration/probe/interrupt.hpp"
#include "calibration/probe/plan.hpp"
#include "calibration/probe/progress.hpp"
#include "calibration/probe/subject.hpp"
#include "calibration/probe/workload.hpp"
#include "calibration/sample_log.hpp"

namespace probe {

/// What became of the points.
struct Outcome {
  std::size_t measured = 0;
  std::size_t unsupported = 0;  // by this GPU
  std::size_t failed = 0;       // the reason was told
  std::size_t left = 0;         // time was over
  bool is_interrupted = false;

  void add(const Outcome& other);
};

/// What measuring needs besides the points.
struct RunTools {
  const Interrupt& interrupt;
  Progress& progress;
  calibration::SampleWriter& writer;
};

/// How the points of a group are measured.
struct GroupRules {
  Seconds deadline{0};      // points after it are left
  double budget_scale = 1;  // of a point's budget
};

/// Prepares and measures a point.
using MeasurePoint = std::function<calibration::Sample(const Point& point, const StopRule& rule)>;

/// Measures points and appends their samples until all are done, the time is over, or Ctrl-C.
///
/// A point that fails is told and left, unless `is_usable` says that the GPU does not work any
/// more: then the failure is thrown on.
[[nodiscard]] Outcome run_points(const Group& group, const GroupRules& rules, const RunTools& tools,
                                 const MeasurePoint& measure_point,
                                 const std::function<bool()>& is_usable);

/// Measures a group with its benchmark.
[[nodiscard]] Outcome run_group(const Gpu& gpu, const Group& group, const GroupRules& rules,
                                const RunTools& tools);

/// The sample of a point that `subject` stands for.
[[nodiscard]] calibration::Sample sample_of(const Point& point, const Subject& subject,
                                            const Measured& measured);

}  // namespace probe
