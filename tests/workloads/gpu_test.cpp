#include "workloads/gpu.hpp"

#include <string>

#include <doctest/doctest.h>

#include "calibration/kernel_model.hpp"
#include "calibration/known_gpus.hpp"
#include "calibration/profile.hpp"
#include "sim/error.hpp"
#include "tests/workloads/support.hpp"

using namespace workloads;

namespace {

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
    const Gpu gpu = shipped_gpu(each.gpu);
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

TEST_CASE("gpu: a ring sends no faster than the links of the data sheet, and most of that") {
  struct Case {
    std::string gpu;
    std::string profile;
  };
  for (const Case& each : {Case{"a100-sxm-80gb", "a100"}, Case{"h100-sxm-80gb", "h100"},
                           Case{"b200-sxm-180gb", "b200"}}) {
    const auto link = static_cast<double>(shipped_gpu(each.gpu).scale_up.count());
    const auto profile = shipped_profile(each.profile);
    for (const auto& method : profile.collectives->fit.methods()) {
      if (method.method == calibration::Method{.pattern = calibration::Pattern::ring,
                                               .protocol = calibration::Protocol::simple}) {
        CHECK(method.numbers.rate_Bps < link);
        CHECK(method.numbers.rate_Bps > 0.6 * link);
      }
    }
  }
}

TEST_CASE("gpu: data sheets agree with what profiles know of servers") {
  for (const char* const name :
       {"v100-sxm2-32gb", "a100-sxm-40gb", "a100-sxm-80gb", "h100-sxm-80gb", "h200-sxm-141gb",
        "h800-sxm-80gb", "b200-sxm-180gb"}) {
    const Gpu gpu = shipped_gpu(name);
    CAPTURE(name);
    const auto& known = *calibration::find_gpu(gpu.name);
    CHECK(gpu.processors == known.processors);
    CHECK(static_cast<double>(gpu.scale_up.count()) == known.node.line_Bps);
  }
  // ICI: 4 links of 656 Gbps, 6 of 50 GB/s.
  CHECK(shipped_gpu("tpu-v3").scale_up.count() == 4 * 82'000'000'000);
  CHECK(shipped_gpu("tpu-v4").scale_up.count() == 6 * 50'000'000'000);
}

TEST_CASE("gpu: what a GPU does not have is 0, and what is wrong is said") {
  CHECK(shipped_gpu("v100-sxm2-32gb").peak(Format::bfloat16) == 0);
  CHECK(shipped_gpu("h100-sxm-80gb").memory == sim::Bytes{80'000'000'000});
  const std::string good =
      "{name: X, sources: [a], processors: 1, memory: 1 GB, memory_bandwidth: 1 GB/s, "
      "scale_up: 2 GB/s, tflops: {fp8: 1}}";
  CHECK(error_of(good).empty());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = good;
    return error_of(changed.replace(changed.find(from), from.size(), to));
  };
  CHECK(with("[a]", "[]").find("expected at least one source") != std::string::npos);
  CHECK(with("fp8", "fp9").find("did you mean 'fp8'") != std::string::npos);
  CHECK(with("1 GB/s", "1 GB").find("expected a bandwidth") != std::string::npos);
  CHECK(with("scale_up: 2 GB/s, ", "").find("'scale_up'") != std::string::npos);
  CHECK(with("fp8: 1", "fp8: -1").find("tflops.fp8") != std::string::npos);
}
