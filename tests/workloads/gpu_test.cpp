#include "workloads/gpu.hpp"

#include <string>

#include <doctest/doctest.h>

#include "calibration/kernel_model.hpp"
#include "calibration/profile.hpp"
#include "sim/error.hpp"

using namespace workloads;

namespace {

Gpu shipped(const std::string& name) {
  return read_gpu(
      sim::ConfigNode::load(std::string{SOURCE_DIR} + "/configs/gpus/" + name + ".yaml"));
}

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(read_gpu(sim::ConfigNode::parse("g.yaml", text)));
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("gpu: no measured kernel is faster than the data sheet") {
  struct Case {
    std::string gpu;
    std::string profile;
  };
  for (const Case& each : {Case{"a100-sxm-80gb", "a100"}, Case{"h100-sxm-80gb", "h100"}}) {
    const Gpu gpu = shipped(each.gpu);
    const auto profile = calibration::read_profile(sim::ConfigNode::load(
        std::string{SOURCE_DIR} + "/configs/profiles/" + each.profile + ".yaml"));
    for (const auto& kernel : profile.gpus.front().kernels) {
      const double peak = gpu.peak(kernel.dtype == "fp8" ? Format::fp8 : Format::bfloat16);
      for (const auto& sample : kernel.fit.samples()) {
        const auto work =
            calibration::work_of(kernel.fit.kernel(), kernel.fit.machine(), sample.shape);
        CHECK(work.operations / sample.seconds < peak);
      }
    }
  }
}

TEST_CASE("gpu: what a GPU does not have is 0, and what is wrong is said") {
  CHECK(shipped("v100-sxm2-32gb").peak(Format::bfloat16) == 0);
  CHECK(shipped("h100-sxm-80gb").memory == sim::Bytes{80'000'000'000});
  const std::string good =
      "{name: X, sources: [a], processors: 1, memory: 1 GB, memory_bandwidth: 1 GB/s, tflops: "
      "{fp8: 1}}";
  CHECK(error_of(good).empty());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = good;
    return error_of(changed.replace(changed.find(from), from.size(), to));
  };
  CHECK(with("[a]", "[]").find("expected at least one source") != std::string::npos);
  CHECK(with("fp8", "fp9").find("did you mean 'fp8'") != std::string::npos);
  CHECK(with("1 GB/s", "1 GB").find("expected a bandwidth") != std::string::npos);
  CHECK(with("fp8: 1", "fp8: -1").find("tflops.fp8") != std::string::npos);
}
