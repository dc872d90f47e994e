#pragma once
// GPUs by name: what tables, logs and drivers call them, and what is known of each.

#include <cstdint>
#include <span>
#include <string_view>

#include "calibration/nccl_tuning.hpp"

namespace calibration {

struct KnownGpu {
  std::string_view name;        // "h100"
  std::string_view form;        // "pcie" where that differs from the usual one; else empty
  std::int32_t processors = 0;  // streaming multiprocessors; 0: that differs
  NodeKind node;                // the servers that it is sold in
  std::int32_t domain = 8;      // so many GPUs one NVLink network joins, over servers or in one
};

/// The GPU of a name, however it is written: "h100_sxm", "NVIDIA H100 80GB HBM3", "H100-SXM-80GB"
/// are one. Null for what nobody knows.
[[nodiscard]] const KnownGpu* find_gpu(std::string_view name);

/// Do two names mean one GPU? So they do if nothing that both say of it differs: which it is, PCIe
/// or not, how much memory it has.
[[nodiscard]] bool is_same_gpu(std::string_view a, std::string_view b);

}  // namespace calibration
