#pragma once
// What a plan looks for: a training scenario whose layout is open.
//
//     model: llama-3.1-405b
//     gpu: h100-sxm-80gb
//     topology: gpu-cluster:2048x8,nvlink=450GB/s,500ns,nic=400Gbps,500ns
//     software: llama-3
//     layout: { global_batch: 2048 }     # and context_exchange, order, sequence_parallel
//     search:                            # what is tried; usual values for what is left out
//       tensor: [4, 8]                   # likewise context, pipeline, expert, expert_tensor
//       micro_batch: [1, 2]
//       chunks: [1, 2, 4]                # above 1: interleaved
//       schedule: [1f1b, zb-h1]          # of one chunk
//       recompute: [none, full]
//       sharding: [optimizer, weights]
//       shape: [512x8, 1024x8, 2048x8]   # of the topology: clusters of several sizes
//     rank: step                         # or cost, energy: of a step, by the prices
//     prices: h100-bought                # of configs/planning/prices, or a file

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/training_scenario.hpp"
#include "planning/search_space.hpp"
#include "workloads/layout.hpp"

namespace cli {

enum class RankBy : std::uint8_t { step, cost, energy };
inline constexpr std::array<std::string_view, 3> rank_names{"step", "cost", "energy"};

struct PlanScenario {
  TrainingScenario cluster;
  workloads::Layout base;  // what all layouts share
  planning::SearchSpace space;
  RankBy rank = RankBy::step;
  std::string shape{};  // of the topology, where several are searched
};

/// A plan, or one for each shape that is searched. Throws sim::Error like read_training_scenario;
/// and for a rank that the prices do not give.
[[nodiscard]] std::vector<PlanScenario> read_plan_scenarios(const sim::ConfigNode& node,
                                                            const std::string& directory);

}  // namespace cli
