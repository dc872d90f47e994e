#include "calibration/sample_tables.hpp"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/known_gpus.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "tests/cli/mutated.hpp"

using namespace calibration;

namespace {

Sample sample(std::string op, std::string dtype, std::string variant, Shape shape, double bytes,
              double seconds) {
  Sample out;
  out.key = {std::move(op), std::move(dtype), std::move(variant), std::move(shape)};
  out.bytes = bytes;
  out.seconds = {.median = seconds, .p5 = seconds * 0.9, .p95 = seconds * 1.1, .ci = 0.01};
  out.repetitions = 20;
  return out;
}

SampleLog log_of(std::vector<Sample> samples) {
  SampleLog log;
  log.header.gpu = "NVIDIA H100 80GB HBM3";
  log.header.processors = 132;
  log.header.driver = "580.65";
  log.samples = std::move(samples);
  return log;
}

}  // namespace

TEST_CASE("sample tables: each sample goes to the fit that it belongs to, and the others nowhere") {
  const Shape shape{{"m", 128}, {"n", 256}, {"k", 512}};
  const auto beside = [&](double blocks) {
    Shape with = shape;
    with.emplace_back("ctas", blocks);
    return with;
  };
  const Shape attention{{"batch", 1},           {"sequence", 2048}, {"heads", 8},
                        {"key_value_heads", 2}, {"head_size", 128}, {"causal", 1}};
  Shape not_causal = attention;
  not_causal.back().second = 0;
  const SampleLog log = log_of({
      sample("gemm", "bfloat16", "default", shape, 0, 9e-6),
      sample("gemm", "bfloat16", "best", shape, 0, 8e-6),
      sample("gemm", "fp8", "default", shape, 0, 6e-6),
      sample("batched_gemm", "bfloat16", "default",
             {{"batch", 64}, {"m", 128}, {"n", 128}, {"k", 64}}, 0, 7e-6),
      sample("attention", "bfloat16", "reference", attention, 0, 50e-6),
      sample("attention", "bfloat16", "reference", not_causal, 0, 90e-6),
      sample("rms_norm", "bfloat16", "", {{"rows", 4}, {"columns", 4096}}, 65536, 4e-6),
      sample("rms_norm", "bfloat16", "", {{"rows", 8}, {"columns", 4096}}, 131072, 5e-6),
      sample("copy_h2d", "none", "pinned", {{"bytes", 1e6}}, 1e6, 30e-6),
      sample("launch_latency", "none", "", {}, 0, 6e-6),
      sample("contention_gemm", "bfloat16", "", beside(0), 0, 100e-6),
      sample("contention_gemm", "bfloat16", "", beside(16), 0, 120e-6),
      sample("all_reduce", "bfloat16", "auto", {{"ranks", 8}, {"bytes", 1024}}, 1024, 20e-6),
      sample("all_reduce", "bfloat16", "ring_ll", {{"ranks", 8}, {"bytes", 1024}}, 1024, 21e-6),
      sample("all_reduce", "bfloat16", "auto", {{"ranks", 1}, {"bytes", 1024}}, 1024, 5e-6),
  });
  const auto kernels = sampled_kernels(log);
  REQUIRE(kernels.size() == 4);
  CHECK(kernels[0].dtype == "bfloat16");
  REQUIRE(kernels[0].samples.size() == 1);
  CHECK(kernels[0].samples[0].shape == std::vector<double>{128, 256, 512});
  CHECK(kernels[0].samples[0].seconds == 9e-6);
  CHECK(kernels[2].kernel == Kernel::batched_gemm);
  CHECK(kernels[3].kernel == Kernel::attention);
  CHECK(kernels[3].samples[0].shape == std::vector<double>{1, 2048, 8, 2, 128});

  const auto curves = sampled_curves(log);
  REQUIRE(curves.size() == 2);
  CHECK(curves[0].op == "rms_norm");
  CHECK(curves[0].variant == "default");
  CHECK(curves[0].samples.size() == 2);
  CHECK(curves[1].variant == "pinned");

  const auto costs = sampled_costs(log);
  REQUIRE(costs.size() == 1);
  CHECK(costs[0].seconds == 6e-6);
  const auto contention = sampled_contention(log);
  REQUIRE(contention.size() == 1);
  CHECK(contention[0].alone_s == 100e-6);
  CHECK(contention[0].blocks == 16);
  const auto collectives = sampled_collectives(log);
  REQUIRE(collectives.size() == 1);
  CHECK(collectives[0].sample.shape.ranks == 8);
  CHECK(collectives[0].dtype == "bfloat16");
}

