#pragma once
// Text in gnuplot scripts.

#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

/// As a string of gnuplot's that holds any text. Control characters become blanks; bytes that are
/// no UTF-8 are replaced.
///
/// In single quotes gnuplot reads nothing at all, but has no place for such a quote: of two that
/// follow each other, which should stand for one, 5.4 loses count if there are more. So a text that
/// has one stands in double quotes, and what would have a meaning there as its octal number.
[[nodiscard]] std::string quoted(std::string_view text);

/// At most `longest` bytes, three dots in place of the end of what is longer.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t longest);

}  // namespace cli
