#pragma once
// The best ways to train a model on a cluster, found without simulating all of them.
//
// Of all candidates those that fit into memory are given a bound (workloads/step_bound.hpp), and
// simulated from the lowest bound on, some at a time, until the next bound is above the value of as
// many as are wanted: what is left cannot be among them. So the best are those of a search that
// simulates everything.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "planning/search_space.hpp"
#include "sim/units.hpp"
#include "workloads/training_step.hpp"

namespace planning {

/// What is made as small as can be. `seconds` are of a step, of which an average GPU computes for
/// `busy_s`. Must not fall when one of them grows.
using Objective = std::function<double(double seconds, double busy_s)>;

/// Steps on one cluster, with one profile.
struct SearchProblem {
  const workloads::Transformer* model = nullptr;
  const workloads::Software* software = nullptr;  // but for recomputation
  const calibration::GpuProfile* profile = nullptr;
  const topology::Topology* topology = nullptr;
  const collectives::ExecuteOptions* options = nullptr;
  sim::Bytes memory;  // of a GPU
  Objective objective;
  Objective cost = nullptr;  // of a step, for the front; may be left out
};

struct SearchOptions {
  std::size_t wanted = 10;
  // Also all that no other beats in both time and memory, and, if there is one, in time and cost.
  bool wants_front = false;
  std::size_t threads = 1;
  // Hears how many of how many are bounded, and then how many simulated. From one thread at a time.
  std::function<void(std::size_t done, std::size_t total)> on_bounded = [](auto, auto) {};
  std::function<void(std::size_t done, std::size_t total)> on_simulated = [](auto, auto) {};
};

/// A candidate that was simulated.
struct Found {
  Candidate candidate;
  workloads::StepReport report;
  double busy_s = 0;  // what an average GPU computes, of the step
  double memory = 0;  // bytes, of the fullest stage
  double bound = 0;   // of the objective
  double value = 0;   // likewise, as simulated
};

struct SearchResult {
  std::vector<Found> found;  // all that were simulated, the best first; ties in their order
  std::size_t candidates = 0;
  std::size_t fitting = 0;  // into memory
  double least_memory = 0;  // bytes that the leanest one needs; of use where none fits
};

/// Searches. The result does not depend on the number of threads. Throws like run_step.
[[nodiscard]] SearchResult search(const SearchProblem& problem,
                                  const std::vector<Candidate>& candidates,
                                  const SearchOptions& options);

/// Seconds that a GPU computes in a step: the mean over stages.
[[nodiscard]] double busy_seconds(const workloads::StepReport& report);

}  // namespace planning
