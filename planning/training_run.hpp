#pragma once
// The run, not just the step: a training over weeks, with failures, checkpoints, restarts and
// spares.
//
// Training does steps, all of the same length. After every so many it saves a checkpoint, for which
// it stands still for a while; after the last step too, and the run is over when that is written.
// A checkpoint may be written beside training: then the stall is only what it takes to copy the
// state, and what follows goes on beside the next steps. It counts once it is written as a whole.
// If the one before is not by then, training waits for that first.
//
// Parts fail, each with an exponential clock of its own. What happens then:
//
//   training | detection | waiting for repair | restart | training
//            failure     found                servers there
//
//   - Training goes back to the last checkpoint that was written, or to the beginning. What it did
//     since is lost, and so is a checkpoint that is being written.
//   - After `detection` the failure is found. The server goes to repair, which takes `repair`, and
//     then to the reserve. There are as many repairs at a time as it takes.
//   - The job takes servers from the reserve, waits as long as it has too few, and restarts: it is
//     scheduled anew, reads the checkpoint and warms up.
//
// Clocks never stop: parts fail during checkpoints, detection, waiting and restarts too, but
// servers in repair and in reserve do not, and an empty place in the job has nothing that could
// fail. A failure during a restart undoes it, and is detected like any other. One during detection
// is found with the first. One while the job waits is found at once, for nothing else goes on, and
// if it takes no server it changes nothing. All else being equal, what is under way ends before it
// fails: a failure hits what begins at its instant.
//
// Parts that go with their server (GPUs, NICs, hosts) are taken to be spread over all servers
// evenly. Others (switches, software) cost a restart, and nothing is repaired.
//
// By hand: 4 steps of 10 s, a checkpoint of 3 s after every 2, detection 5 s, restart 7 s, a spare,
// and a failure at 30 s. Steps until 20, saved at 23; 7 s of the third step are lost; found at 35,
// running at 42; steps until 62, saved at 65. Of 65 s, 40 were useful: a goodput of 0.615.
//
// A run jumps from failure to failure: what it costs does not depend on how many steps there are
// between them. With blocking checkpoints, and spares enough, the mean duration is
// `expected_duration` (checkpointing.hpp), exactly.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "planning/checkpointing.hpp"
#include "planning/seconds.hpp"

namespace planning {

/// What a failed part takes with it.
enum class Takes : std::uint8_t { server, nothing };

/// Parts of a kind that the job uses.
struct Part {
  std::string name{};
  std::int64_t count = 0;
  Seconds mtbf{};  // mean time between failures, of one; above 0
  Takes takes = Takes::server;
};

/// When and how state is saved. A blocking checkpoint has its whole writing time as its stall.
struct Checkpointing {
  Seconds interval{};  // of work; rounded to whole steps, one at least, see `checkpoint_steps`
  Seconds stall{};     // training stands still
  Seconds beside{};    // then it is still being written, while training goes on
};

/// From a failure until training goes on, but for waiting.
struct Recovery {
  Seconds detection{};
  Seconds restart{};  // the job is scheduled, connects and warms up
  Seconds load{};     // the checkpoint is read
};

/// Servers to go on with.
struct Reserve {
  std::int64_t spares = 0;           // servers beyond those that the job uses
  std::int64_t gpus_per_server = 8;  // above 0
  Seconds repair{};                  // of a server, from when the failure is found
};

struct TrainingRun {
  Seconds step{};  // above 0, by the simulation of a step
  std::int64_t steps = 0;
  std::int64_t gpus = 0;
  std::vector<Part> parts{};
  Checkpointing checkpointing{};
  Recovery recovery{};
  Reserve reserve{};
  std::uint64_t seed = 0;
  std::int64_t replications = 1;
};

/// Servers that the job uses; the last may have GPUs to spare.
[[nodiscard]] std::int64_t servers_of(const TrainingRun& run);

/// Steps from one checkpoint to the next.
[[nodiscard]] std::int64_t checkpoint_steps(const TrainingRun& run);

/// Means of all parts together; the restart with the checkpoint read. `between` is infinite if
/// nothing can fail.
[[nodiscard]] Interruptions interruptions_of(const TrainingRun& run);

/// One event of the outer world. Servers are numbered from the job's empty places on, so a failure
/// of a server in an empty place is none; without empty places any number is right.
struct PartFailure {
  Seconds at{};  // since the beginning of the run
  std::size_t part = 0;
  std::int64_t server = 0;  // below `servers_of`; not looked at if the part takes none
};

/// The next failure, at every call: never before the last one, and at infinity if there is none. A
/// run uses it up.
using FailureSource = std::function<PartFailure()>;

/// Failures of a run's parts. They depend on its parts, servers and seed, and on the number of the
/// replication: runs that differ in nothing of that, as in their checkpoints, meet the same.
[[nodiscard]] FailureSource random_failures(const TrainingRun& run, std::int64_t replication);

/// Where the time went. In work, only steps that the result has in it are useful.
struct TimeSpent {
  Seconds useful{};
  Seconds checkpoints{};  // stalls for them, of those in vain too, and waiting for the last
  Seconds lost{};         // steps that had to be done again
  Seconds detection{};
  Seconds waiting{};  // for servers in repair
  Seconds restart{};  // with reading the checkpoint; of those in vain too

  friend bool operator==(const TimeSpent&, const TimeSpent&) = default;
};

/// What came of a run. The times add up to `duration`, but for rounding.
struct Replication {
  Seconds duration{};
  TimeSpent spent{};
  std::vector<std::int64_t> failures{};  // by part
  std::int64_t interruptions = 0;        // failures that stopped training or a restart
  std::int64_t checkpoints = 0;          // written

  /// Useful work by duration.
  [[nodiscard]] double goodput() const { return spent.useful / duration; }

  friend bool operator==(const Replication&, const Replication&) = default;
};

/// The most failures that a run may meet: a hundred times those of 100,000 GPUs in a year.
inline constexpr std::int64_t failures_max = 2'000'000;

/// Plays a run to its end against given failures. Requires what is said above: times at least 0,
/// steps, counts and GPUs above 0.
///
/// Throws sim::Failure after `failures_max` of them: such a run practically never ends, as it takes
/// longer to save or to restart than until the next failure.
[[nodiscard]] Replication play(const TrainingRun& run, const FailureSource& next_failure);

/// Plays a run against random failures. The result depends on the run and on `replication` only, so
/// any thread may do any of them.
[[nodiscard]] Replication replicate(const TrainingRun& run, std::int64_t replication);

}  // namespace planning
