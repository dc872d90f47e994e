#pragma once
// Results as rows of named values, whatever wrote them.

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cli {

/// What a row says under a key: nothing, yes or no, a number, or text.
using ResultValue = std::variant<std::monostate, bool, double, std::string>;

/// As people read it: "8", "0.25", "true", "ring"; "" for nothing.
[[nodiscard]] std::string text_of(const ResultValue& value);

/// What a word looks like: "" nothing, "true" and "false" yes and no, "0.25" a number, or text.
[[nodiscard]] ResultValue value_of(std::string_view word);

/// A row as it was read. Of a key that is there twice, the first counts.
struct ResultRow {
  std::string place{};  // names it in errors: "results.jsonl:17"
  std::vector<std::pair<std::string, ResultValue>> values{};
};

/// Rows that need not have the same keys.
class ResultRows {
 public:
  /// `axes` are those keys that were varied on purpose; what rows call their axes adds up.
  void add(const ResultRow& row, std::span<const std::string> axes);

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }  // as first met
  [[nodiscard]] const std::vector<std::string>& axes() const { return axes_; }  // likewise
  [[nodiscard]] bool has(std::string_view key) const { return columns_.contains(key); }

  /// Nothing, if the row, or none of the rows, has that key.
  [[nodiscard]] const ResultValue& at(std::size_t row, std::string_view key) const;
  [[nodiscard]] const std::string& place(std::size_t row) const { return rows_[row].place; }

  /// Throws sim::Error in the name of `option`, with the nearest key, if no row has this one.
  void expect_key(std::string_view option, std::string_view key) const;

  /// Those rows alone for which `kept` says so, in order. Keys and axes stay.
  [[nodiscard]] ResultRows only(const std::vector<bool>& kept) const;

 private:
  struct Row {
    std::string place{};
    std::vector<ResultValue> values{};  // by column; shorter if it has none of the last ones
  };

  std::vector<std::string> keys_;
  std::map<std::string, std::size_t, std::less<>> columns_;  // the place of a key in keys_
  std::vector<std::string> axes_;
  std::vector<Row> rows_;
};

}  // namespace cli