TEST_CASE("profile: curves, costs, contention and machine are read as they were written") {
  std::vector<CurveSample> samples;
  for (double bytes = 4096; bytes < 1e8; bytes *= 4) {
    samples.push_back({bytes, 4e-6 + (bytes / 2e12)});
  }
  const CurveFit curve{samples};
  const std::vector<ContentionSample> slowed{{{128, 256, 512}, 16, 120e-6, 100e-6}};
  GpuProfile gpu{.gpu = "H100",
                 .provenance = "measured",
                 .sources = {"log.jsonl"},
                 .kernels = {},
                 .collectives = {}};
  gpu.measured = measured_on(log_of({}).header);
  gpu.curves.push_back({"rms_norm", "bfloat16", "default", curve, errors_of(curve, samples), {}});
  gpu.costs.push_back({"launch_latency", 6e-6, 5e-6, 7e-6, 20});
  gpu.contention = {ContentionFit{132, slowed}, {}};
  const std::string text = to_yaml({{gpu}});
  const Profile again = read_profile(sim::ConfigNode::parse("p.yaml", text));
  CHECK(to_yaml(again) == text);
  CHECK(again.gpus[0].measured->driver == "580.65");
  CHECK(again.gpus[0].measured->host == "unknown");
  CHECK(again.gpus[0].curves[0].fit.seconds(1e6) / curve.seconds(1e6) ==
        doctest::Approx(1).epsilon(1e-6));
  CHECK(again.gpus[0].contention->fit.held() == gpu.contention->fit.held());
}

TEST_CASE("fuzz: damage to a profile brings errors, and nothing but errors") {
  const CurveFit curve{std::vector<CurveSample>{{4096, 4e-6}, {1e6, 5e-6}, {1e8, 60e-6}}};
  const std::vector<KernelSample> gemms{
      {{128, 4096, 4096}, 20e-6}, {{1024, 4096, 4096}, 70e-6}, {{4096, 4096, 4096}, 250e-6}};
  const KernelFit kernel{Kernel::gemm, {.processors = 132, .element_bytes = 2}, gemms};
  std::vector<CollectiveSample> collectives;
  for (double bytes = 1024; bytes < 1e9; bytes *= 32) {
    collectives.push_back(
        {{Operation::all_reduce, Number::switches, 8, 1, bytes}, 20e-6 + (bytes / 100e9)});
  }
  GpuProfile gpu{.gpu = "H100",
                 .provenance = "measured",
                 .sources = {"log.jsonl"},
                 .kernels = {{"bfloat16", kernel, {}, {}}},
                 .collectives = ProfiledCollectives{
                     CollectiveFit{find_gpu("h100_sxm")->node, collectives}, {}, {}}};
  gpu.measured = measured_on(log_of({}).header);
  gpu.curves.push_back({"rms_norm", "bfloat16", "default", curve, {}, {}});
  gpu.costs.push_back({"launch_latency", 6e-6, 5e-6, 7e-6, 20});
  gpu.contention = {ContentionFit{132, std::vector<ContentionSample>{{{1, 2, 3}, 16, 2e-6, 1e-6}}},
                    {}};
  const std::string text = to_yaml({{gpu}});
  std::mt19937 random{20};
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    try {
      static_cast<void>(
          read_profile(sim::ConfigNode::parse("p.yaml", cli_test::mutated(text, random))));
    } catch (const sim::Error&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
