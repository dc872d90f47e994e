#pragma once
// What kernels take, from a calibration profile.
//
//   GEMM            the profile's fit for its format; batched and grouped ones by their own fits,
//   or
//                   else by the tiles and waves of the plain one
//   attention       the profile's fit, which is causal; other masks by the pairs that they leave
//   both            not faster than products can go on for long: than the profile's longest ones
//   memory          bytes over the bandwidth that GEMMs of few rows reach, which is that of memory,
//                   and a launch; or the profile's curve over bytes
//
// fp16 runs as fast as bf16 on the tensor cores of every GPU since Ampere (NVIDIA's data sheets
// give one rate for both); so a profile with one of them has both.

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "calibration/profile.hpp"
#include "workloads/layer_work.hpp"
#include "workloads/software.hpp"

namespace workloads {

class KernelCosts {
 public:
  /// `profile` outlives this. Throws sim::Error, in the name of its GPU, if it has no GEMM and no
  /// attention in a format that `software` needs.
  KernelCosts(const calibration::GpuProfile& profile, const Software& software);

  /// Remembers what it has worked out: not for several threads at once.
  [[nodiscard]] double seconds(const KernelWork& kernel) const;

  /// How much longer a kernel takes beside a collective: by the profile's measurements, or else as
  /// if each of its blocks kept one processor from it.
  [[nodiscard]] double slowdown() const;

  /// Of memory, in bytes per second.
  [[nodiscard]] double memory_bandwidth() const { return bandwidth_Bps_; }

 private:
  [[nodiscard]] double work_out(const KernelWork& kernel) const;
  [[nodiscard]] double product_seconds(calibration::Kernel kind,
                                       const calibration::ProfiledKernel& like,
                                       std::span<const double> shape) const;

  [[nodiscard]] double attention_seconds(const KernelWork& kernel) const;

  const calibration::GpuProfile* profile_;
  const calibration::ProfiledKernel* plain_;  // in two bytes
  const calibration::ProfiledKernel* gemm_;   // in the format of weights
  const calibration::ProfiledKernel* attention_;
  double bandwidth_Bps_;
  double plain_flop_per_s_;  // that go on for long
  double gemm_flop_per_s_;
  std::int32_t blocks_;
  double launch_s_;
  mutable std::map<std::array<double, 10>, double> known_;
};

/// What kernels take on the GPUs of each stage: the same on all, or on each its own.
class StageKernels {
 public:
  /// What is pointed to outlives this.
  explicit StageKernels(const KernelCosts& all) : costs_{&all} {}
  explicit StageKernels(std::vector<const KernelCosts*> each) : costs_{std::move(each)} {}

  [[nodiscard]] const KernelCosts& of(std::int32_t stage) const {
    return *(costs_.size() == 1 ? costs_.front() : costs_[static_cast<std::size_t>(stage)]);
  }

 private:
  std::vector<const KernelCosts*> costs_;
};

}  // namespace workloads
