#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Without the mark of byte order with which some programs begin a file in UTF-8.
[[nodiscard]] std::string_view without_mark(std::string_view text);

/// A table from a CSV file: a header and rows as wide, with the line each one stands on. Fields may
/// be quoted.
class CsvTable {
 public:
  struct Field {
    std::string text;
    int place;  // in its line, from 1 on
  };

  /// Reads `text`; `file` names it in errors. Throws sim::Error for an empty table, a column given
  /// twice, and a row that is not as wide as the header.
  CsvTable(std::string file, std::string_view text);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::size_t rows() const { return lines_.size(); }
  [[nodiscard]] const std::vector<std::string>& columns() const { return header_; }
  [[nodiscard]] int line(std::size_t row) const { return lines_[row]; }

  /// The field of a row in the column of that name. Throws if there is no such column.
  [[nodiscard]] const std::string& at(std::size_t row, std::string_view column) const;
  [[nodiscard]] bool has(std::string_view column) const;

  /// Throws a sim::Error at the field, or at its row if there is no such column.
  [[noreturn]] void fail(std::size_t row, std::string_view column, std::string_view what) const;

  /// The field as a whole number from `least` to `most`.
  [[nodiscard]] std::int64_t integer(std::size_t row, std::string_view column, std::int64_t least,
                                     std::int64_t most) const;

 private:
  [[nodiscard]] const Field& field(std::size_t row, std::string_view column) const;

  std::string file_;
  std::vector<std::string> header_;
  std::vector<std::vector<Field>> fields_;  // per row
  std::vector<int> lines_;                  // per row
};

}  // namespace cli
