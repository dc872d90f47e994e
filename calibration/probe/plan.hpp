#pragma once
// What espalier-calibrate measures: groups of points, and how long each may take.
//
// The plan is made without a GPU, from a few facts about the machine, so that it can be shown and
// tested anywhere. Within a group the points stand in an order shuffled by a fixed seed: a GPU that
// warms up slowly then does not make large sizes look slower than small ones.
//
// Operations, their shapes in the sample file, and what one launch of them is:
//
//   gemm               m n k                  C (m x n) = A (m x k) B^T, row by row, as a linear
//                                             layer; variant default or best (of cublasLt's eight)
//   batched_gemm       batch m n k            so many of them at once
//   grouped_gemm       experts tokens n k     likewise, m being the tokens of each expert
//   attention          batch sequence heads key_value_heads head_size causal (0 or 1)
//   softmax layer_norm rms_norm embedding cross_entropy
//                      rows columns           bytes are those read and written
//   gelu swiglu residual_add adam copy
//                      elements               likewise; variant warm: operands in the L2 cache
//   reduce_add         inputs elements        the sum of so many buffers; variant few_ctas: with
//                                             ctas, on so many blocks of 512 threads
//   launch_latency ... stream_synchronize     see launch_benchmark.cpp
//   copy_h2d copy_d2h  bytes                  variant pinned, pageable or bidirectional
//   copy_d2d           bytes                  copied, so twice as many are moved
//   copy_peer          from to bytes
//   copy_overlap       m n k bytes            variant gemm_alone, gemm_beside_h2d, h2d_alone or
//                                             h2d_beside_gemm: the time of what is named first
//   contention_gemm    m n k ctas             a GEMM beside so many blocks that stream memory
//   contention_copy    m n k ctas             the time in which they move 64 MiB; variant alone:
//                                             without a GEMM
//   all_reduce ... send_receive
//                      ranks bytes            sizes as nccl-tests counts them; variant auto or
//                                             what is forced: ring_ll128, nvls_simple
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
