#include "calibration/profile.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/known_gpus.hpp"
#include "sim/config.hpp"
#include "tests/topology/support.hpp"

using namespace calibration;

namespace {

/// A profile with one of everything.
std::string whole_profile() {
  const std::vector<KernelSample> gemms{{{128, 4096, 4096}, 20e-6}, {{1024, 4096, 4096}, 70e-6}};
  const KernelFit gemm{Kernel::gemm, {.processors = 132, .element_bytes = 2}, gemms};
  std::vector<CollectiveSample> collectives;
  for (double bytes = 1024; bytes < 1e9; bytes *= 32) {
    collectives.push_back(
        {{Operation::all_reduce, Number::switches, 8, 1, bytes}, 20e-6 + (bytes / 100e9)});
  }
  GpuProfile gpu{.gpu = "H100",
                 .provenance = "fitted",
                 .sources = {"t.csv"},
                 .kernels = {{"bfloat16", gemm, {}, {}}},
                 .collectives = ProfiledCollectives{
                     CollectiveFit{find_gpu("h100_sxm")->node, collectives}, {}, {}}};
  const CurveFit curve{std::vector<CurveSample>{{4096, 4e-6}, {1e6, 5e-6}}};
  gpu.curves.push_back({"rms_norm", "bfloat16", "default", curve, {}, {}});
  gpu.costs.push_back({"launch_latency", 6e-6, 5e-6, 7e-6, 20});
  gpu.contention = {
      ContentionFit{132, std::vector<ContentionSample>{{{512, 512, 512}, 16, 2e-6, 1e-6}}}, {}};
  return to_yaml({{gpu}});
}

/// What is said of the profile with `value` in place of what follows the first `key` after `part`.
std::string error_with(const std::string& part, const std::string& key, const std::string& value) {
  std::string text = whole_profile();
  const std::size_t at = text.find(key, text.find(part));
  REQUIRE(at != std::string::npos);
  const std::size_t start = at + key.size();
  text.replace(start, text.find_first_of(",}\n", start) - start, value);
  return topology_test::error_of(
      [&] { return read_profile(sim::ConfigNode::parse("p.yaml", text)); });
}

void expect(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CHECK(text.find(part) != std::string::npos);
}

bool is_sample(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.starts_with("- all-reduce ") ||
         (line.size() > 2 && line.starts_with("- ") && line[2] >= '0' && line[2] <= '9');
}

/// With an empty list of the first samples that follow `part`.
std::string without_samples(const std::string& part) {
  std::string text = whole_profile();
  const std::size_t at = text.find("samples:  #", text.find(part));
  REQUIRE(at != std::string::npos);
  const auto after = [&](std::size_t from) { return text.find('\n', from) + 1; };
  std::size_t end = after(at);
  while (end < text.size() && is_sample(std::string_view{text}.substr(end, after(end) - end))) {
    end = after(end);
  }
  return text.replace(at, end - at, "samples: []\n");
}

}  // namespace

TEST_CASE("profile: numbers that no GPU has are refused by file, line and key") {
  struct Case {
    std::string part;
    std::string key;
    std::string path;
  };
  for (const Case& each : {
           Case{"numbers:", "launch_s: ", "kernels[0].numbers.launch_s"},
           Case{"numbers:", "bandwidth_Bps: ", "kernels[0].numbers.bandwidth_Bps"},
           Case{"numbers: {latency_s", "{latency_s: ", "curves[0].numbers.latency_s"},
           Case{"numbers: {latency_s", "bandwidth_Bps: ", "curves[0].numbers.bandwidth_Bps"},
           Case{"numbers: {latency_s", "sharpness: ", "curves[0].numbers.sharpness"},
           Case{"numbers: {latency_s", "noise: ", "curves[0].beside.noise"},
           Case{"costs:", "seconds: ", "costs[0].seconds"},
           Case{"costs:", "p95_s: ", "costs[0].p95_s"},
           Case{"contention:", "held: ", "contention.held"},
           Case{"node:", "line_Bps: ", "collectives.node.line_Bps"},
           Case{"node:", "bus_Bps: ", "collectives.node.bus_Bps"},
           Case{"node:", "nic_Bps: ", "collectives.node.nic_Bps"},
           Case{"pattern:", "base_s: ", "methods[0].numbers.base_s"},
           Case{"pattern:", " step_s: ", "methods[0].numbers.step_s"},
           Case{"pattern:", "far_step_s: ", "methods[0].numbers.far_step_s"},
           Case{"pattern:", "rate_Bps: ", "methods[0].numbers.rate_Bps"},
           Case{"pattern:", "sharing: ", "methods[0].numbers.sharing"},
       }) {
    for (const std::string bad : {"-1", "1e29", "nan", "inf"}) {
      const std::string error = error_with(each.part, each.key, bad);
      CHECK(error.starts_with("p.yaml:"));
      expect(error, each.path);
      expect(error, "got '" + bad + "'");
    }
  }
}

TEST_CASE("profile: samples outside what can be measured are refused, and so are none") {
  // Curves: bytes and microseconds. Contention: m, n, k, blocks, and two times.
  for (const std::string bad : {"4096 0", "4096 1e13", "0 5", "1e17 5", "4096 nan"}) {
    expect(error_with("samples:  # bytes", "          - ", bad), "curves[0].samples[0]: expected");
  }
  for (const std::string bad : {"1.5 2 3 16 5 5", "0 2 3 16 5 5", "1 2 3 1e17 5 5", "1 2 3 4 0 5",
                                "1 2 3 4 5 1e13", "1 2 3 4 5"}) {
    expect(error_with("samples:  # m, n, k, blocks", "        - ", bad),
           "contention.samples[0]: expected");
  }
  expect(error_with("kernels:", "dtype: ", "hlaf"), "kernels[0].dtype: unknown type 'hlaf'\n");
  for (const std::string list : {"kernels:", "curves:", "contention:", "methods:"}) {
    CAPTURE(list);
    expect(topology_test::error_of([&] {
             return read_profile(sim::ConfigNode::parse("p.yaml", without_samples(list)));
           }),
           "samples: expected at least one sample");
  }
}

TEST_CASE("profile: a kernel that is there twice is refused") {
  std::string text = whole_profile();
  const std::size_t start = text.find("      - kernel:");
  const std::size_t end = text.find("    curves:");
  text.insert(end, text.substr(start, end - start));
  expect(
      topology_test::error_of([&] { return read_profile(sim::ConfigNode::parse("p.yaml", text)); }),
      "gpus[0].kernels[1].kernel: this kernel is there twice");
}
