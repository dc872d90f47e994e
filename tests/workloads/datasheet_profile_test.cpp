#include "workloads/datasheet_profile.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/known_gpus.hpp"
#include "sim/error.hpp"
#include "tests/workloads/support.hpp"
#include "workloads/kernel_costs.hpp"

using namespace workloads;
using calibration::CollectiveShape;
using calibration::GpuProfile;
using calibration::Kernel;
using calibration::Number;
using calibration::Operation;

namespace {

const Gpu& a100_sheet() {
  static const Gpu gpu = shipped_gpu("a100-sxm-80gb");
  return gpu;
}

GpuProfile like_a100(const Gpu& gpu) {
  return datasheet_profile(gpu, a100(), a100_sheet());
}

GpuProfile like_h100(const Gpu& gpu) {
  return datasheet_profile(gpu, h100(), shipped_gpu("h100-sxm-80gb"));
}

double seconds(const GpuProfile& profile, Kernel kernel, const std::vector<double>& shape) {
  const auto* const bfloat16 = profile.find(kernel, "bfloat16");
  return (bfloat16 != nullptr ? bfloat16 : profile.find(kernel, "float16"))->fit.seconds(shape);
}

double seconds(const GpuProfile& profile, Operation operation, double bytes) {
  const CollectiveShape shape{operation, Number::switches, 8, 1, bytes};
  return lone_seconds(profile.collectives->fit.cost(shape), shape);
}

/// Of those samples of `measured` that take a time at least, every fifth.
double median_error(const GpuProfile& predicted, const GpuProfile& measured, Kernel kernel,
                    double least_s) {
  const auto& fit = measured.find(kernel, "bfloat16")->fit;
  std::vector<calibration::KernelSample> samples;
  for (std::size_t i = 0; i < fit.samples().size(); i += 5) {
    if (fit.samples()[i].seconds >= least_s) {
      samples.push_back(fit.samples()[i]);
    }
  }
  return errors_of(predicted.find(kernel, "bfloat16")->fit, samples).median;
}

template <class Act>
std::string error_of(Act act) {
  try {
    static_cast<void>(act());
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "";
}

const std::vector<GpuProfile>& profiles() {
  static const std::vector all{a100(), h100(), shipped_profile("b200")};
  return all;
}

GpuProfile profile_from_all(const Gpu& gpu) {
  return profile_of(gpu, profiles(), std::array{a100_sheet(), shipped_gpu("h100-sxm-80gb")});
}

}  // namespace

TEST_CASE("data sheet profile: a GPU like itself takes what it takes") {
  const GpuProfile again = like_a100(a100_sheet());
  CHECK(again.provenance == "datasheet");
  for (const double size : {100.0, 1000.0, 4096.0, 5000.0}) {
    const std::vector gemm{size, 4096.0, size};
    const std::vector attention{2.0, size, 8.0, 2.0, 128.0};
    CHECK(seconds(again, Kernel::gemm, gemm) == seconds(a100(), Kernel::gemm, gemm));
    CHECK(seconds(again, Kernel::attention, attention) ==
          seconds(a100(), Kernel::attention, attention));
    for (const Operation operation : {Operation::all_reduce, Operation::all_to_all}) {
      CHECK(seconds(again, operation, size * size) == seconds(a100(), operation, size * size));
    }
  }
}

TEST_CASE("data sheet profile: of a model's numbers, some go by the data sheet") {
  const calibration::SheetRatios ratios{.processor_rate = 2, .bandwidth = 3};
  const auto factor = [](const std::string& name) {
    if (name == "bandwidth_Bps") {
      return 3.0;
    }
    if (name == "split_s_per_element") {  // which memory adds up
      return 1.0 / 3;
    }
    if (name.ends_with("_per_s")) {
      return 2.0;
    }
    return name.starts_with("tile_") || name == "block_s" ? 0.5 : 1.0;
  };
  for (const Kernel kernel : {Kernel::gemm, Kernel::attention}) {
    const auto& names = calibration::number_names(kernel);
    const auto carried =
        calibration::carried_numbers(kernel, std::vector(names.size(), 1.0), ratios);
    for (std::size_t i = 0; i < names.size(); ++i) {
      CAPTURE(names[i]);
      CHECK(carried[i] == factor(names[i]));
    }
  }
}

TEST_CASE("data sheet profile: twice the rates take half the time, launches apart") {
  Gpu twice = a100_sheet();
  twice.name = "A100 twice";
  twice.memory_bandwidth = twice.memory_bandwidth * 2;
  std::ranges::for_each(twice.flop_per_s, [](double& rate) { rate *= 2; });
  const auto& was = a100().find(Kernel::gemm, "bfloat16")->fit;
  const GpuProfile profile = like_a100(twice);
  const auto& is = profile.find(Kernel::gemm, "bfloat16")->fit;
  const double launch = was.numbers()[0];
  for (const double size : {2048.0, 8192.0, 32768.0}) {
    const std::array shape{size, size, size};
    const auto model = [&](const calibration::KernelFit& fit) {
      return calibration::model_seconds(Kernel::gemm, fit.machine(), fit.numbers(), shape);
    };
    CHECK((model(is) - launch) * 2 == doctest::Approx(model(was) - launch));
  }
}

TEST_CASE("data sheet profile: products go by peaks, what memory holds up by bandwidths") {
  const GpuProfile v100 = like_a100(shipped_gpu("v100-sxm2-32gb"));
  // 312 and 125 TFLOP/s. Waves are of 80 tiles instead of 108: that is up to one of some fifty.
  for (const double size : {8192.0, 16384.0}) {
    const std::vector gemm{size, size, size};
    const std::vector attention{8.0, size, 16.0, 16.0, 128.0};
    CHECK(seconds(v100, Kernel::gemm, gemm) / seconds(a100(), Kernel::gemm, gemm) ==
          doctest::Approx(312.0 / 125).epsilon(0.05));
    CHECK(seconds(v100, Kernel::attention, attention) /
              seconds(a100(), Kernel::attention, attention) ==
          doctest::Approx(312.0 / 125).epsilon(0.05));
  }
  CHECK(KernelCosts{v100, {}}.memory_bandwidth() / KernelCosts{a100(), {}}.memory_bandwidth() ==
        doctest::Approx(900.0 / 2039));
  // A product of few rows waits for its weights, from 4,800 or 3,350 GB/s, but not for them alone.
  const GpuProfile h200 = like_h100(shipped_gpu("h200-sxm-141gb"));
  const std::vector thin{16.0, 16384.0, 16384.0};
  const double faster = seconds(h100(), Kernel::gemm, thin) / seconds(h200, Kernel::gemm, thin);
  CHECK(faster > 1.2);
  CHECK(faster < 4800.0 / 3350);
  // The same chip otherwise.
  const std::vector thick{8192.0, 8192.0, 8192.0};
  CHECK(seconds(h200, Kernel::gemm, thick) / seconds(h100(), Kernel::gemm, thick) ==
        doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("data sheet profile: what one generation reaches foretells the next by a tenth or so") {
  // See the header. An H100 has three times the rate of an A100.
  const GpuProfile foretold = like_a100(shipped_gpu("h100-sxm-80gb"));
  constexpr double millisecond = 1e-3;
  CHECK(median_error(foretold, h100(), Kernel::gemm, 0) < 0.1);
  CHECK(median_error(foretold, h100(), Kernel::gemm, millisecond) < 0.1);
  CHECK(median_error(foretold, h100(), Kernel::attention, 0) < 0.15);
  CHECK(median_error(foretold, h100(), Kernel::attention, millisecond) < 0.15);
}

TEST_CASE(
    "data sheet profile: collectives of large sizes go by the links, of small ones as before") {
  const GpuProfile h800 = like_h100(shipped_gpu("h800-sxm-80gb"));
  // By rings, with 200 and 450 GB/s.
  CHECK(seconds(h800, Operation::all_gather, 1e10) / seconds(h100(), Operation::all_gather, 1e10) ==
        doctest::Approx(450.0 / 200).epsilon(0.02));
  CHECK(seconds(h800, Operation::all_gather, 1024) / seconds(h100(), Operation::all_gather, 1024) ==
        doctest::Approx(1).epsilon(0.02));
  CHECK(h800.collectives->fit.node() == calibration::find_gpu("h800")->node);
  CHECK(like_a100(shipped_gpu("v100-sxm2-32gb")).collectives->fit.node() ==
        calibration::find_gpu("v100")->node);
  // Volta has no switches that add.
  const GpuProfile v100 =
      datasheet_profile(shipped_gpu("v100-sxm2-32gb"), h100(), shipped_gpu("h100-sxm-80gb"));
  CHECK(std::ranges::none_of(v100.collectives->fit.methods(), [](const auto& method) {
    return method.method.pattern == calibration::Pattern::nvls;
  }));
}

TEST_CASE("data sheet profile: a collective's steps beside kernels hold as many processors") {
  GpuProfile like = a100();
  const std::vector<calibration::ContentionSample> samples{
      {.shape = {4096, 4096, 4096}, .blocks = 27, .seconds = 4e-3, .alone_s = 3e-3}};
  like.contention = {.fit = calibration::ContentionFit{108, 1, samples}, .fitted = {}};
  const GpuProfile v100 = datasheet_profile(shipped_gpu("v100-sxm2-32gb"), like, a100_sheet());
  // 1 / (1 - 20 / 80); 27 of 108 took 4/3, 27 of 80 take 80/53.
  CHECK(v100.contention->fit.slowdown(20) == doctest::Approx(4.0 / 3));
  CHECK(v100.contention->fit.samples()[0].seconds == doctest::Approx(3e-3 * 80 / 53));
}

TEST_CASE("data sheet profile: a GPU has the formats of its data sheet") {
  const GpuProfile v100 = like_a100(shipped_gpu("v100-sxm2-32gb"));
  CHECK(v100.find(Kernel::gemm, "bfloat16") == nullptr);
  CHECK(v100.find(Kernel::gemm, "float16") != nullptr);
  CHECK(v100.find(Kernel::attention, "float16") != nullptr);
  CHECK(like_a100(shipped_gpu("tpu-v4")).find(Kernel::gemm, "bfloat16") != nullptr);
  CHECK(like_h100(shipped_gpu("b200-sxm-180gb")).find(Kernel::gemm, "fp8") != nullptr);
  const GpuProfile old = like_h100(shipped_gpu("a100-sxm-80gb"));
  CHECK(old.find(Kernel::gemm, "fp8") == nullptr);
  CHECK_THROWS_WITH_AS((KernelCosts{old, {.precision = Precision::fp8}}),
                       doctest::Contains("the profile has no gemm in fp8"), sim::Error);
}

TEST_CASE("data sheet profile: the same again from its file") {
  const GpuProfile v100 = like_a100(shipped_gpu("v100-sxm2-32gb"));
  const std::string text = calibration::to_yaml({{v100}});
  const calibration::Profile read =
      calibration::read_profile(sim::ConfigNode::parse("p.yaml", text));
  CHECK(calibration::to_yaml(read) == text);
  const GpuProfile& again = read.gpus.front();
  CHECK(again.provenance == "datasheet");
  CHECK(again.sources == v100.sources);
  const std::vector gemm{3000.0, 4096.0, 1024.0};
  CHECK(seconds(again, Kernel::gemm, gemm) ==
        doctest::Approx(seconds(v100, Kernel::gemm, gemm)).epsilon(1e-6));
}

TEST_CASE("data sheet profile: every shipped GPU has a profile, its own if there is one") {
  for (const char* const name :
       {"v100-sxm2-32gb", "a100-sxm-40gb", "a100-sxm-80gb", "h100-sxm-80gb", "h200-sxm-141gb",
        "h800-sxm-80gb", "b200-sxm-180gb", "tpu-v3", "tpu-v4"}) {
    const Gpu gpu = shipped_gpu(name);
    CAPTURE(name);
    const GpuProfile profile = profile_from_all(gpu);
    CHECK((profile.provenance == "datasheet") == !gpu.like.empty());
    const double product = KernelCosts{
        profile, {}}.seconds({.kind = KernelWork::Kind::gemm, .size = {8192, 8192, 8192}});
    const double reached = 2 * 8192.0 * 8192.0 * 8192.0 / product /
                           std::max(gpu.peak(Format::bfloat16), gpu.peak(Format::float16));
    CHECK(reached < 1);
    CHECK(reached > 0.6);
  }
  // Of a B200, collectives are measured, and kernels not.
  const GpuProfile b200 = profile_from_all(shipped_gpu("b200-sxm-180gb"));
  CHECK(seconds(b200, Operation::all_reduce, 1e9) ==
        seconds(profiles()[2], Operation::all_reduce, 1e9));
}

TEST_CASE("data sheet profile: what is missing is said") {
  Gpu single = shipped_gpu("v100-sxm2-32gb");
  single.flop_per_s = {};
  CHECK(error_of([&] { return like_a100(single); }) ==
        "V100-SXM2-32GB: error: its data sheet gives no rate for bfloat16, which "
        "'A100-SXM4-80GB' has kernels in");
  const Gpu b200 = shipped_gpu("b200-sxm-180gb");
  CHECK(error_of([&] {
          return datasheet_profile(single, profiles()[2], b200);
        }).find("whose profile has no kernels") != std::string::npos);
  Gpu other = single;
  other.like = "L40S";
  CHECK(error_of([&] { return profile_from_all(other); }) ==
        "V100-SXM2-32GB: error: there is no profile of 'L40S', which it is to be like");
  other.like = "B200";
  CHECK(error_of([&] { return profile_from_all(other); }) ==
        "V100-SXM2-32GB: error: there is no data sheet of 'B200', which it is to be like");
  other.like = "";
  CHECK(error_of([&] { return profile_from_all(other); }).find("names no GPU that it is 'like'") !=
        std::string::npos);
}
