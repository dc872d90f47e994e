#include "workloads/kernel_costs.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/error.hpp"

namespace workloads {
namespace {

using calibration::Kernel;
using Kind = KernelWork::Kind;

/// The kernel in the first of these formats that the profile has.
const calibration::ProfiledKernel& needed(const calibration::GpuProfile& profile, Kernel kernel,
                                          const std::vector<std::string_view>& formats) {
  for (const std::string_view format : formats) {
    if (const auto* const found = profile.find(kernel, format)) {
      return *found;
    }
  }
  throw sim::Error{profile.gpu,
                   fmt::format("the profile has no {} in {}",
                               calibration::kernel_names.at(static_cast<std::size_t>(kernel)),
                               fmt::join(formats, " or "))};
}

/// The place of a number in a kernel's model.
double number_of(const calibration::KernelFit& fit, std::string_view name) {
  const auto& names = calibration::number_names(fit.kernel());
  return fit.numbers()[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
}

}  // namespace

KernelCosts::KernelCosts(const calibration::GpuProfile& profile, const Software& software)
    : profile_{&profile},
      plain_{&needed(profile, Kernel::gemm, {"bfloat16", "float16"})},
      gemm_{software.precision == Precision::fp8 ? &needed(profile, Kernel::gemm, {"fp8"})
                                                 : plain_},
      attention_{&needed(profile, Kernel::attention, {"bfloat16", "float16"})},
      bandwidth_Bps_{number_of(plain_->fit, "bandwidth_Bps") * software.memory_rate},
      launch_s_{number_of(plain_->fit, "launch_s")} {}

double KernelCosts::product_seconds(Kernel kind, std::span<const double> shape) const {
  if (const auto* const own = profile_->find(kind, plain_->dtype)) {
    return own->fit.seconds(shape);
  }
  return calibration::model_seconds(kind, plain_->fit.machine(), plain_->fit.numbers(), shape);
}

/// The measured kernels see half of all pairs of tokens. A causal one with a window of a share x of
/// them sees x - x^2 / 2.
double KernelCosts::attention_seconds(const KernelWork& kernel) const {
  const double x = kernel.seen;
  const double pairs = kernel.is_causal ? x * (2 - x) : 2 * x;
  return attention_->fit.seconds(kernel.size) * pairs;
}

double KernelCosts::seconds(const KernelWork& kernel) const {
  const std::span<const double> size{kernel.size};
  switch (kernel.kind) {
    case Kind::gemm:
      return gemm_->fit.seconds(size.first(3));
    case Kind::batched_gemm:
      return product_seconds(Kernel::batched_gemm, size.first(4));
    case Kind::grouped_gemm:
      return product_seconds(Kernel::grouped_gemm, size.first(4));
    case Kind::attention:
      return attention_seconds(kernel);
    case Kind::attention_backward: {
      // Five products in place of two. On an A100 the forward pass reaches up to 73 % of the peak,
      // the backward pass 63 % (T. Dao, "FlashAttention-2", ICLR 2024, section 4.1).
      constexpr double products = 2.5;
      constexpr double rate = 0.63 / 0.73;
      return attention_seconds(kernel) * products / rate;
    }
    case Kind::memory:
      break;
  }
  return launch_s_ + (kernel.bytes / bandwidth_Bps_);
}

}  // namespace workloads
