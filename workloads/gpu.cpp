#include "workloads/gpu.hpp"

namespace workloads {

Gpu read_gpu(const sim::ConfigNode& node) {
  node.expect_keys({"name", "sources", "processors", "memory", "memory_bandwidth", "scale_up",
                    "power_w", "like", "tflops"});
  Gpu gpu;
  gpu.name = node.at("name").text();
  for (const sim::ConfigNode& source : node.at("sources").items()) {
    gpu.sources.push_back(source.text());
  }
  if (gpu.sources.empty()) {
    node.at("sources").fail("expected at least one source");
  }
  constexpr std::int64_t processors_most = 100'000;
  gpu.processors = static_cast<std::int32_t>(node.at("processors").integer(1, processors_most));
  gpu.memory = node.at("memory").bytes();
  gpu.memory_bandwidth = node.at("memory_bandwidth").bandwidth();
  gpu.scale_up = node.at("scale_up").bandwidth();
  if (const auto power = node.find("power_w")) {
    constexpr double least = 1;
    constexpr double most = 1e5;
    gpu.power_w = power->number(least, most);
  }
  if (const auto like = node.find("like")) {
    gpu.like = like->text();
  }
  const sim::ConfigNode tflops = node.at("tflops");
  tflops.expect_keys(format_names);
  for (std::size_t i = 0; i < format_names.size(); ++i) {
    if (const auto rate = tflops.find(format_names.at(i))) {
      constexpr double least = 1e-3;
      constexpr double most = 1e6;
      constexpr double tera = 1e12;
      gpu.flop_per_s.at(i) = rate->number(least, most) * tera;
    }
  }
  return gpu;
}

}  // namespace workloads
