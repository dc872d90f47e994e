#pragma once
// The types of numbers that collectives carry, by the names that libraries and tables give them.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "calibration/collective.hpp"

namespace cli {

struct NumberType {
  std::string_view name;
  std::int64_t bytes;
  calibration::Number adder;  // who can add them
};

/// Null for a name that nobody knows.
[[nodiscard]] const NumberType* find_number_type(std::string_view name);

[[nodiscard]] std::vector<std::string_view> number_type_names();

}  // namespace cli
