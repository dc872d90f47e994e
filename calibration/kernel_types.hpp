#pragma once
// The number formats in which kernels are measured, by the names that tables give them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibration {

/// Bytes of an operand: 2 for "bfloat16", 0.5 for "int4_wo". Nothing for a name that nobody knows.
[[nodiscard]] std::optional<double> element_bytes(std::string_view dtype);

/// "bfloat16", "fp8", ...
[[nodiscard]] std::vector<std::string_view> kernel_type_names();

/// "unknown type 'hlaf'", and the nearest name as a hint.
[[nodiscard]] std::string unknown_kernel_type(std::string_view dtype);

}  // namespace calibration
