#include "calibration/probe/device.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "calibration/probe/check.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

std::string version_text(int version) {
  constexpr int major_unit = 1000;
  constexpr int minor_unit = 10;
  return fmt::format("{}.{}", version / major_unit, (version % major_unit) / minor_unit);
}

std::string uuid_text(const cudaUUID_t& uuid) {
  std::string text = "GPU-";
  for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      text += '-';
    }
    text += fmt::format("{:02x}", static_cast<unsigned char>(uuid.bytes[i]));
  }
  return text;
}

[[noreturn]] void fail_no_gpu(const std::string& found) {
  throw sim::Error{std::string{"espalier-calibrate"},
                   fmt::format("no NVIDIA GPU to measure\n"
                               "  looked for: a CUDA device, through the driver's libcuda.so.1\n"
                               "  found: {}\n"
                               "  hint: run this on a machine where nvidia-smi lists a GPU; "
                               "--dry-run works anywhere",
                               found)};
}

}  // namespace

void DeviceBuffer::Free::operator()(std::byte* data) const {
  cudaFree(data);
}
void PinnedBuffer::Free::operator()(std::byte* data) const {
  cudaFreeHost(data);
}
void DestroyStream::operator()(CUstream_st* stream) const {
  cudaStreamDestroy(stream);
}
void DestroyEvent::operator()(CUevent_st* event) const {
  cudaEventDestroy(event);
}
void DestroyGraph::operator()(CUgraphExec_st* graph) const {
  cudaGraphExecDestroy(graph);
}

DeviceBuffer::DeviceBuffer(std::size_t bytes) : size_{bytes} {
  void* data = nullptr;
  check(cudaMalloc(&data, bytes));
  data_.reset(static_cast<std::byte*>(data));
}

PinnedBuffer::PinnedBuffer(std::size_t bytes) : size_{bytes} {
  void* data = nullptr;
  check(cudaMallocHost(&data, bytes));
  data_.reset(static_cast<std::byte*>(data));
}

Stream make_stream(Priority priority) {
  int lowest = 0;
  int highest = 0;
  check(cudaDeviceGetStreamPriorityRange(&lowest, &highest));
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking,
                                     priority == Priority::highest ? highest : lowest));
  return Stream{stream};
}

Event make_event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreate(&event));
  return Event{event};
}

Graph capture_graph(cudaStream_t stream, const std::function<void()>& work) {
  // Relaxed, because libraries may load a kernel or ask the driver something on first use.
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    // The stream must leave its capture, or every later use of it fails.
    if (cudaStreamEndCapture(stream, &graph) == cudaSuccess && graph != nullptr) {
      cudaGraphDestroy(graph);
    }
    cudaGetLastError();
    throw;
  }
  check(cudaStreamEndCapture(stream, &graph));
  cudaGraphExec_t ready = nullptr;
  const cudaError_t instantiated = cudaGraphInstantiate(&ready, graph, 0);
  check(cudaGraphDestroy(graph));
  check(instantiated);
  return Graph{ready};
}

double seconds_between(const Event& start, const Event& stop) {
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, start.get(), stop.get()));
  constexpr double millisecond = 1e-3;
  return static_cast<double>(milliseconds) * millisecond;
}

DeviceFacts open_device(int device) {
  DeviceFacts facts;
  facts.device = device;
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    fail_no_gpu("no driver");
  }
  if (const cudaError_t code = cudaGetDeviceCount(&facts.gpus); code != cudaSuccess) {
    fail_no_gpu(fmt::format("a driver for CUDA {}, which says: {}", version_text(driver),
                            cudaGetErrorString(code)));
  }
  if (facts.gpus == 0) {
    fail_no_gpu("a driver, but no GPU (CUDA_VISIBLE_DEVICES may hide it)");
  }
  if (device >= facts.gpus) {
    throw sim::Error{
        std::string{"espalier-calibrate"},
        fmt::format("--device: there is no GPU {}; there are 0 to {}", device, facts.gpus - 1)};
  }
  check(cudaSetDevice(device));
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device));
  facts.name = std::data(properties.name);
  facts.uuid = uuid_text(properties.uuid);
  facts.processors = properties.multiProcessorCount;
  facts.memory_bytes = properties.totalGlobalMem;
  facts.l2_bytes = static_cast<std::size_t>(properties.l2CacheSize);
  facts.major = properties.major;
  facts.minor = properties.minor;
  int version = 0;
  check(cudaRuntimeGetVersion(&version));
  facts.runtime = version_text(version);
  check(cudaDriverGetVersion(&version));
  facts.driver = version_text(version);
  constexpr int oldest_major = 8;
  if (facts.major < oldest_major) {
    throw sim::Error{std::string{"espalier-calibrate"},
                     fmt::format("{} has compute capability {}.{}; 8.0 (A100) or later is needed",
                                 facts.name, facts.major, facts.minor)};
  }
  return facts;
}

}  // namespace probe
