#include "calibration/kernel_types.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "sim/suggest.hpp"

namespace calibration {
namespace {

struct KernelType {
  std::string_view name;
  double bytes;  // of an operand; of weights, where they are smaller than activations
};

// Names of PyTorch, cuBLAS and TensorRT-LLM: "_block" scales blocks, "_wo" quantises weights only.
constexpr std::array types{
    KernelType{"bfloat16", 2},  KernelType{"bf16", 2},      KernelType{"float16", 2},
    KernelType{"fp16", 2},      KernelType{"half", 2},      KernelType{"float", 4},
    KernelType{"float32", 4},   KernelType{"fp32", 4},      KernelType{"tf32", 4},
    KernelType{"double", 8},    KernelType{"float64", 8},   KernelType{"fp64", 8},
    KernelType{"fp8", 1},       KernelType{"fp8_block", 1}, KernelType{"fp8_e4m3", 1},
    KernelType{"fp8_e5m2", 1},  KernelType{"f8e4m3", 1},    KernelType{"f8e5m2", 1},
    KernelType{"mxfp8", 1},     KernelType{"int8", 1},      KernelType{"uint8", 1},
    KernelType{"int8_wo", 1},   KernelType{"w4afp8", 0.5},  KernelType{"int4", 0.5},
    KernelType{"int4_wo", 0.5}, KernelType{"fp4", 0.5},     KernelType{"nvfp4", 0.5},
    KernelType{"mxfp4", 0.5},
};

}  // namespace

std::optional<double> element_bytes(std::string_view dtype) {
  const auto* const found = std::ranges::find(types, dtype, &KernelType::name);
  return found == types.end() ? std::nullopt : std::optional{found->bytes};
}

std::vector<std::string_view> kernel_type_names() {
  std::vector<std::string_view> names;
  std::ranges::transform(types, std::back_inserter(names), &KernelType::name);
  return names;
}

std::string unknown_kernel_type(std::string_view dtype) {
  return fmt::format("unknown type '{}'\n  hint: {}", dtype,
                     sim::suggestion(dtype, kernel_type_names()));
}

}  // namespace calibration
