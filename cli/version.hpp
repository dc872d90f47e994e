#pragma once

#include <string_view>

namespace cli {

/// Of the program; stands in every result. The same as in the top CMakeLists.txt.
inline constexpr std::string_view version = "0.1.0";

}  // namespace cli
