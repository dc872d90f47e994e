#include "cli/number_types.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace cli {
namespace {

using enum calibration::Number;

// NCCL's names, those of nccl-tests before 2.0, of RCCL and of PyTorch. NVLink SHARP adds what
// ncclNvlsSupported() of NCCL 2.28 lists: no number of a single byte.
constexpr std::array types{
    NumberType{"half", 2, switches},    NumberType{"float16", 2, switches},
    NumberType{"fp16", 2, switches},    NumberType{"bfloat16", 2, switches},
    NumberType{"bf16", 2, switches},    NumberType{"float", 4, switches},
    NumberType{"float32", 4, switches}, NumberType{"fp32", 4, switches},
    NumberType{"double", 8, switches},  NumberType{"float64", 8, switches},
    NumberType{"int", 4, switches},     NumberType{"int32", 4, switches},
    NumberType{"uint32", 4, switches},  NumberType{"int64", 8, switches},
    NumberType{"uint64", 8, switches},  NumberType{"int8", 1, gpus},
    NumberType{"uint8", 1, gpus},       NumberType{"char", 1, gpus},
    NumberType{"fp8", 1, gpus},         NumberType{"f8e4m3", 1, gpus},
    NumberType{"f8e5m2", 1, gpus},      NumberType{"fp8_e4m3", 1, gpus},
    NumberType{"fp8_e5m2", 1, gpus},
};

}  // namespace

const NumberType* find_number_type(std::string_view name) {
  const auto* const found = std::ranges::find(types, name, &NumberType::name);
  return found == types.end() ? nullptr : found;
}

std::vector<std::string_view> number_type_names() {
  std::vector<std::string_view> names;
  std::ranges::transform(types, std::back_inserter(names), &NumberType::name);
  return names;
}

}  // namespace cli
