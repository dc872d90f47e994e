#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibration/kernel_types.hpp"
#include "calibration/profile_parts.hpp"
#include "sim/quantity_text.hpp"
#include "sim/text_list.hpp"

namespace calibration {
namespace {

NearKriging::Settings read_near_settings(const sim::ConfigNode& node, std::size_t dimensions) {
  node.expect_keys({"smooth", "stretch", "noise", "weights"});
  constexpr double most = 1e6;
  constexpr double noise_min = 1e-9;  // below, points that are the same are too much for a double
  NearKriging::Settings settings{.smooth = node.at("smooth").number(0, 1),
                                 .stretch = node.at("stretch").number(0, most),
                                 .noise = node.at("noise").number(noise_min, most),
                                 .weights = {}};
  const sim::ConfigNode weights = node.at("weights");
  for (const sim::ConfigNode& weight : weights.items()) {
    settings.weights.push_back(weight.number(0, most));
  }
  if (settings.weights.size() != dimensions) {
    weights.fail(fmt::format("expected {} weights, found {}", dimensions, settings.weights.size()));
  }
  return settings;
}

/// A number of a model by its name: bytes or operations a second, a time, or a plain number.
double read_number(const sim::ConfigNode& node, std::string_view name) {
  constexpr double least = std::numeric_limits<double>::min();
  constexpr double rate_most = 1e20;
  const bool is_rate = name.ends_with("_Bps") || name.ends_with("_per_s");
  return node.number(least, is_rate ? rate_most : KernelBounds::seconds_most);
}

/// "4096 8192 8192 712.5": a shape, and microseconds.
KernelSample read_sample(const sim::ConfigNode& node, std::size_t dimensions) {
  const std::string text = node.text();
  const std::vector<std::string_view> words = sim::split(text, ' ');
  if (words.size() != dimensions + 1) {
    node.fail(fmt::format("expected {} numbers, found {}", dimensions + 1, words.size()));
  }
  KernelSample sample;
  for (const std::string_view word : std::span{words}.first(dimensions)) {
    sample.shape.push_back(
        static_cast<double>(node.part(std::string{word}).integer(1, KernelBounds::size_most)));
  }
  constexpr double us = 1e6;
  sample.seconds = node.part(std::string{words.back()})
                       .number(KernelBounds::seconds_least * us, KernelBounds::seconds_most * us) /
                   us;
  return sample;
}

}  // namespace

std::string kernel_text(const ProfiledKernel& kernel) {
  const KernelFit& fit = kernel.fit;
  std::string out = fmt::format(
      "      - kernel: {}\n        dtype: {}\n        processors: {}\n        element_bytes: {}\n"
      "        fitted: {}\n        held_out: {}\n        numbers:\n",
      kernel_names.at(static_cast<std::size_t>(fit.kernel())), quoted(kernel.dtype),
      fit.machine().processors, fit.machine().element_bytes, errors_text(kernel.fitted),
      errors_text(kernel.held_out));
  const auto& names = number_names(fit.kernel());
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += fmt::format("          {}: {}\n", names[i], fit.numbers()[i]);
  }
  const NearKriging::Settings& beside = fit.settings();
  out += fmt::format("        beside: {{smooth: {}, stretch: {}, noise: {}, weights: [{}]}}\n",
                     beside.smooth, beside.stretch, beside.noise, fmt::join(beside.weights, ", "));
  out += fmt::format("        samples:  # {}, microseconds\n",
                     fmt::join(shape_names(fit.kernel()), ", "));
  for (const KernelSample& sample : fit.samples()) {
    constexpr double us = 1e6;
    out +=
        fmt::format("          - {} {:.9g}\n", fmt::join(sample.shape, " "), sample.seconds * us);
  }
  return out;
}

ProfiledKernel read_kernel(const sim::ConfigNode& node) {
  node.expect_keys({"kernel", "dtype", "processors", "element_bytes", "fitted", "held_out",
                    "numbers", "beside", "samples"});
  const auto kernel = static_cast<Kernel>(node.at("kernel").choice(kernel_names, "kernel"));
  constexpr std::int64_t processors_max = 100'000;
  constexpr double element_max = 16;
  const Machine machine{
      .processors = static_cast<std::int32_t>(node.at("processors").integer(1, processors_max)),
      .element_bytes = node.at("element_bytes").number(0.125, element_max)};
  const std::string dtype = node.at("dtype").text();
  if (!element_bytes(dtype)) {
    node.at("dtype").fail(unknown_kernel_type(dtype));
  }
  std::vector<std::string_view> names{number_names(kernel).begin(), number_names(kernel).end()};
  const sim::ConfigNode listed = node.at("numbers");
  listed.expect_keys(names);
  std::vector<double> numbers;
  for (const std::string_view name : names) {
    numbers.push_back(read_number(listed.at(name), name));
  }
  std::vector<KernelSample> samples;
  for (const sim::ConfigNode& sample : node.at("samples").items()) {
    samples.push_back(read_sample(sample, shape_names(kernel).size()));
  }
  if (samples.empty()) {
    node.at("samples").fail("expected at least one sample");
  }
  return {
      .dtype = dtype,
      .fit = KernelFit{kernel, machine, std::move(numbers),
                       read_near_settings(node.at("beside"), place_dimensions(kernel)), samples},
      .fitted = read_errors(node.at("fitted")),
      .held_out = read_errors(node.at("held_out"))};
}

}  // namespace calibration
