#pragma once
// Owners of what CUDA hands out, and the facts about a GPU.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <cuda_runtime_api.h>

namespace probe {

/// Bytes on the current device. Throws Unsupported if it has not as many.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::size_t bytes);

  [[nodiscard]] std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

/// Bytes of the host that a GPU may copy from and to by itself.
class PinnedBuffer {
 public:
  explicit PinnedBuffer(std::size_t bytes);

  [[nodiscard]] std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

struct DestroyStream {
  void operator()(CUstream_st* stream) const;
};
struct DestroyEvent {
  void operator()(CUevent_st* event) const;
};
struct DestroyGraph {
  void operator()(CUgraphExec_st* graph) const;
};
using Stream = std::unique_ptr<CUstream_st, DestroyStream>;
using Event = std::unique_ptr<CUevent_st, DestroyEvent>;
using Graph = std::unique_ptr<CUgraphExec_st, DestroyGraph>;

enum class Priority : std::uint8_t { normal, highest };

/// A stream that does not wait for the default stream.
[[nodiscard]] Stream make_stream(Priority priority);
[[nodiscard]] Event make_event();

/// What `work` launches into `stream`, as a graph that is ready to launch.
[[nodiscard]] Graph capture_graph(cudaStream_t stream, const std::function<void()>& work);

/// Seconds from one event to another; both have happened.
[[nodiscard]] double seconds_between(const Event& start, const Event& stop);

struct DeviceFacts {
  int device = 0;
  int gpus = 1;  // visible to this process
  std::string name;
  std::string uuid;  // "GPU-..." as nvidia-smi writes it
  int processors = 0;
  std::size_t memory_bytes = 0;
  std::size_t l2_bytes = 0;
  int major = 0;  // of the compute capability
  int minor = 0;
  std::string runtime;  // "13.0"
  std::string driver;   // what CUDA version the driver supports
};

/// Of GPU number `device`, which becomes the current one.
///
/// Throws sim::Error if there is no driver, no GPU or no such number, with what was looked for.
[[nodiscard]] DeviceFacts open_device(int device);

}  // namespace probe
