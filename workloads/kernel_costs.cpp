#include "workloads/kernel_costs.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>
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

/// Operations per second of products that go on for long: the median over the ten longest of a
/// profile. A GPU comes to the limit of its power within some 10 ms, and its clock goes down;
/// shorter measurements are over before, and say nothing of it. No limit if there are no longer
/// ones.
double sustained_flop_per_s(const calibration::KernelFit& fit) {
  constexpr double least_s = 10e-3;
  constexpr std::size_t longest = 10;
  std::vector<std::pair<double, double>> samples;  // seconds and rate
  for (const calibration::KernelSample& each : fit.samples()) {
    if (each.seconds >= least_s) {
      const double flop = 2 * each.shape[0] * each.shape[1] * each.shape[2];
      samples.emplace_back(each.seconds, flop / each.seconds);
    }
  }
  if (samples.empty()) {
    return std::numeric_limits<double>::infinity();
  }
  std::ranges::sort(samples, std::greater{});
  samples.resize(std::min(longest, samples.size()));
  std::vector<double> rates;
  std::ranges::transform(samples, std::back_inserter(rates), &std::pair<double, double>::second);
  std::ranges::sort(rates);
  return rates[rates.size() / 2];
}

}  // namespace

KernelCosts::KernelCosts(const calibration::GpuProfile& profile, const Software& software)
    : profile_{&profile},
      plain_{&needed(profile, Kernel::gemm, {"bfloat16", "float16"})},
      gemm_{software.precision == Precision::fp8 ? &needed(profile, Kernel::gemm, {"fp8"})
                                                 : plain_},
      attention_{&needed(profile, Kernel::attention, {"bfloat16", "float16"})},
      bandwidth_Bps_{number_of(plain_->fit, "bandwidth_Bps") * software.memory_rate},
      plain_flop_per_s_{sustained_flop_per_s(plain_->fit)},
      gemm_flop_per_s_{sustained_flop_per_s(gemm_->fit)},
      blocks_{software.communication_blocks},
      launch_s_{number_of(plain_->fit, "launch_s")} {}

double KernelCosts::slowdown() const {
  if (profile_->contention) {
    return profile_->contention->fit.slowdown(blocks_);
  }
  const double processors = plain_->fit.machine().processors;
  return processors / std::max(processors - blocks_, 1.0);
}

double KernelCosts::product_seconds(Kernel kind, const calibration::ProfiledKernel& like,
                                    std::span<const double> shape) const {
  if (const auto* const own = profile_->find(kind, like.dtype)) {
    return own->fit.seconds(shape);
  }
  return calibration::model_seconds(kind, like.fit.machine(), like.fit.numbers(), shape);
}

/// The measured kernels see half of all pairs of tokens. A causal one with a window of a share x of
/// them sees x - x^2 / 2.
double KernelCosts::attention_seconds(const KernelWork& kernel) const {
  const double x = kernel.seen;
  const double pairs = kernel.is_causal ? x * (2 - x) : 2 * x;
  return attention_->fit.seconds(kernel.size) * pairs;
}

double KernelCosts::seconds(const KernelWork& kernel) const {
  const auto& [a, b, c, d, e] = kernel.size;
  const std::array key{static_cast<double>(kernel.kind),
                       a,
                       b,
                       c,
                       d,
                       e,
                       kernel.bytes,
                       kernel.seen,
                       kernel.is_causal ? 1.0 : 0.0,
                       kernel.is_wide ? 1.0 : 0.0};
  const auto [found, is_new] = known_.try_emplace(key, 0);
  if (is_new) {
    found->second = work_out(kernel);
  }
  return found->second;
}

double KernelCosts::work_out(const KernelWork& kernel) const {
  const std::span<const double> size{kernel.size};
  switch (kernel.kind) {
    case Kind::gemm:
      return kernel.is_wide
                 ? std::max(plain_->fit.seconds(size.first(3)), flop_of(kernel) / plain_flop_per_s_)
                 : std::max(gemm_->fit.seconds(size.first(3)), flop_of(kernel) / gemm_flop_per_s_);
    case Kind::batched_gemm:
      return std::max(product_seconds(Kernel::batched_gemm, *plain_, size.first(4)),
                      flop_of(kernel) / plain_flop_per_s_);
    case Kind::grouped_gemm:
      return std::max(product_seconds(Kernel::grouped_gemm, *gemm_, size.first(4)),
                      flop_of(kernel) / gemm_flop_per_s_);
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
