#pragma once
// One training step of a model on a cluster: how long, how much memory, and where the time goes.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "calibration/profile.hpp"
#include "collectives/execute.hpp"
#include "topology/topology.hpp"
#include "workloads/kernel_costs.hpp"
#include "workloads/library_network.hpp"
#include "workloads/memory.hpp"
#include "workloads/rank_run.hpp"
#include "workloads/training_programs.hpp"

namespace workloads {

/// The ranks of one stage, which all do the same: the means over them.
struct StageReport {
  StageMemory memory;          // activations: the most that a rank held in the run
  std::int32_t in_flight = 0;  // micro-batches, over chunks, whose activations it holds at most
  std::array<double, category_names.size()> seconds{};  // by category
  double launch_s = 0;                                  // the GPU waited for its host
  double idle_s = 0;                                    // until the last rank of the step is done
};

struct StepReport {
  double seconds = 0;
  double tokens_per_s = 0;         // of all GPUs
  double model_flop_per_s = 0;     // per GPU, by training_flop(): recomputation not counted
  double hardware_flop_per_s = 0;  // per GPU, with what is recomputed
  std::vector<StageReport> stages;
  std::uint64_t events = 0;
  std::int32_t ranks_run = 0;  // which stand for all
};

/// Are replicas run that stand for others (symmetry.hpp), or all of them? The figures are the same.
enum class Symmetry : std::uint8_t { folded, ignored };

/// What the first rank of each stage did, with names; of up to as many stages as are asked for, the
/// first and the last ones.
struct Timeline {
  std::int32_t stages_most = 16;
  Recording recording{};
  std::vector<std::string> labels{};                 // of kernels
  std::vector<std::vector<Operation>> operations{};  // per slot of a communicator
  std::vector<std::int32_t> stage_of{};              // per recorded rank
  std::vector<std::int32_t> endpoint_of{};           // likewise: its number in the topology
  std::vector<sim::Bytes> held_always{};             // likewise: all but activations
};

/// What a rank of each stage holds at most, which the order of passes decides: known without a run.
[[nodiscard]] std::vector<StageMemory> memory_of(const Training& training);

/// What steps have in common that differ in models, layouts and recomputation only: what kernels
/// and operations take, worked out once. For one thread.
class StepCosts {
 public:
  /// All outlive this, but for `software`. Throws sim::Error for a profile without collectives, or
  /// without a kernel that the software needs.
  StepCosts(const calibration::GpuProfile& profile, const Software& software,
            const topology::Topology& topology, const collectives::ExecuteOptions& options);

  /// With a profile for each stage; collectives and messages go by that of the first one.
  StepCosts(std::span<const calibration::GpuProfile* const> profiles, const Software& software,
            const topology::Topology& topology, const collectives::ExecuteOptions& options);

  [[nodiscard]] StageKernels kernels() const;
  [[nodiscard]] LibraryNetwork& library() { return library_; }

 private:
  std::vector<KernelCosts> kernels_;
  LibraryNetwork library_;
};

/// Throws sim::Error if the topology has fewer endpoints than the layout has ranks.
void check_size(const Training& training, const topology::Topology& topology);

/// Simulates a step. Rank r of the layout is endpoint r of the topology. Collectives and messages
/// go by the methods that the profile's library takes, on the topology's network; kernels take what
/// the profile says.
///
/// Throws sim::Error if the topology has fewer endpoints than the layout has ranks, and for a
/// profile without collectives; sim::Failure if ranks wait for each other.
[[nodiscard]] StepReport run_step(const Training& training, const calibration::GpuProfile& profile,
                                  const topology::Topology& topology,
                                  const collectives::ExecuteOptions& options,
                                  Symmetry symmetry = Symmetry::folded,
                                  Timeline* timeline = nullptr);

/// The same, as one of many.
[[nodiscard]] StepReport run_step(const Training& training, StepCosts& costs,
                                  Symmetry symmetry = Symmetry::folded,
                                  Timeline* timeline = nullptr);

}  // namespace workloads
