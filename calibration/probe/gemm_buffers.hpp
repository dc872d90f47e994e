#pragma once
// Operands for matrix products, filled with random numbers once and used by many points.

#include <algorithm>
#include <cstddef>

#include "calibration/probe/cublas_gemm.hpp"
#include "calibration/probe/device.hpp"
#include "calibration/probe/workload.hpp"
#include "calibration/sample_log.hpp"

namespace probe {

/// The product that a point is about: its dtype, and m, n, k with a batch, or experts and tokens.
[[nodiscard]] GemmShape gemm_shape(const calibration::SampleKey& key);

/// Disjoint operands, one set behind another.
class GemmSets {
 public:
  GemmSets(const GemmBytes& bytes, const DeviceBuffer& operands, const DeviceBuffer& results);

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] GemmOperands at(std::size_t set) const;

 private:
  GemmBytes bytes_;
  const std::byte* operands_;
  std::byte* results_;
  std::size_t count_;
};

/// The largest operands and results of a group.
struct GemmNeeds {
  std::size_t operands = 0;
  std::size_t results = 0;

  void grow(const GemmBytes& bytes);
};

class GemmBuffers {
 public:
  /// Room for a set of the largest, and for enough small ones to fill the L2 cache many times over,
  /// if the GPU has as much; points that do not fit are then Unsupported.
  GemmBuffers(const Gpu& gpu, Format format, const GemmNeeds& needs);

  /// As many disjoint sets as fit, up to sets_most. Throws Unsupported if not even one does.
  [[nodiscard]] GemmSets sets(const GemmBytes& bytes) const { return {bytes, operands_, results_}; }

 private:
  DeviceBuffer operands_;
  DeviceBuffer results_;
};

}  // namespace probe
