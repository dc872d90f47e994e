#pragma once
// The benchmarks, one for each group of the plan. Each is made before the first point of its group
// and destroyed after the last, with its buffers.

#include <memory>

#include "calibration/probe/plan.hpp"
#include "calibration/probe/subject.hpp"
#include "calibration/probe/workload.hpp"

namespace probe {

/// gemm, batched_gemm and grouped_gemm.
[[nodiscard]] std::unique_ptr<Benchmark> make_gemm_benchmark(const Gpu& gpu, const Group& group);

/// Checks the fused kernel against the definition first. Throws sim::Failure if they differ.
[[nodiscard]] std::unique_ptr<Benchmark> make_attention_benchmark(const Gpu& gpu,
                                                                  const Group& group);
[[nodiscard]] std::unique_ptr<Benchmark> make_memory_benchmark(const Gpu& gpu, const Group& group);
[[nodiscard]] std::unique_ptr<Benchmark> make_launch_benchmark(const Gpu& gpu, const Group& group);
[[nodiscard]] std::unique_ptr<Benchmark> make_copy_benchmark(const Gpu& gpu, const Group& group);
[[nodiscard]] std::unique_ptr<Benchmark> make_contention_benchmark(const Gpu& gpu,
                                                                   const Group& group);

/// The benchmark of a group of the plan. Requires one that is not "collectives", which child
/// processes measure.
[[nodiscard]] std::unique_ptr<Benchmark> make_benchmark(const Gpu& gpu, const Group& group);

}  // namespace probe
