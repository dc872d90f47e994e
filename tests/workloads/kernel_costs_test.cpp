#include "workloads/kernel_costs.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/workloads/support.hpp"

using namespace workloads;
using calibration::Kernel;
using Kind = KernelWork::Kind;

TEST_CASE("kernel costs: what was measured is what a kernel takes") {
  const calibration::GpuProfile profile = shipped_profile("h100");
  const auto& gemm = *profile.find(Kernel::gemm, "bfloat16");
  const auto& fp8 = *profile.find(Kernel::gemm, "fp8");
  const auto& attention = *profile.find(Kernel::attention, "bfloat16");
  const KernelCosts plain{profile, {}};
  const KernelCosts small{profile, {.precision = Precision::fp8}};
  const KernelWork product{.kind = Kind::gemm, .size = {512, 2048, 2048}};
  CHECK(plain.seconds(product) == gemm.fit.seconds(std::array{512.0, 2048.0, 2048.0}));
  CHECK(small.seconds(product) == fp8.fit.seconds(std::array{512.0, 2048.0, 2048.0}));
  KernelWork wide = product;
  wide.is_wide = true;
  CHECK(small.seconds(wide) == plain.seconds(product));
  const std::array shape{1.0, 8192.0, 8.0, 1.0, 128.0};
  const KernelWork forward{.kind = Kind::attention, .size = shape};
  const KernelWork backward{.kind = Kind::attention_backward, .size = shape};
  CHECK(plain.seconds(forward) == attention.fit.seconds(shape));
  CHECK(plain.seconds(backward) / plain.seconds(forward) == doctest::Approx(2.5 * 0.73 / 0.63));
  // Half of all pairs are measured: an encoder has twice as many. A window of half the sequence
  // leaves 1/2 - 1/8 of them, three quarters of what is measured.
  const KernelWork encoder{.kind = Kind::attention, .size = shape, .is_causal = false};
  const KernelWork window{.kind = Kind::attention, .size = shape, .seen = 0.5};
  CHECK(plain.seconds(encoder) / plain.seconds(forward) == doctest::Approx(2));
  CHECK(plain.seconds(window) / plain.seconds(forward) == doctest::Approx(0.75));
  // float16 is what bfloat16 is.
  CHECK(KernelCosts{profile, {.precision = Precision::float16}}.seconds(product) ==
        plain.seconds(product));
}

TEST_CASE("kernel costs: no product goes on faster than the longest that were measured") {
  const calibration::GpuProfile profile = shipped_profile("h100");
  const KernelCosts costs{profile, {}};
  // The longest of the H100's samples, 50 ms and more, reach 0.6 to 0.75 of 989.4 TFLOP/s; short
  // ones, over before the clock goes down, up to 0.85.
  const KernelWork product{.kind = Kind::gemm, .size = {4096, 8192, 8192}};
  const double rate = flop_of(product) / costs.seconds(product);
  CHECK(rate > 0.6 * 989.4e12);
  CHECK(rate < 0.75 * 989.4e12);
  CHECK(profile.find(Kernel::gemm, "bfloat16")->fit.seconds(std::array{4096.0, 8192.0, 8192.0}) <
        costs.seconds(product));
}

TEST_CASE("kernel costs: kernels beside a collective lose the processors that it holds") {
  // 24 of the 108 of an A100.
  CHECK(KernelCosts{a100(), {}}.slowdown() == doctest::Approx(108.0 / 84));
  CHECK(KernelCosts{a100(), {.communication_blocks = 54}}.slowdown() == doctest::Approx(2));
}

TEST_CASE("kernel costs: memory-bound kernels go at what memory reaches, below its data sheet") {
  // 2039 and 3350 GB/s by NVIDIA's data sheets of A100-80GB and H100 SXM.
  CHECK(KernelCosts{shipped_profile("a100"), {}}.memory_bandwidth() < 2039e9);
  CHECK(KernelCosts{shipped_profile("a100"), {}}.memory_bandwidth() > 0.8 * 2039e9);
  const calibration::GpuProfile profile = shipped_profile("h100");
  const KernelCosts costs{profile, {}};
  CHECK(costs.memory_bandwidth() < 3350e9);
  CHECK(costs.memory_bandwidth() > 0.8 * 3350e9);
  const double small = costs.seconds({.kind = Kind::memory, .bytes = 1e6});
  const double large = costs.seconds({.kind = Kind::memory, .bytes = 1e9});
  CHECK((large - small) / (0.999e9 / costs.memory_bandwidth()) == doctest::Approx(1));
}

TEST_CASE("kernel costs: products at once take no less than one of them, and no more than all") {
  const calibration::GpuProfile profile = shipped_profile("a100");
  const KernelCosts costs{profile, {}};
  for (const double m : {128.0, 2048.0}) {
    const double one = costs.seconds({.kind = Kind::batched_gemm, .size = {1, m, 2048, 128}});
    const double all = costs.seconds({.kind = Kind::batched_gemm, .size = {64, m, 2048, 128}});
    CHECK(all >= one);
    CHECK(all <= 64 * one);
    CHECK(costs.seconds({.kind = Kind::grouped_gemm, .size = {64, m, 2048, 128}}) == all);
  }
}

TEST_CASE("kernel costs: a profile without what is needed is refused") {
  const calibration::GpuProfile none = shipped_profile("b200");
  CHECK_THROWS_WITH_AS((KernelCosts{none, {}}),
                       doctest::Contains("the profile has no gemm in bfloat16 or float16"),
                       sim::Error);
  const calibration::GpuProfile a100 = shipped_profile("a100");
  CHECK_THROWS_WITH_AS((KernelCosts{a100, {.precision = Precision::fp8}}),
                       doctest::Contains("the profile has no gemm in fp8"), sim::Error);
}
