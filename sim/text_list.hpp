#pragma once

#include <string_view>
#include <vector>

namespace sim {

/// The parts of `text` between separators, without the blanks around them. At least one part; parts
/// may be empty. They point into `text`.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace sim
