#include "calibration/probe/gpu_monitor.hpp"

#include <array>

namespace probe {

namespace {

// Values of nvml.h's enums.
constexpr int success = 0;
constexpr int clock_sm = 1;
constexpr int clock_memory = 2;
constexpr int sensor_gpu = 0;

constexpr double milliwatt = 1e-3;

}  // namespace

GpuMonitor::GpuMonitor(const std::string& uuid)
    : library_{SharedLibrary::open({"libnvidia-ml.so.1"})} {
  if (!library_) {
    return;
  }
  const SharedLibrary& nvml = *library_;
  using Reasons = int(NvmlDevice*, unsigned long long*);
  using ClockOf = int(NvmlDevice*, int, unsigned*);
  call_ = {.init = nvml.find<int()>("nvmlInit_v2"),
           .shutdown = nvml.find<int()>("nvmlShutdown"),
           .device_by_uuid = nvml.find<int(const char*, NvmlDevice**)>("nvmlDeviceGetHandleByUUID"),
           .clock = nvml.find<ClockOf>("nvmlDeviceGetClockInfo"),
           .clock_max = nvml.find<ClockOf>("nvmlDeviceGetMaxClockInfo"),
           .throttle_reasons = nvml.find<Reasons>("nvmlDeviceGetCurrentClocksEventReasons"),
           .power = nvml.find<int(NvmlDevice*, unsigned*)>("nvmlDeviceGetPowerUsage"),
           .temperature = nvml.find<ClockOf>("nvmlDeviceGetTemperature"),
           .driver_version = nvml.find<int(char*, unsigned)>("nvmlSystemGetDriverVersion")};
  if (call_.throttle_reasons == nullptr) {
    // Its name before driver 535.
    call_.throttle_reasons = nvml.find<Reasons>("nvmlDeviceGetCurrentClocksThrottleReasons");
  }
  if (call_.init == nullptr || call_.shutdown == nullptr || call_.init() != success) {
    library_.reset();
    call_ = {};
    return;
  }
  if (call_.device_by_uuid == nullptr || call_.device_by_uuid(uuid.c_str(), &device_) != success) {
    device_ = nullptr;  // a slice of a GPU, or a container that hides it
  }
}

GpuMonitor::~GpuMonitor() {
  if (library_) {
    call_.shutdown();
  }
}

calibration::GpuState GpuMonitor::state() const {
  calibration::GpuState state;
  if (device_ == nullptr) {
    return state;
  }
  unsigned value = 0;
  if (call_.clock != nullptr && call_.clock(device_, clock_sm, &value) == success) {
    state.sm_mhz = value;
  }
  if (call_.clock != nullptr && call_.clock(device_, clock_memory, &value) == success) {
    state.memory_mhz = value;
  }
  if (call_.power != nullptr && call_.power(device_, &value) == success) {
    state.power_w = value * milliwatt;
  }
  if (call_.temperature != nullptr && call_.temperature(device_, sensor_gpu, &value) == success) {
    state.temperature_c = value;
  }
  unsigned long long reasons = 0;
  if (call_.throttle_reasons != nullptr && call_.throttle_reasons(device_, &reasons) == success) {
    state.throttle = reasons;
  }
  return state;
}

double GpuMonitor::sm_clock_mhz_max() const {
  unsigned value = 0;
  const bool known = device_ != nullptr && call_.clock_max != nullptr &&
                     call_.clock_max(device_, clock_sm, &value) == success;
  return known ? value : 0;
}

std::string GpuMonitor::driver() const {
  std::array<char, 80> text{};
  const bool known =
      call_.driver_version != nullptr &&
      call_.driver_version(text.data(), static_cast<unsigned>(text.size())) == success;
  return known ? std::string{text.data()} : std::string{};
}

}  // namespace probe
