#pragma once
// What was asked for: which picture of which rows.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/result_rows.hpp"

namespace cli {

enum class ChartKind : std::uint8_t {
  line,
  scaling,
  busbw,
  breakdown,
  heatmap,
  pareto,
  tornado,
};
inline constexpr std::array<std::string_view, 7> chart_kind_names{
    "line", "scaling", "busbw", "breakdown", "heatmap", "pareto", "tornado"};

/// Which axes are logarithmic.
struct LogAxes {
  bool x = false;
  bool y = false;
};

inline constexpr std::array<std::string_view, 4> log_choices{"x", "y", "xy", "none"};

/// By the number of one of these choices.
[[nodiscard]] constexpr LogAxes log_axes(std::size_t choice) {
  return {.x = log_choices.at(choice).starts_with('x'), .y = log_choices.at(choice).ends_with('y')};
}

/// `--where KEY=VALUE`
struct Condition {
  std::string key;
  ResultValue value;
};

struct ChartRequest {
  ChartKind kind = ChartKind::line;
  std::optional<std::string> x{};
  std::optional<std::string> y{};
  std::optional<std::string> group{};
  std::vector<Condition> where{};
  std::optional<LogAxes> log{};
  std::optional<std::string> title{};
  std::vector<std::string> maximised{};
  std::string source{};  // what the rows are of, for the subtitle
};

}  // namespace cli
