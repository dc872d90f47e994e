#pragma once
// Quantities of months and of money, as people write them: "24 h", "15.6T", "2027-03-01".

#include <chrono>
#include <string>

#include "planning/seconds.hpp"
#include "sim/config.hpp"

namespace cli {

/// "90 s", "30 min", "24 h", "54 d", "5 y" (of 365 days); from 0 to a thousand years. Throws
/// sim::Error at anything else.
[[nodiscard]] planning::Seconds read_long_time(const sim::ConfigNode& node);

/// "15.6T", "300B", "4M", "10K", or a plain number; above 0.
[[nodiscard]] double read_count(const sim::ConfigNode& node);

/// "2027-03-01".
[[nodiscard]] std::chrono::sys_days read_date(const sim::ConfigNode& node);

/// "2027-03-01".
[[nodiscard]] std::string text_of(std::chrono::sys_days when);

/// Three digits in the unit that suits: "54.2 d", "31.5 min".
[[nodiscard]] std::string text_of(planning::Seconds time);

}  // namespace cli
