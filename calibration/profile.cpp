#include "calibration/profile.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "calibration/known_gpus.hpp"
#include "calibration/profile_parts.hpp"

namespace calibration {
namespace {

constexpr std::array<std::string_view, 3> provenances{"measured", "fitted", "datasheet"};

std::string gpu_text(const GpuProfile& profile) {
  std::string out = fmt::format("  - gpu: {}\n    provenance: {}\n    sources:\n",
                                quoted(profile.gpu), profile.provenance);
  for (const std::string& source : profile.sources) {
    out += fmt::format("      - {}\n", quoted(source));
  }
  if (profile.measured) {
    out += measured_text(*profile.measured);
  }
  const auto add_list = [&](std::string_view key, const auto& list, auto to_text) {
    out += list.empty() ? "" : fmt::format("    {}:\n", key);
    for (const auto& each : list) {
      out += to_text(each);
    }
  };
  add_list("kernels", profile.kernels, kernel_text);
  add_list("curves", profile.curves, curve_text);
  add_list("costs", profile.costs, cost_text);
  if (profile.contention) {
    out += contention_text(*profile.contention);
  }
  if (profile.collectives) {
    out += collectives_text(*profile.collectives);
  }
  return out;
}

GpuProfile read_gpu(const sim::ConfigNode& node) {
  node.expect_keys({"gpu", "provenance", "sources", "measured", "kernels", "curves", "costs",
                    "contention", "collectives"});
  GpuProfile profile{
      .gpu = node.at("gpu").text(),
      .provenance =
          std::string{provenances.at(node.at("provenance").choice(provenances, "provenance"))},
      .sources = {},
      .kernels = {},
      .collectives = {}};
  for (const sim::ConfigNode& source : node.at("sources").items()) {
    profile.sources.push_back(source.text());
  }
  if (const auto measured = node.find("measured")) {
    profile.measured = read_measured_on(*measured);
  }
  const auto read_list = [&](std::string_view key, auto& list, auto read) {
    if (const auto found = node.find(key)) {
      for (const sim::ConfigNode& each : found->items()) {
        list.push_back(read(each));
      }
    }
  };
  read_list("kernels", profile.kernels, [&](const sim::ConfigNode& each) {
    ProfiledKernel kernel = read_kernel(each);
    if (profile.find(kernel.fit.kernel(), kernel.dtype) != nullptr) {
      each.at("kernel").fail("this kernel is there twice, of the same type of number");
    }
    return kernel;
  });
  read_list("curves", profile.curves, read_curve);
  read_list("costs", profile.costs, read_cost);
  if (const auto contention = node.find("contention")) {
    profile.contention = read_contention(*contention);
  }
  if (const auto collectives = node.find("collectives")) {
    profile.collectives = read_collectives(*collectives);
  }
  return profile;
}

}  // namespace

/// A string in double quotes, as YAML and JSON have it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    const bool prints = static_cast<unsigned char>(letter) >= ' ';
    if (letter == '"' || letter == '\\') {
      out += '\\';
    }
    out += prints ? letter : ' ';
  }
  return out + "\"";
}

std::string errors_text(const FitErrors& errors) {
  return fmt::format("{{samples: {}, median: {:.6g}, p95: {:.6g}, worst: {:.6g}}}", errors.samples,
                     errors.median, errors.p95, errors.worst);
}

FitErrors read_errors(const sim::ConfigNode& node) {
  node.expect_keys({"samples", "median", "p95", "worst"});
  constexpr double most = 1e9;
  constexpr std::int64_t samples_max = 1'000'000'000;
  return {.samples = node.at("samples").integer(0, samples_max),
          .median = node.at("median").number(0, most),
          .p95 = node.at("p95").number(0, most),
          .worst = node.at("worst").number(0, most)};
}

const ProfiledKernel* GpuProfile::find(Kernel kernel, std::string_view dtype) const {
  const auto found = std::ranges::find_if(kernels, [&](const ProfiledKernel& each) {
    return each.fit.kernel() == kernel && each.dtype == dtype;
  });
  return found == kernels.end() ? nullptr : &*found;
}

const GpuProfile* Profile::find(std::string_view gpu) const {
  const auto found = std::ranges::find_if(
      gpus, [&](const GpuProfile& each) { return is_same_gpu(each.gpu, gpu); });
  return found == gpus.end() ? nullptr : &*found;
}

std::string to_yaml(const Profile& profile) {
  std::string out =
      "# Written by `espalier calibrate fit`. Models: calibration/kernel_model.hpp,\n"
      "# calibration/collective_fit.hpp.\n"
      "espalier_profile: 1\n"
      "gpus:\n";
  for (const GpuProfile& gpu : profile.gpus) {
    out += gpu_text(gpu);
  }
  return out;
}

Profile read_profile(const sim::ConfigNode& node) {
  node.expect_keys({"espalier_profile", "gpus"});
  static_cast<void>(node.at("espalier_profile").integer(1, 1));
  Profile profile;
  for (const sim::ConfigNode& gpu : node.at("gpus").items()) {
    const std::string name = gpu.at("gpu").text();
    if (const GpuProfile* const other = profile.find(name)) {
      gpu.at("gpu").fail(fmt::format("'{}' and '{}' are the same GPU", name, other->gpu));
    }
    profile.gpus.push_back(read_gpu(gpu));
  }
  if (profile.gpus.empty()) {
    node.at("gpus").fail("expected at least one GPU");
  }
  return profile;
}

}  // namespace calibration
