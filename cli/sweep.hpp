#pragma once
// Many scenarios from one: a base, and what is different in each.
//
//     base: ../scenarios/training/gpt3-175b-1024.yaml   # a scenario's file, or its keys
//     set: { symmetry: true }                           # over the base, at every point
//     axes:                                             # every combination, the last one fastest
//       - layout.tensor: [1, 2, 4, 8]
//       - layout.pipeline: 1..16                        # doubling
//       - link.bandwidth: { from: 100 Gbps, to: 1 Tbps, steps: 5 }   # a constant factor apart
//       - seed: { from: 1, to: 5, by: 1 }
//       - zip:                                          # together
//           topology: [gpu-cluster:64x8, gpu-cluster:128x8]
//           layout.global_batch: [768, 1536]
//     skip:                                             # combinations that are left out
//       - layout.tensor * layout.pipeline > 64
//       - { schedule: gpipe, layout.chunks: 2 }
//     unfit: run                                        # or skip: what does not fit into memory
//     plots: [scaling]                                  # sweep_plots.hpp
//
// Keys are dotted paths into the scenario. The algorithms and sizes of a collective are axes too,
// the innermost ones, unless axes of these names are there.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace cli {

/// One scenario of a sweep.
struct SweepPoint {
  sim::ConfigNode scenario;
  std::vector<std::pair<std::string, std::string>> values;  // of the axes: key and text
  std::string key;  // 16 hexadecimal digits over the scenario as written, and the program's version
};

struct Sweep {
  std::string directory;  // where the paths of the base start
  bool is_training = false;
  bool runs_unfit = true;
  std::vector<SweepPoint> points;  // without those that are skipped
  std::size_t skipped = 0;
};

inline constexpr std::size_t points_max = 1'000'000;

/// Reads a sweep. `directory` is where its own paths start. Throws sim::Error at whatever is wrong
/// with the sweep itself; a point's scenario may still be wrong.
[[nodiscard]] Sweep read_sweep(const sim::ConfigNode& node, const std::string& directory);

}  // namespace cli
