#pragma once
// Does the points of a sweep: by several threads, and by all processes of a team.

#include <cstddef>
#include <filesystem>
#include <functional>

#include "cli/sweep.hpp"
#include "cli/sweep_journal.hpp"
#include "cli/team.hpp"

namespace cli {

/// Every `of`-th point, from the `number`-th on, which counts from 1.
struct Shard {
  std::size_t number = 1;
  std::size_t of = 1;

  [[nodiscard]] bool has(std::size_t point) const { return point % of == number - 1; }
};

struct SweepRun {
  std::filesystem::path directory;  // where points are kept
  std::size_t threads = 1;          // of each process
  Shard shard{};
  std::function<bool()> was_asked_to_stop;
  // How many points of the shard are done, of how many. From one thread at a time.
  std::function<void(std::size_t done, std::size_t total)> on_done;
};

struct SweepOutcome {
  FinishedPoints points;     // of this and of earlier runs; the leader's only
  std::size_t done = 0;      // points of the shard that are done
  std::size_t total = 0;     // points of the shard
  std::size_t new_ones = 0;  // done by this run
};

/// Runs what is missing in the journals of `directory`, or was of other files then. Points that are
/// done are kept at once. Every process of the team calls it.
///
/// Throws sim::Failure if a point cannot be kept, such as with a full disk; those before it are.
[[nodiscard]] SweepOutcome run_sweep(const Sweep& sweep, const SweepRun& run, Team& team);

}  // namespace cli
