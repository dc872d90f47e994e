#pragma once
// Files of measured times come in several forms. Their names say little; their first lines do.

#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

enum class MeasuredForm : std::uint8_t {
  kernel_csv,       // cli/kernel_tables.hpp
  collective_csv,   // cli/collective_tables.hpp
  nccl_tests_text,  // cli/nccl_tests_input.hpp
  nccl_tests_json,
  espalier_samples,  // what our own programs log: {"espalier_samples":1, ...
};

/// The form of a file with this text; `file` names it in errors. It is told by a few marks, so that
/// the reader of that form can say what is wrong with the rest. Throws sim::Error, which names the
/// forms, for a text with the marks of none.
[[nodiscard]] MeasuredForm measured_form(const std::string& file, std::string_view text);

}  // namespace cli
