#include "cli/chart_rows.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_data.hpp"
#include "cli/chart_units.hpp"
#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

bool are_equal(const ResultValue& a, const ResultValue& b) {
  if (a == b || text_of(a) == text_of(b)) {
    return true;
  }
  const auto one = measure_of(text_of(a));
  const auto other = measure_of(text_of(b));
  return one && other && one->ending == other->ending && one->value == other->value;
}

/// What the rows say under a key, each once, in the order met.
std::vector<std::string> texts_under(const ResultRows& rows, std::string_view key) {
  std::vector<std::string> texts;
  std::set<std::string> seen;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::string text = text_of(rows.at(row, key));
    if (!text.empty() && seen.insert(text).second) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

/// The value that may have been meant, or, of numbers, all of them.
std::string hint_for(const ResultRows& rows, const Condition& condition) {
  const std::vector<std::string> texts = texts_under(rows, condition.key);
  constexpr std::size_t most = 20;
  if (texts.empty() || texts.size() > most) {
    return {};
  }
  if (std::holds_alternative<double>(condition.value)) {
    return fmt::format("\n  hint: choose one of: {}", fmt::join(texts, ", "));
  }
  const std::vector<std::string_view> views{texts.begin(), texts.end()};
  return fmt::format("\n  hint: {}", sim::suggestion(text_of(condition.value), views));
}

/// Is its status, if it has one, "ok"?
bool has_result(const ResultRows& rows, std::size_t row) {
  const std::string status = text_of(rows.at(row, "status"));
  return status.empty() || status == "ok";
}

/// Counts of statuses, as in "3 invalid, 1 does not fit".
std::string statuses_text(const ResultRows& rows) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!has_result(rows, row)) {
      ++counts[text_of(rows.at(row, "status"))];
    }
  }
  std::vector<std::string> parts;
  for (const auto& [status, count] : counts) {
    parts.push_back(fmt::format("{} {}", count, status));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

ResultRows rows_where(const ResultRows& rows, std::span<const Condition> conditions) {
  ResultRows left = rows;
  for (const Condition& condition : conditions) {
    left.expect_key("--where", condition.key);
    std::vector<bool> kept;
    for (std::size_t row = 0; row < left.size(); ++row) {
      kept.push_back(are_equal(left.at(row, condition.key), condition.value));
    }
    if (std::ranges::find(kept, true) == kept.end()) {
      throw sim::Error{fmt::format("--where {}={}", condition.key, text_of(condition.value)),
                       fmt::format("no row has this value{}", hint_for(left, condition))};
    }
    left = left.only(kept);
  }
  return left;
}

bool does_fit(const ResultRows& rows, std::size_t row) {
  return rows.at(row, "fits") != ResultValue{false};
}

ChartRows ChartRows::only(const std::vector<bool>& kept) const {
  ChartRows out{rows_.only(kept)};
  out.notes_ = notes_;
  return out;
}

ChartRows ChartRows::with_results() const {
  std::vector<bool> kept;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    kept.push_back(has_result(rows_, row));
  }
  ChartRows out = only(kept);
  if (out.rows_.size() == 0) {
    throw sim::Error{std::string{"espalier plot"},
                     fmt::format("no row has a result: {}", statuses_text(rows_))};
  }
  if (out.rows_.size() < rows_.size()) {
    out.notes_.push_back(fmt::format("{} of {} rows have no result and are left out: {}",
                                     rows_.size() - out.rows_.size(), rows_.size(),
                                     statuses_text(rows_)));
  }
  return out;
}

ChartRows ChartRows::with(std::string_view option, std::string_view key) const {
  rows_.expect_key(option, key);
  std::vector<bool> kept;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    kept.push_back(!std::holds_alternative<std::monostate>(rows_.at(row, key)));
  }
  ChartRows out = only(kept);
  if (out.rows_.size() == 0) {
    throw sim::Error{std::string{option}, fmt::format("no row that is left has '{}'", key)};
  }
  if (out.rows_.size() < rows_.size()) {
    out.notes_.push_back(
        fmt::format("rows without {}, left out: {}", key, rows_.size() - out.rows_.size()));
  }
  return out;
}

ChartRows ChartRows::above_0(std::string_view key) const {
  const Variable variable = variable_of(rows_, key);
  std::vector<bool> kept;
  for (const double value : variable.at) {
    kept.push_back(value > 0);
  }
  ChartRows out = only(kept);
  if (out.rows_.size() == 0) {
    throw sim::Error{std::string{"--log"}, fmt::format("no row has a {} above 0", key)};
  }
  if (out.rows_.size() < rows_.size()) {
    out.notes_.push_back(
        fmt::format("rows whose {} is not above 0, without a place on a logarithmic axis: {}", key,
                    rows_.size() - out.rows_.size()));
  }
  return out;
}

ChartRows ChartRows::on(const LogAxes& axes, std::string_view x, std::string_view y) const {
  const ChartRows on_x = axes.x ? above_0(x) : *this;
  return axes.y ? on_x.above_0(y) : on_x;
}

ChartRows ChartRows::that_fit() const {
  std::vector<bool> kept;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    kept.push_back(does_fit(rows_, row));
  }
  ChartRows out = only(kept);
  if (out.rows_.size() == 0) {
    throw sim::Error{std::string{"espalier plot"}, "no row that is left fits into memory"};
  }
  if (out.rows_.size() < rows_.size()) {
    out.notes_.push_back(fmt::format("rows that do not fit into memory, left out: {}",
                                     rows_.size() - out.rows_.size()));
  }
  return out;
}

}  // namespace cli
