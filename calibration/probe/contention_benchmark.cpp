// What a GEMM and a kernel like NCCL's do to each other: the processors that one holds, and the
// memory bandwidth that both want.
//
//   contention_gemm  beside_copy: a GEMM while so many blocks (ctas) stream memory; 0 is none
//   contention_copy  beside_gemm: the time in which so many blocks stream 64 MiB (read and written)
//                    while GEMMs run; alone: while nothing else does
//
// The streaming kernel starts first and stays, so that it holds its processors before the GEMM
// comes, and is told to stop through a word of device memory. Nothing that waits for the whole
// device may be called meanwhile: no allocation, no first use of a kernel.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

#include "calibration/probe/benchmarks.hpp"
#include "calibration/probe/check.hpp"
#include "calibration/probe/cublas_gemm.hpp"
#include "calibration/probe/gemm_buffers.hpp"
#include "calibration/probe/kernels.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

constexpr int blocks_most = 32;
constexpr double streamed_bytes = 64.0 * 1048576;

/// What a buffer holds.
template <class Element>
Element* typed(std::byte* buffer) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): CUDA gives out bytes
  return reinterpret_cast<Element*>(buffer);
}

/// The streaming kernel, running as long as a guard of it lives.
class Streaming {
 public:
  explicit Streaming(const Gpu& gpu)
      : data_{aligned(std::max(8 * gpu.facts().l2_bytes, std::size_t{512} << 20))},
        stop_{aligned(sizeof(std::uint32_t))},
        progress_{aligned(blocks_most * sizeof(StreamProgress))},
        words_{aligned(2 * sizeof(std::uint32_t))} {
    constexpr std::uint32_t seed = 5;
    launch_fill(Format::bfloat16, data_.data(), data_.size(), seed, gpu.stream());
    check(cudaStreamSynchronize(gpu.stream()));
    auto* const words = typed<std::uint32_t>(words_.data());
    words[0] = 0;
    words[1] = 1;
  }

  void start(int blocks) {
    // What blocks of an earlier run reported is not to be taken for that of this one's.
    check(cudaMemsetAsync(progress_.data(), 0, progress_.size(), copy_stream_.get()));
    set_stop(0);
    launch_streaming({.data = data_.data(),
                      .bytes = data_.size(),
                      .blocks = blocks,
                      .stop = typed<std::uint32_t>(stop_.data()),
                      .progress = typed<StreamProgress>(progress_.data())},
                     kernel_stream_.get());
  }

  /// Throws unless the kernel ended as it should.
  void stop() {
    set_stop(1);
    check(cudaStreamSynchronize(kernel_stream_.get()));
  }

  /// Enqueues a copy of what each block has done into `to`, which must be pinned.
  void read_progress(std::byte* to, cudaStream_t stream) const {
    check(cudaMemcpyAsync(to, progress_.data(), blocks_most * sizeof(StreamProgress),
                          cudaMemcpyDeviceToHost, stream));
  }

 private:
  void set_stop(std::size_t word) {
    check(cudaMemcpyAsync(stop_.data(), words_.data() + (word * sizeof(std::uint32_t)),
                          sizeof(std::uint32_t), cudaMemcpyHostToDevice, copy_stream_.get()));
    check(cudaStreamSynchronize(copy_stream_.get()));
  }

  DeviceBuffer data_;
  DeviceBuffer stop_;
  DeviceBuffer progress_;
  PinnedBuffer words_;  // a 0 and a 1
  Stream kernel_stream_ = make_stream(Priority::highest);
  // Of another priority, so that it shares no queue of the hardware with the kernel: in one queue
  // the word to stop would wait for the end of what it is to stop.
  Stream copy_stream_ = make_stream(Priority::normal);
};

