#include "calibration/probe/gemm_buffers.hpp"

#include <fmt/format.h>

#include "calibration/probe/check.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

Format format_of(const std::string& dtype) {
  if (dtype == "bfloat16") {
    return Format::bfloat16;
  }
  if (dtype == "float16") {
    return Format::float16;
  }
  if (dtype == "fp8") {
    return Format::fp8;
  }
  if (dtype == "tf32") {
    return Format::tf32;
  }
  throw sim::Failure{fmt::format("no number format '{}'", dtype)};
}

/// A share of the memory for each buffer, so that those of four formats fit beside each other.
std::size_t affordable(const Gpu& gpu, std::size_t needed) {
  constexpr std::size_t share = 10;
  constexpr std::size_t least = std::size_t{1} << 30;
  return std::min(std::max(aligned(needed), least), aligned(gpu.facts().memory_bytes / share));
}

}  // namespace

GemmShape gemm_shape(const calibration::SampleKey& key) {
  const auto at = [&](const char* name) {
    return static_cast<std::int64_t>(calibration::shape_number(key.shape, name));
  };
  GemmShape shape{.format = format_of(key.dtype), .n = at("n"), .k = at("k")};
  if (key.op == "grouped_gemm") {
    shape.batch = at("experts");
    shape.m = at("tokens");
  } else {
    shape.batch = key.op == "batched_gemm" ? at("batch") : 1;
    shape.m = at("m");
  }
  return shape;
}

GemmSets::GemmSets(const GemmBytes& bytes, const DeviceBuffer& operands,
                   const DeviceBuffer& results)
    : bytes_{aligned(bytes.a), aligned(bytes.b), aligned(bytes.c)},
      operands_{operands.data()},
      results_{results.data()},
      count_{std::min(sets_in(operands, bytes_.a + bytes_.b), sets_in(results, bytes_.c))} {}

GemmOperands GemmSets::at(std::size_t set) const {
  const std::byte* const first = operands_ + (set * (bytes_.a + bytes_.b));
  return {.a = first, .b = first + bytes_.a, .c = results_ + (set * bytes_.c)};
}

void GemmNeeds::grow(const GemmBytes& bytes) {
  operands = std::max(operands, aligned(bytes.a) + aligned(bytes.b));
  results = std::max(results, aligned(bytes.c));
}

GemmBuffers::GemmBuffers(const Gpu& gpu, Format format, const GemmNeeds& needs)
    : operands_{affordable(gpu, needs.operands)}, results_{affordable(gpu, needs.results)} {
  constexpr std::uint32_t seed = 1;
  launch_fill(format, operands_.data(), operands_.size(), seed, gpu.stream());
  check(cudaStreamSynchronize(gpu.stream()));
}

}  // namespace probe
