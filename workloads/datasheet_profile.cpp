#include "workloads/datasheet_profile.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibration/known_gpus.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"

namespace workloads {
namespace {

using calibration::GpuProfile;
using calibration::NodeKind;
using calibration::ProfiledKernel;

struct NamedFormat {
  std::string_view dtype;
  Format format;
};

/// The names of calibration/kernel_types.hpp of which data sheets give a rate.
constexpr std::array named{
    NamedFormat{"bfloat16", Format::bfloat16}, NamedFormat{"bf16", Format::bfloat16},
    NamedFormat{"float16", Format::float16},   NamedFormat{"fp16", Format::float16},
    NamedFormat{"half", Format::float16},      NamedFormat{"tf32", Format::tfloat32},
    NamedFormat{"fp8", Format::fp8},           NamedFormat{"fp8_block", Format::fp8},
    NamedFormat{"fp8_e4m3", Format::fp8},      NamedFormat{"fp8_e5m2", Format::fp8},
    NamedFormat{"f8e4m3", Format::fp8},        NamedFormat{"f8e5m2", Format::fp8},
};

std::optional<Format> format_of(std::string_view dtype) {
  const auto* const found = std::ranges::find(named, dtype, &NamedFormat::dtype);
  return found == named.end() ? std::nullopt : std::optional{found->format};
}

/// The other format of two bytes on the same units, if it is one.
Format twin_of(Format format) {
  switch (format) {
    case Format::float16:
      return Format::bfloat16;
    case Format::bfloat16:
      return Format::float16;
    case Format::tfloat32:
    case Format::fp8:
      break;
  }
  return format;
}

double ratio(sim::Bandwidth to, sim::Bandwidth from) {
  return static_cast<double>(to.count()) / static_cast<double>(from.count());
}

/// Nothing if one of the sheets does not have the format.
std::optional<ProfiledKernel> carried_kernel(const Gpu& gpu, const ProfiledKernel& kernel,
                                             const GpuProfile& like, const Gpu& like_sheet) {
  const auto format = format_of(kernel.dtype);
  if (!format || like_sheet.peak(*format) == 0) {
    return std::nullopt;
  }
  std::string dtype = kernel.dtype;
  Format own = *format;
  if (gpu.peak(own) == 0) {
    own = twin_of(own);
    dtype = format_names.at(static_cast<std::size_t>(own));
    if (gpu.peak(own) == 0 || like.find(kernel.fit.kernel(), dtype) != nullptr) {
      return std::nullopt;
    }
  }
  const calibration::SheetRatios ratios{
      .processor_rate =
          gpu.peak(own) / like_sheet.peak(*format) * like_sheet.processors / gpu.processors,
      .bandwidth = ratio(gpu.memory_bandwidth, like_sheet.memory_bandwidth)};
  return ProfiledKernel{.dtype = dtype,
                        .fit = carried(kernel.fit, gpu.processors, ratios),
                        .fitted = {},
                        .held_out = {}};
}

/// Its generation decides what NCCL takes for it.
NodeKind server_of(const Gpu& gpu, const NodeKind& like, const Gpu& like_sheet) {
  NodeKind node = like;
  const auto* const known = calibration::find_gpu(gpu.name);
  if (known != nullptr && known != calibration::find_gpu(like_sheet.name)) {
    node = known->node;
  }
  node.line_Bps = like.line_Bps * ratio(gpu.scale_up, like_sheet.scale_up);
  node.bus_Bps = like.bus_Bps * ratio(gpu.scale_up, like_sheet.scale_up);
  return node;
}

std::string types_of(const GpuProfile& profile) {
  std::vector<std::string_view> types;
  for (const ProfiledKernel& kernel : profile.kernels) {
    if (std::ranges::find(types, kernel.dtype) == types.end()) {
      types.push_back(kernel.dtype);
    }
  }
  return fmt::format("{}", fmt::join(types, " or "));
}

template <class Named>
const Named* find_in(std::span<const Named> all, std::string_view gpu, std::string Named::* name) {
  const auto found = std::ranges::find_if(
      all, [&](const Named& each) { return calibration::is_same_gpu(each.*name, gpu); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

GpuProfile datasheet_profile(const Gpu& gpu, const GpuProfile& like, const Gpu& like_sheet) {
  sim::require(calibration::is_same_gpu(like.gpu, like_sheet.name), "a profile has its own sheet");
  GpuProfile out{.gpu = gpu.name,
                 .provenance = "datasheet",
                 .sources = gpu.sources,
                 .kernels = {},
                 .collectives = {}};
  out.sources.push_back(fmt::format("as much of that as the profile of {} ({}) reaches of its own",
                                    like.gpu, like.provenance));
  out.sources.insert(out.sources.end(), like_sheet.sources.begin(), like_sheet.sources.end());
  out.sources.insert(out.sources.end(), like.sources.begin(), like.sources.end());
  for (const ProfiledKernel& kernel : like.kernels) {
    if (auto own = carried_kernel(gpu, kernel, like, like_sheet)) {
      out.kernels.push_back(std::move(*own));
    }
  }
  if (out.kernels.empty()) {
    throw sim::Error{
        gpu.name, like.kernels.empty()
                      ? fmt::format("it is to be like '{}', whose profile has no kernels", like.gpu)
                      : fmt::format("its data sheet gives no rate for {}, which '{}' has "
                                    "kernels in",
                                    types_of(like), like.gpu)};
  }
  if (like.contention) {
    out.contention = {.fit = carried(like.contention->fit, gpu.processors), .fitted = {}};
  }
  if (like.collectives) {
    const calibration::CollectiveFit& fit = like.collectives->fit;
    out.collectives = {
        .fit = carried(fit, server_of(gpu, fit.node(), like_sheet)), .fitted = {}, .held_out = {}};
  }
  return out;
}

GpuProfile profile_of(const Gpu& gpu, std::span<const GpuProfile> profiles,
                      std::span<const Gpu> sheets) {
  const GpuProfile* const own = find_in(profiles, gpu.name, &GpuProfile::gpu);
  if (own != nullptr && !own->kernels.empty()) {
    return *own;
  }
  if (gpu.like.empty()) {
    throw sim::Error{gpu.name,
                     "there is no profile of its kernels, and its data sheet names no GPU that it "
                     "is 'like'"};
  }
  const GpuProfile* const like = find_in(profiles, gpu.like, &GpuProfile::gpu);
  const Gpu* const like_sheet = find_in(sheets, gpu.like, &Gpu::name);
  if (like == nullptr || like_sheet == nullptr) {
    throw sim::Error{gpu.name, fmt::format("there is no {} of '{}', which it is to be like",
                                           like == nullptr ? "profile" : "data sheet", gpu.like)};
  }
  GpuProfile out = datasheet_profile(gpu, *like, *like_sheet);
  if (own != nullptr && own->collectives) {
    out.collectives = own->collectives;
    out.sources.push_back(
        fmt::format("collectives: the profile of {} ({})", own->gpu, own->provenance));
    out.sources.insert(out.sources.end(), own->sources.begin(), own->sources.end());
  }
  return out;
}

}  // namespace workloads