/// Runs while this lives, also when an exception ends its scope.
class StreamingGuard {
 public:
  StreamingGuard(Streaming& streaming, int blocks) : streaming_{&streaming} {
    streaming.start(blocks);
  }
  StreamingGuard(const StreamingGuard&) = delete;
  StreamingGuard& operator=(const StreamingGuard&) = delete;
  StreamingGuard(StreamingGuard&&) = delete;
  StreamingGuard& operator=(StreamingGuard&&) = delete;
  ~StreamingGuard() {
    try {
      streaming_->stop();
    } catch (const std::exception&) {
      return;  // the next CUDA call reports the same error
    }
  }

 private:
  Streaming* streaming_;
};

/// Repetitions of a GEMM, each between two events, while blocks stream.
class GemmBesideStreaming : public Subject {
 public:
  GemmBesideStreaming(const Gpu& gpu, Streaming& streaming, Launch gemm, int blocks)
      : gpu_{&gpu}, streaming_{&streaming}, gemm_{std::move(gemm)}, blocks_{blocks} {
    constexpr int warm_ups = 10;
    seconds_per_launch(gemm_, gpu.stream(), warm_ups);
    for (int i = 0; i <= repetitions_most; ++i) {
      events_.push_back(make_event());
    }
  }

  Batch take(int repetitions) override {
    const auto count =
        static_cast<std::size_t>(std::clamp(repetitions, 1, int{repetitions_most} - 1)) + 1;
    if (blocks_ == 0) {
      return take_once(count);
    }
    const StreamingGuard running{*streaming_, blocks_};
    return take_once(count);
  }

 private:
  static constexpr int repetitions_most = 33;

  Batch take_once(std::size_t count) const {
    check(cudaEventRecord(events_[0].get(), gpu_->stream()));
    for (std::size_t i = 0; i < count; ++i) {
      gemm_(gpu_->stream(), i);
      check(cudaEventRecord(events_[i + 1].get(), gpu_->stream()));
    }
    Batch batch{.seconds = {}, .state = gpu_->monitor().state()};
    check(cudaEventSynchronize(events_[count].get()));
    // The first of them waited for the host.
    for (std::size_t i = 1; i < count; ++i) {
      batch.seconds.push_back(seconds_between(events_[i], events_[i + 1]));
    }
    return batch;
  }

  const Gpu* gpu_;
  Streaming* streaming_;
  Launch gemm_;
  int blocks_;
  std::vector<Event> events_;
};

/// The rate at which blocks stream: what they have done at two moments between GEMMs.
class StreamingBesideGemm : public Subject {
 public:
  /// Without a GEMM if `gemm` is empty.
  StreamingBesideGemm(const Gpu& gpu, Streaming& streaming, Launch gemm, int blocks)
      : gpu_{&gpu}, streaming_{&streaming}, gemm_{std::move(gemm)}, blocks_{blocks} {
    if (gemm_) {
      constexpr int warm_ups = 10;
      const double seconds = seconds_per_launch(gemm_, gpu.stream(), warm_ups);
      gemms_ = std::clamp(static_cast<int>(window_s / seconds), 2, gemms_most);
    }
  }

  Batch take(int repetitions) override {
    const int count = std::clamp(repetitions, 1, moments_most - 1);
    {
      const StreamingGuard running{*streaming_, blocks_};
      for (int i = 0; i <= count; ++i) {
        work();
        streaming_->read_progress(moment(i), gpu_->stream());
        if (!gemm_) {
          check(cudaStreamSynchronize(gpu_->stream()));
        }
      }
      state_ = gpu_->monitor().state();
      check(cudaStreamSynchronize(gpu_->stream()));
    }
    Batch batch{.seconds = {}, .state = state_};
    for (int i = 0; i < count; ++i) {
      const double rate = rate_between(i, i + 1);
      if (rate > 0) {
        batch.seconds.push_back(streamed_bytes / rate);
      }
    }
    if (batch.seconds.empty()) {
      throw Unsupported{"the streaming blocks did not get on beside the GEMM"};
    }
    return batch;
  }

