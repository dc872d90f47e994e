#pragma once
// What is measured, between the code that knows how to launch it and the code that repeats it.

#include <cstdint>
#include <memory>

#include "calibration/probe/plan.hpp"
#include "calibration/probe/sampling.hpp"
#include "calibration/sample_log.hpp"

namespace probe {

/// A point, ready to be repeated: warmed up, its buffers filled.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  Subject(Subject&&) = delete;
  Subject& operator=(Subject&&) = delete;
  virtual ~Subject() = default;

  /// Measures about so many repetitions, at least one.
  [[nodiscard]] virtual Batch take(int repetitions) = 0;

  /// How many launches each repetition is the mean of.
  [[nodiscard]] virtual std::int64_t launches() const { return 1; }

  [[nodiscard]] virtual calibration::Cache cache() const { return calibration::Cache::warm; }
};

/// Knows how to measure the points of one group.
class Benchmark {
 public:
  Benchmark() = default;
  Benchmark(const Benchmark&) = delete;
  Benchmark& operator=(const Benchmark&) = delete;
  Benchmark(Benchmark&&) = delete;
  Benchmark& operator=(Benchmark&&) = delete;
  virtual ~Benchmark() = default;

  /// Throws Unsupported if this GPU cannot do the point. The subject lives no longer than this.
  [[nodiscard]] virtual std::unique_ptr<Subject> prepare(const Point& point) = 0;
};

}  // namespace probe
