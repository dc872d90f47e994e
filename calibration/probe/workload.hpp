#pragma once
// Measuring what a stream does.
//
// A repetition of a kernel stands between two events. One of less than 100 us is captured as a
// graph of many copies of itself, so that neither the host's launches, which may be slow, nor the
// half microsecond that an event resolves count; a somewhat longer one is launched a few times in a
// row. With a cold cache, each launch of a repetition has buffers of its own, and before each
// repetition the L2 cache is filled with something else. That also keeps the GPU busy while the
// host enqueues, so that the first launch does not wait for the host either.

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "calibration/probe/device.hpp"
#include "calibration/probe/gpu_monitor.hpp"
#include "calibration/probe/subject.hpp"

namespace probe {

/// The GPU of a run, and what all measurements share.
class Gpu {
 public:
  explicit Gpu(int device);

  [[nodiscard]] const DeviceFacts& facts() const { return facts_; }
  [[nodiscard]] const GpuMonitor& monitor() const { return monitor_; }
  [[nodiscard]] cudaStream_t stream() const { return stream_.get(); }

  /// Keeps the GPU busy for a fifth of a second, so that its clocks are up.
  void wake() const;

  /// Enqueues a read of twice the L2 cache.
  void sweep_cache(cudaStream_t stream) const;

 private:
  DeviceFacts facts_;
  GpuMonitor monitor_;
  Stream stream_;
  DeviceBuffer swept_;
};

/// Launches once into a stream, on buffer set number `set`.
using Launch = std::function<void(cudaStream_t stream, std::size_t set)>;

/// What is launched. Requires a set.
struct Workload {
  Launch launch;
  std::size_t sets = 1;
  calibration::Cache cache = calibration::Cache::cold;
  /// Copies of the engines, unlike kernels, are launched one by one however short they are.
  enum class Replay : std::uint8_t { graph_if_short, one_by_one } replay = Replay::graph_if_short;
};

/// Warms up (ten launches, or 50 ms) and chooses the launches per repetition.
[[nodiscard]] std::unique_ptr<Subject> make_subject(const Gpu& gpu, Workload workload);

/// Launches `count` times and waits: a warm-up, or a first look. Returns the seconds of one launch,
/// on the GPU's own clock.
double seconds_per_launch(const Launch& launch, cudaStream_t stream, int count);

/// A workload that runs while another keeps the GPU busy in a stream of its own. `beside` is
/// enqueued as often as it takes to last longer than the repetitions; repetitions that outlast it
/// are not used.
[[nodiscard]] std::unique_ptr<Subject> make_subject_beside(const Gpu& gpu, Launch measured,
                                                           Launch beside);

/// Something that the host times: `once` does it and returns the seconds of one launch.
[[nodiscard]] std::unique_ptr<Subject> make_host_subject(const Gpu& gpu,
                                                         std::function<double()> once,
                                                         std::int64_t launches);

/// Seconds of the host's steady clock.
[[nodiscard]] Seconds host_now();

/// At most so many buffer sets: as many as a repetition has launches.
constexpr std::size_t sets_most = 200;

/// How many sets of `set_bytes` fit. Throws Unsupported if not even one does.
[[nodiscard]] std::size_t sets_in(const DeviceBuffer& buffer, std::size_t set_bytes);

/// The next multiple of 256, to which sets and operands are aligned.
[[nodiscard]] constexpr std::size_t aligned(std::size_t bytes) {
  constexpr std::size_t unit = 256;
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace probe
