#pragma once
// What to train, with what, and on what: a scenario with a model.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "calibration/profile.hpp"
#include "cli/known_files.hpp"
#include "collectives/execute.hpp"
#include "planning/parts.hpp"
#include "planning/prices.hpp"
#include "sim/config.hpp"
#include "topology/topology.hpp"
#include "workloads/gpu.hpp"
#include "workloads/training_programs.hpp"
#include "workloads/training_step.hpp"

namespace cli {

/// A training step.
///
///     model: gpt3-175b             # of configs/models, a file (also Hugging Face's), a mapping
///     sequence: 2048               # tokens; those of the model if left out
///     gpu: a100-sxm-80gb           # of configs/gpus, or a file
///     profile: my-profile.yaml     # what kernels and messages cost; that of the GPU if left out
///     topology: gpu-cluster:128x8,nvlink=300GB/s,500ns,nic=200Gbps,500ns
///     layout: { tensor: 8, pipeline: 8, chunks: 2, micro_batch: 1, global_batch: 1536 }
///     schedule: interleaved        # gpipe, 1f1b, zb-h1; or a list, per stage: "F0 F1 B0 B1"
///     software: megatron-2021      # of configs/software, a file, or {like: ..., ...}
///     network: flow                # or ideal
///     routing: auto                # adaptive; on a torus or a mesh dimension-order
///     symmetry: true               # replicas that do the same are run once; false: each of them
///     seed: 1
///     stage_gpus: [h100-sxm-80gb, a100-sxm-80gb]   # of each stage, where they differ
///     stragglers: { 17: 1.3 }      # GPU 17 takes 1.3 times as long for its kernels
///
/// The layout is as in workloads/layout.hpp, on all GPUs of the topology, or on `gpus` of them;
/// software as in workloads/software.hpp. `search` and `rank` are for plan_scenario.hpp, `run` for
/// forecast_scenario.hpp, `prices` for both.
/// The GPUs of one stage, where stages differ.
struct StageGpu {
  workloads::Gpu gpu;
  calibration::GpuProfile profile;
  std::string profile_name;
};

struct TrainingScenario {
  std::string topology_name;
  std::string software_name;
  std::string profile_name;  // "A100-SXM-80GB, fitted (configs/profiles/a100.yaml)"
  workloads::Training training;
  workloads::PipelineKind schedule{};
  workloads::Gpu gpu;
  calibration::GpuProfile profile;
  std::vector<StageGpu> stage_gpus{};  // of each stage; empty: all are `gpu`
  topology::Topology topology;
  collectives::ExecuteOptions execute;
  workloads::Symmetry symmetry = workloads::Symmetry::folded;
  std::int32_t gpus = 0;  // that are used: the first ones of the topology
  std::optional<planning::Prices> prices{};
  planning::Parts parts{};    // of the topology as it was bought, if there are prices
  std::string text;           // the scenario and the files that it names, in one line
  std::string topology_text;  // what it says of the topology, likewise
};

/// 16 hexadecimal digits over all of it: files of the same content are the same.
[[nodiscard]] std::string hash_of(const TrainingScenario& scenario, KnownFiles& known);
[[nodiscard]] std::string hash_of(const TrainingScenario& scenario);

/// Is this the scenario of a training step, and not of a collective?
[[nodiscard]] bool is_training(const sim::ConfigNode& node);

/// All but the layout and the schedule, for those who look for these.
[[nodiscard]] TrainingScenario read_cluster(const sim::ConfigNode& node,
                                            const std::string& directory, KnownFiles& known);

/// Memory of the GPUs of a stage, in bytes.
[[nodiscard]] double memory_of_gpus(const TrainingScenario& scenario, std::size_t stage);

/// Simulates the step of a scenario.
[[nodiscard]] workloads::StepReport run_step(const TrainingScenario& scenario,
                                             workloads::Timeline* timeline = nullptr);

/// Reads a scenario. `directory` is where relative paths start; empty for the current one. Throws
/// sim::Error at whatever is wrong.
[[nodiscard]] TrainingScenario read_training_scenario(const sim::ConfigNode& node,
                                                      const std::string& directory,
                                                      KnownFiles& known);
[[nodiscard]] TrainingScenario read_training_scenario(const sim::ConfigNode& node,
                                                      const std::string& directory);

}  // namespace cli
