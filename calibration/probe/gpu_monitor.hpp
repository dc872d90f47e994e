#pragma once
// The GPU's clocks, power, temperature and reasons for throttling, as its driver tells them.
//
// Through NVML, which comes with the driver. Its header does not come with the CUDA toolkit's
// runtime parts, so the few functions used are declared here as the "NVML API Reference Manual"
// (docs.nvidia.com/deploy/nvml-api) does; their binary interface has been the same since NVML 5.

#include <optional>
#include <string>

#include "calibration/probe/shared_library.hpp"
#include "calibration/sample_log.hpp"

namespace probe {

/// Opaque: `struct nvmlDevice_st` of nvml.h.
struct NvmlDevice;

class GpuMonitor {
 public:
  /// Watches the GPU of this UUID. Without NVML, or where it refuses, all answers are zeros.
  explicit GpuMonitor(const std::string& uuid);
  GpuMonitor(const GpuMonitor&) = delete;
  GpuMonitor& operator=(const GpuMonitor&) = delete;
  GpuMonitor(GpuMonitor&&) = delete;
  GpuMonitor& operator=(GpuMonitor&&) = delete;
  ~GpuMonitor();

  [[nodiscard]] bool is_watching() const { return device_ != nullptr; }

  /// The state now, in much less than a millisecond; what a driver does not say stays 0.
  [[nodiscard]] calibration::GpuState state() const;

  [[nodiscard]] double sm_clock_mhz_max() const;

  /// "580.65.06"; empty where NVML does not say.
  [[nodiscard]] std::string driver() const;

 private:
  struct Functions {
    int (*init)() = nullptr;
    int (*shutdown)() = nullptr;
    int (*device_by_uuid)(const char* uuid, NvmlDevice** device) = nullptr;
    int (*clock)(NvmlDevice* device, int type, unsigned* mhz) = nullptr;
    int (*clock_max)(NvmlDevice* device, int type, unsigned* mhz) = nullptr;
    int (*throttle_reasons)(NvmlDevice* device, unsigned long long* reasons) = nullptr;
    int (*power)(NvmlDevice* device, unsigned* milliwatts) = nullptr;
    int (*temperature)(NvmlDevice* device, int sensor, unsigned* celsius) = nullptr;
    int (*driver_version)(char* text, unsigned length) = nullptr;
  };

  std::optional<SharedLibrary> library_;
  Functions call_;
  NvmlDevice* device_ = nullptr;  // NVML's own
};

}  // namespace probe
