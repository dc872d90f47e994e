#pragma once
// Results for spreadsheets and data frames.

#include <string>
#include <string_view>

#include "cli/result.hpp"

namespace cli {

/// A header, and one line for every row, with the names and units of the JSON document; what holds
/// for the whole comparison is repeated on every line. Requires finite numbers.
[[nodiscard]] std::string to_csv(const Comparison& comparison);

/// A header, and one line for every link of every row; `link` counts the topology's links from 0.
/// `bytes` is the size of the collective, `link_bytes` what the link carried.
[[nodiscard]] std::string links_to_csv(const Comparison& comparison);

/// One field as RFC 4180 has it: in quotes if it holds a comma, a quote or a line break, with its
/// quotes doubled.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace cli
