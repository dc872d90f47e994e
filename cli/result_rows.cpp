#include "cli/result_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"

namespace cli {

std::string text_of(const ResultValue& value) {
  if (const auto* const text = std::get_if<std::string>(&value)) {
    return *text;
  }
  if (const auto* const number = std::get_if<double>(&value)) {
    return fmt::format("{}", *number);
  }
  if (const auto* const yes = std::get_if<bool>(&value)) {
    return *yes ? "true" : "false";
  }
  return {};
}

ResultValue value_of(std::string_view word) {
  if (word.empty()) {
    return {};
  }
  if (word == "true" || word == "false") {
    return word == "true";
  }
  if (const auto number = sim::parse_number(word); number.value) {
    return *number.value;
  }
  return std::string{word};
}

void ResultRows::add(const ResultRow& row, std::span<const std::string> axes) {
  Row kept{.place = row.place};
  for (const auto& [key, value] : row.values) {
    const auto [column, is_new] = columns_.try_emplace(key, keys_.size());
    if (is_new) {
      keys_.push_back(key);
    }
    kept.values.resize(std::max(kept.values.size(), column->second + 1));
    if (kept.values[column->second].index() == 0) {
      kept.values[column->second] = value;
    }
  }
  for (const std::string& axis : axes) {
    if (std::ranges::find(axes_, axis) == axes_.end()) {
      axes_.push_back(axis);
    }
  }
  rows_.push_back(std::move(kept));
}

const ResultValue& ResultRows::at(std::size_t row, std::string_view key) const {
  static const ResultValue nothing;
  const auto column = columns_.find(key);
  const Row& found = rows_[row];
  return column == columns_.end() || column->second >= found.values.size()
             ? nothing
             : found.values[column->second];
}

void ResultRows::expect_key(std::string_view option, std::string_view key) const {
  if (!has(key)) {
    const std::vector<std::string_view> names{keys_.begin(), keys_.end()};
    throw sim::Error{std::string{option},
                     fmt::format("no row has '{}'\n  hint: {}", key, sim::suggestion(key, names))};
  }
}

ResultRows ResultRows::only(const std::vector<bool>& kept) const {
  sim::require(kept.size() == rows_.size(), "ResultRows::only: a word on every row");
  ResultRows out;
  out.keys_ = keys_;
  out.columns_ = columns_;
  out.axes_ = axes_;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (kept[row]) {
      out.rows_.push_back(rows_[row]);
    }
  }
  return out;
}

}  // namespace cli
