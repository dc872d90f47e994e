#include "calibration/probe/run.hpp"

#include <exception>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "calibration/probe/benchmarks.hpp"
#include "calibration/probe/check.hpp"
#include "sim/error.hpp"

namespace probe {

void Outcome::add(const Outcome& other) {
  measured += other.measured;
  unsupported += other.unsupported;
  failed += other.failed;
  left += other.left;
  is_interrupted = is_interrupted || other.is_interrupted;
}

calibration::Sample sample_of(const Point& point, const Subject& subject,
                              const Measured& measured) {
  return {.key = point.key,
          .bytes = point.bytes,
          .seconds = measured.seconds,
          .repetitions = measured.repetitions,
          .launches = subject.launches(),
          .cache = subject.cache(),
          .state = measured.state,
          .dropped = measured.dropped};
}

Outcome run_points(const Group& group, const GroupRules& rules, const RunTools& tools,
                   const MeasurePoint& measure_point, const std::function<bool()>& is_usable) {
  Outcome outcome;
  tools.progress.begin_group(group.name, group.points.size());
  for (std::size_t i = 0; i < group.points.size(); ++i) {
    const Point& point = group.points[i];
    outcome.is_interrupted = tools.interrupt.is_requested();
    if (outcome.is_interrupted || host_now() >= rules.deadline) {
      outcome.left = group.points.size() - i;
      break;
    }
    try {
      const calibration::Sample sample =
          measure_point(point, {.budget = point.budget * rules.budget_scale});
      tools.writer.append(calibration::to_line(sample));
      ++outcome.measured;
    } catch (const Unsupported& reason) {
      ++outcome.unsupported;
      tools.progress.note(
          fmt::format("{}: not possible here: {}", point.key.text(), reason.what()));
    } catch (const sim::Failure& failure) {
      tools.progress.note(fmt::format("{}: failed: {}", point.key.text(), failure.what()));
      if (!is_usable()) {
        throw;  // the reason once more, as that of the end
      }
      ++outcome.failed;
    }
    tools.progress.point_done(point.expected);
  }
  return outcome;
}

Outcome run_group(const Gpu& gpu, const Group& group, const GroupRules& rules,
                  const RunTools& tools) {
  // An error of CUDA stays: once a kernel has gone wrong, every later call says so.
  const auto is_usable = [] { return cudaDeviceSynchronize() == cudaSuccess; };
  std::unique_ptr<Benchmark> benchmark;
  try {
    benchmark = make_benchmark(gpu, group);
    gpu.wake();
  } catch (const Unsupported& reason) {
    tools.progress.note(fmt::format("{}: not possible here: {}", group.name, reason.what()));
    return {.unsupported = group.points.size()};
  } catch (const sim::Failure& failure) {
    if (!is_usable()) {
      throw;
    }
    tools.progress.note(fmt::format("{}: left out: {}", group.name, failure.what()));
    return {.failed = group.points.size()};
  }
  const auto measure_point = [&](const Point& point, const StopRule& rule) {
    const std::unique_ptr<Subject> subject = benchmark->prepare(point);
    const Measured measured =
        measure(rule, [&](int repetitions) { return subject->take(repetitions); }, host_now);
    return sample_of(point, *subject, measured);
  };
  return run_points(group, rules, tools, measure_point, is_usable);
}

}  // namespace probe
