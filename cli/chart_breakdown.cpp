// Where the time of a step goes.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_axes.hpp"
#include "cli/chart_data.hpp"
#include "cli/chart_kinds.hpp"
#include "cli/chart_rows.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

struct Part {
  std::string_view key;
  std::string_view name;
};

// workloads::category_names, and what comes beside them.
constexpr std::array parts{
    Part{"compute_s", "compute"},
    Part{"recompute_s", "recompute"},
    Part{"optimizer_s", "optimiser"},
    Part{"TP_s", "TP"},
    Part{"CP_s", "CP"},
    Part{"EP_s", "EP"},
    Part{"DP_s", "DP"},
    Part{"PP_s", "PP"},
    Part{"launch_s", "launch"},
    Part{"idle_s", "idle"},
};

double seconds_at(const ResultRows& rows, std::size_t row, std::string_view key) {
  return number_at(rows, row, key).value_or(0);
}

double total_of(const ResultRows& rows, std::size_t row) {
  double sum = 0;
  for (const Part& part : parts) {
    sum += seconds_at(rows, row, part.key);
  }
  return sum;
}

std::string bar_name(const ResultRows& rows, std::size_t row,
                     const std::vector<std::string>& keys) {
  const std::string name = keys.empty() ? "step" : label_of(rows, row, keys);
  return mark_of(rows, row) == Mark::hollow ? name + " (does not fit)" : name;
}

/// Those that any row spends time in.
std::vector<Part> parts_used(const ResultRows& rows) {
  std::vector<Part> used;
  for (const Part& part : parts) {
    bool is_used = false;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      is_used = is_used || seconds_at(rows, row, part.key) > 0;
    }
    if (is_used) {
      used.push_back(part);
    }
  }
  return used;
}

/// The decimal prefix that suits the longest bar.
Prefix prefix_of(const ResultRows& rows, const Unit& unit) {
  double longest = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    longest = std::max(longest, total_of(rows, row));
  }
  return prefix_for(longest, unit);
}

void check_count(const ResultRows& rows) {
  constexpr std::size_t bars_most = 60;
  if (rows.size() > bars_most) {
    throw sim::Error{std::string{"--where"},
                     fmt::format("{} bars are too many: at most {}\n  hint: these vary: {}",
                                 rows.size(), bars_most, fmt::join(varying_axes(rows), ", "))};
  }
}

}  // namespace

Chart breakdown_chart(const ResultRows& all, const ChartRequest& /*request*/) {
  const ChartRows chosen = ChartRows{all}.with_results().with("espalier plot", parts.front().key);
  check_count(chosen.rows());
  const std::vector<std::string> keys = varying_axes(chosen.rows());
  const std::vector<Part> used = parts_used(chosen.rows());
  const Unit unit = unit_of("step_s");
  const Prefix prefix = prefix_of(chosen.rows(), unit);
  StackedBars body{.label = axis_label("time of a step_s", unit, prefix)};
  for (const Part& part : used) {
    body.parts.emplace_back(part.name);
  }
  for (std::size_t row = 0; row < chosen.rows().size(); ++row) {
    StackedBars::Bar bar{.name = bar_name(chosen.rows(), row, keys),
                         .total = four_digits(total_of(chosen.rows(), row), unit)};
    for (const Part& part : used) {
      bar.parts.push_back(seconds_at(chosen.rows(), row, part.key) / prefix.factor);
    }
    body.bars.push_back(std::move(bar));
  }
  return {
      .title = "where the time of a step goes", .notes = chosen.notes(), .body = std::move(body)};
}

}  // namespace cli
