#pragma once
// The ranks of a communicator that belong to this process.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "calibration/probe/device.hpp"
#include "calibration/probe/nccl_library.hpp"
#include "calibration/probe/workload.hpp"
#include "calibration/probe/world.hpp"

namespace probe {

/// One launch of a collective: bytes of the larger buffer of a rank, as nccl-tests counts them.
struct Collective {
  std::string op;
  std::size_t bytes = 0;
  std::size_t ranks = 1;
};

class NcclRanks {
 public:
  /// A communicator of `count` ranks: GPUs of this process, if it is alone, or one of each process.
  /// All processes call this together.
  NcclRanks(const World& world, const Gpu& gpu, const NcclLibrary& nccl, int count);
  NcclRanks(const NcclRanks&) = delete;
  NcclRanks& operator=(const NcclRanks&) = delete;
  NcclRanks(NcclRanks&&) = delete;
  NcclRanks& operator=(NcclRanks&&) = delete;
  ~NcclRanks();

  [[nodiscard]] int count() const { return count_; }

  /// Room for so many bytes to send and to receive, at every rank.
  void reserve(std::size_t bytes);

  /// `count` repetitions of so many launches, or a warm-up; the seconds of a launch, at the slowest
  /// rank of all processes.
  std::vector<double> repeat(const Collective& what, int count, int launches);

  /// The sum of what all ranks send, looked at once: numbers that nobody looks at may be wrong.
  /// Throws sim::Failure if it is.
  void check_sum();

 private:
  /// A GPU of this process.
  struct Rank {
    int device = 0;
    int number = 0;  // in the communicator
    ncclComm_t comm = nullptr;
    Stream stream;
    Event start;
    Event stop;
    DeviceBuffer send;
    DeviceBuffer receive;
  };

  static void launch(const NcclLibrary& nccl, const Collective& what, const Rank& rank);

  [[nodiscard]] double time_once(const Collective& what, const Rank& rank, int launches) const;

  /// Calls `work` for every GPU of this process, each in a thread with that GPU as its current one.
  void on_each(const std::function<void(Rank&)>& work);

  const World* world_;
  const NcclLibrary* nccl_;
  int count_;
  int home_;  // the current GPU outside
  std::vector<Rank> ranks_;
};

}  // namespace probe
