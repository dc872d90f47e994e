#pragma once
// NCCL's collectives, on the GPUs of this process and of those started with it.
//
// Each GPU of the process has a thread of its own that launches for it, as the processes of a
// training job do. A repetition is a number of launches back to back between two events; it is as
// long as that of the slowest rank. Sizes are those of nccl-tests: the bytes of the larger buffer
// of a rank; of send_receive, in which each rank sends to the next, the bytes of a message.

#include <memory>

#include "calibration/probe/nccl_library.hpp"
#include "calibration/probe/nccl_ranks.hpp"
#include "calibration/probe/plan.hpp"
#include "calibration/probe/subject.hpp"
#include "calibration/probe/workload.hpp"
#include "calibration/probe/world.hpp"

namespace probe {

/// A subject that all processes take part in.
class CollectiveSubject : public Subject {
 public:
  /// The same repetitions in every process: process 0 has called take(), which tells the others.
  virtual void follow() = 0;

  /// Process 0 is done; the others return from follow().
  virtual void finish() = 0;
};

/// The benchmark of a group of collectives. Several processes call this, and then prepare() of the
/// same points, together; each process then drives one GPU, and one process all it sees.
class CollectiveBenchmark {
 public:
  CollectiveBenchmark(const World& world, const Gpu& gpu, const NcclLibrary& nccl,
                      const Group& group);

  [[nodiscard]] std::unique_ptr<CollectiveSubject> prepare(const Point& point);

 private:
  const World* world_;
  const Gpu* gpu_;
  const NcclLibrary* nccl_;
  std::size_t buffer_bytes_ = 0;
  std::unique_ptr<NcclRanks> ranks_;  // of the communicator in use
};

}  // namespace probe