 private:
  static constexpr double window_s = 2e-3;
  static constexpr int gemms_most = 64;
  static constexpr int moments_most = 33;

  void work() const {
    if (!gemm_) {
      const Seconds end = host_now() + Seconds{window_s};
      while (host_now() < end) {
      }
      return;
    }
    for (int i = 0; i < gemms_; ++i) {
      gemm_(gpu_->stream(), static_cast<std::size_t>(i));
    }
  }

  [[nodiscard]] std::byte* moment(int number) const {
    return moments_.data() +
           (static_cast<std::size_t>(number) * blocks_most * sizeof(StreamProgress));
  }

  /// Bytes per second of all blocks. Each by its own clock, as they report at different times.
  [[nodiscard]] double rate_between(int first, int second) const {
    const StreamProgress* const before = typed<StreamProgress>(moment(first));
    const StreamProgress* const after = typed<StreamProgress>(moment(second));
    constexpr double nanosecond = 1e-9;
    double rate = 0;
    for (int block = 0; block < blocks_; ++block) {
      const auto bytes = static_cast<double>(after[block].bytes - before[block].bytes);
      const double seconds =
          static_cast<double>(after[block].nanoseconds - before[block].nanoseconds) * nanosecond;
      if (before[block].bytes > 0 && seconds > 0) {
        rate += bytes / seconds;
      }
    }
    return rate;
  }

  const Gpu* gpu_;
  Streaming* streaming_;
  Launch gemm_;
  int blocks_;
  int gemms_ = 0;
  calibration::GpuState state_;
  PinnedBuffer moments_{std::size_t{moments_most} * blocks_most * sizeof(StreamProgress)};
};

class ContentionBenchmark : public Benchmark {
 public:
  ContentionBenchmark(const Gpu& gpu, const Group& group) : gpu_{&gpu}, streaming_{gpu} {
    GemmNeeds needs;
    for (const Point& point : group.points) {
      needs.grow(gemm_bytes(gemm_shape(point.key)));
    }
    buffers_ = std::make_unique<GemmBuffers>(gpu, Format::bfloat16, needs);
    // Loads the kernel, and opens the way of each copy: later nothing may wait for that.
    streaming_.start(1);
    streaming_.stop();
    const PinnedBuffer progress{blocks_most * sizeof(StreamProgress)};
    streaming_.read_progress(progress.data(), gpu.stream());
    check(cudaStreamSynchronize(gpu.stream()));
  }

  std::unique_ptr<Subject> prepare(const Point& point) override {
    const auto blocks = static_cast<int>(calibration::shape_number(point.key.shape, "ctas"));
    if (blocks >= gpu_->facts().processors) {
      throw Unsupported{"so many blocks leave a GEMM no processor of this GPU"};
    }
    if (point.key.variant == "alone") {
      return std::make_unique<StreamingBesideGemm>(*gpu_, streaming_, Launch{}, blocks);
    }
    const GemmShape shape = gemm_shape(point.key);
    const GemmSets sets = buffers_->sets(gemm_bytes(shape));
    gemm_ = std::make_unique<CublasGemm>(library_, shape, 1);
    const Launch gemm = [this, sets](cudaStream_t stream, std::size_t number) {
      gemm_->launch(sets.at(number % sets.count()), stream);
    };
    if (point.key.op == "contention_copy") {
      return std::make_unique<StreamingBesideGemm>(*gpu_, streaming_, gemm, blocks);
    }
    return std::make_unique<GemmBesideStreaming>(*gpu_, streaming_, gemm, blocks);
  }

 private:
  const Gpu* gpu_;
  Streaming streaming_;
  CublasLt library_;
  std::unique_ptr<GemmBuffers> buffers_;
  std::unique_ptr<CublasGemm> gemm_;
};

}  // namespace

std::unique_ptr<Benchmark> make_contention_benchmark(const Gpu& gpu, const Group& group) {
  return std::make_unique<ContentionBenchmark>(gpu, group);
}

}  // namespace probe
