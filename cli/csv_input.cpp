#include "cli/csv_input.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

/// Where the record ends that `text` begins with: at a line break that no quotes enclose. `npos` if
/// quotes are never closed.
std::size_t record_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted = text[i] == '"' ? !quoted : quoted;
    if (text[i] == '\n' && !quoted) {
      return i;
    }
  }
  return quoted ? std::string_view::npos : text.size();
}

/// The fields of one record. A quoted field may hold commas, line breaks, and quotes written twice.
std::vector<CsvTable::Field> split_line(std::string_view line) {
  std::vector<CsvTable::Field> fields{{"", 1}};
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char letter = line[i];
    if (letter == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back().text += '"';
      ++i;
    } else if (letter == '"') {
      quoted = !quoted;
    } else if (letter == ',' && !quoted) {
      fields.push_back({"", static_cast<int>(i) + 2});
    } else if (letter != '\r') {
      fields.back().text += letter;
    }
  }
  return fields;
}

}  // namespace

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

CsvTable::CsvTable(std::string file, std::string_view text) : file_{std::move(file)} {
  text = without_mark(text);
  for (int line = 1, next = 1; !text.empty(); line = next) {
    const std::size_t end = record_end(text);
    if (end == std::string_view::npos) {
      throw sim::Error{sim::SourcePos{file_, line, 1}, "a quoted field has no end"};
    }
    const std::string_view record = text.substr(0, end);
    next = line + 1 + static_cast<int>(std::ranges::count(record, '\n'));
    std::vector<Field> fields = split_line(record);
    text = end == text.size() ? std::string_view{} : text.substr(end + 1);
    if (fields.size() == 1 && fields[0].text.empty()) {
      continue;
    }
    if (header_.empty()) {
      std::ranges::transform(fields, std::back_inserter(header_), &Field::text);
      continue;
    }
    if (fields.size() != header_.size()) {
      throw sim::Error{sim::SourcePos{file_, line, 1},
                       fmt::format("expected {} fields as in the header, found {}", header_.size(),
                                   fields.size())};
    }
    fields_.push_back(std::move(fields));
    lines_.push_back(line);
  }
  if (header_.empty()) {
    throw sim::Error{sim::SourcePos{file_, 1, 1}, "the table is empty"};
  }
  std::vector<std::string> names = header_;
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    throw sim::Error{sim::SourcePos{file_, 1, 1}, fmt::format("two columns '{}'", *twice)};
  }
}

bool CsvTable::has(std::string_view column) const {
  return std::ranges::find(header_, column) != header_.end();
}

const CsvTable::Field& CsvTable::field(std::size_t row, std::string_view column) const {
  const auto found = std::ranges::find(header_, column);
  if (found == header_.end()) {
    const std::vector<std::string_view> names{header_.begin(), header_.end()};
    throw sim::Error{
        sim::SourcePos{file_, 1, 1},
        fmt::format("missing column '{}'\n  hint: {}", column, sim::suggestion(column, names))};
  }
  return fields_[row][static_cast<std::size_t>(found - header_.begin())];
}

const std::string& CsvTable::at(std::size_t row, std::string_view column) const {
  return field(row, column).text;
}

void CsvTable::fail(std::size_t row, std::string_view column, std::string_view what) const {
  const int place = has(column) ? field(row, column).place : 1;
  throw sim::Error{sim::SourcePos{file_, lines_[row], place}, fmt::format("{}: {}", column, what)};
}

std::int64_t CsvTable::integer(std::size_t row, std::string_view column, std::int64_t least,
                               std::int64_t most) const {
  const std::string& text = at(row, column);
  const auto parsed = sim::parse_integer(text);
  if (!parsed.value || *parsed.value < least || *parsed.value > most) {
    fail(row, column,
         fmt::format("expected a whole number from {} to {}, got '{}'", least, most, text));
  }
  return *parsed.value;
}

}  // namespace cli
