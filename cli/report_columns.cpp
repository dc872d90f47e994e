#include "cli/report_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/report_units.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

/// Six digits: a page is for people, and results.csv has all of them.
Json rounded(const Json& value) {
  return value.is_number_float() ? Json::parse(fmt::format("{:.6g}", value.get<double>())) : value;
}

/// Columns, by their keys and in their order.
class Builder {
 public:
  explicit Builder(std::size_t rows) : rows_{rows} {}

  void add(ReportColumn column, std::size_t row, const Json& value) {
    const auto [found, is_new] = places_.try_emplace(column.key, columns_.size());
    if (is_new) {
      column.values.resize(rows_);
      columns_.push_back(std::move(column));
    }
    columns_[found->second].values[row] = value;
  }

  std::vector<ReportColumn> take() { return std::move(columns_); }

 private:
  std::size_t rows_;
  std::vector<ReportColumn> columns_;
  std::map<std::string, std::size_t> places_;
};

void finish(ReportColumn& column) {
  column.is_number = std::ranges::all_of(
      column.values, [](const Json& value) { return value.is_null() || value.is_number(); });
  if (column.role == ColumnRole::axis && !column.is_number) {
    read_units(column);
  }
  choose_unit(column);
  std::ranges::transform(column.values, column.values.begin(), rounded);
}

/// Is there one value, wherever the sweep has any? What tells how a point ended has a column.
bool is_constant(const ReportColumn& column, const SweepRows& sweep) {
  constexpr std::array<std::string_view, 4> never{"point", "status", "fits", "message"};
  std::vector<Json> values;
  std::ranges::copy_if(column.values, std::back_inserter(values),
                       [](const Json& value) { return !value.is_null(); });
  const auto is_first = [&](const Json& value) { return value == values.front(); };
  return column.role == ColumnRole::result && values.size() > 1 &&
         std::ranges::find(never, column.key) == never.end() &&
         std::ranges::all_of(values, is_first) && std::ranges::all_of(sweep, [&](const Json& row) {
           const auto found = row.find(column.key);
           return found == row.end() || found->is_null() || is_first(rounded(*found));
         });
}

/// How many values each axis has, by its key.
std::map<std::string, std::size_t> count_values(const SweepRows& sweep) {
  std::map<std::string, std::set<std::string>> values;
  for (const Json& row : sweep) {
    for (const auto& [key, value] : row.at("axes").items()) {
      values[key].insert(value.dump());
    }
  }
  std::map<std::string, std::size_t> out;
  for (const auto& [key, each] : values) {
    out[key] = each.size();
  }
  return out;
}

/// "tensor" of "layout.tensor", unless another axis would have the same name.
void shorten_titles(std::vector<ReportColumn>& columns) {
  const auto last_part = [](const ReportColumn& column) {
    return column.key.substr(column.key.rfind('.') + 1);
  };
  std::map<std::string, int> count;
  for (const ReportColumn& column : columns) {
    if (column.role == ColumnRole::axis) {
      ++count[last_part(column)];
    }
  }
  for (ReportColumn& column : columns) {
    if (column.role == ColumnRole::axis && count[last_part(column)] == 1) {
      column.title = last_part(column);
    }
  }
}

Json to_json(const ReportColumn& column) {
  return {{"key", column.key},
          {"title", column.title},
          {"unit", column.unit},
          {"role", column_role_names.at(static_cast<std::size_t>(column.role))},
          {"better", better_names.at(static_cast<std::size_t>(column.better))},
          {"number", column.is_number},
          {"shown", column.is_shown},
          {"factor", column.factor},
          {"digits", column.digits},
          {"values", column.values}};
}

/// "1234", "12 345", "-0.5": thin spaces between thousands, from five digits on.
std::string grouped(const std::string& number) {
  constexpr std::string_view thin_space = "\u202f";
  constexpr std::size_t few = 4;
  const std::size_t begin = number.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(number.find('.'), number.size());
  if (end - begin <= few) {
    return number;
  }
  std::string out = number.substr(0, begin);
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin && (end - i) % 3 == 0) {
      out += thin_space;
    }
    out += number[i];
  }
  return out + number.substr(end);
}

}  // namespace

bool is_usable(const Json& row) {
  return row["status"] == "ok" && row.value("fits", true);
}

bool is_before(const Json& left, const Json& right) {
  if (is_usable(left) != is_usable(right) || !is_usable(left)) {
    return is_usable(left) && !is_usable(right);
  }
  const auto bytes = [](const Json& row) { return row.value("bytes", std::int64_t{0}); };
  return bytes(left) > bytes(right) ||
         (bytes(left) == bytes(right) && time_of(left) < time_of(right));
}

double time_of(const Json& row) {
  return row.at(row.contains("step_s") ? "step_s" : "time_s").get<double>();
}

SweepRows ranked(const SweepRows& rows, std::size_t most, std::optional<std::size_t> kept) {
  std::vector<const Json*> order;
  order.reserve(rows.size());
  for (const Json& row : rows) {
    order.push_back(&row);
  }
  std::ranges::stable_sort(
      order, [](const Json* left, const Json* right) { return is_before(*left, *right); });
  SweepRows out;
  for (const Json* const row : order) {
    const bool is_kept = kept && row->at("point") == *kept;
    // The last place is for the one to be kept, if that has not come yet.
    if (is_kept || out.size() + (kept ? 1 : 0) < most) {
      out.push_back(*row);
      kept = is_kept ? std::nullopt : kept;
    }
  }
  return out;
}

bool have_same_tokens(const SweepRows& sweep) {
  constexpr double rounding = 1e-6;
  std::optional<double> first;
  for (const Json& row : sweep) {
    const double tokens = row.value("tokens_per_s", 0.0) * row.value("step_s", 0.0);
    if (!(tokens > 0)) {
      continue;
    }
    first = first.value_or(tokens);
    if (std::abs(tokens - *first) > rounding * *first) {
      return false;
    }
  }
  return true;
}

ReportTable report_table(const SweepRows& rows, const SweepRows& sweep) {
  const std::map<std::string, std::size_t> distinct = count_values(sweep);
  Builder builder{rows.size()};
  for (std::size_t row = 0; row < rows.size(); ++row) {
    builder.add({.key = "point", .title = "point", .role = ColumnRole::result}, row,
                rows[row].at("point"));
    for (const auto& [key, value] : rows[row].at("axes").items()) {
      builder.add({.key = "axes." + key,
                   .title = key,
                   .role = ColumnRole::axis,
                   .distinct = distinct.at(key)},
                  row, value);
    }
    for (const auto& [key, value] : rows[row].items()) {
      if (key != "point" && key != "axes") {
        builder.add(result_column(key), row, value);
      }
    }
  }
  ReportTable table{.rows = rows.size(), .columns = {}, .constants = {}};
  std::vector<ReportColumn> columns = builder.take();
  shorten_titles(columns);
  std::ranges::stable_sort(columns, {}, place_of);
  for (ReportColumn& column : columns) {
    finish(column);
    if (is_constant(column, sweep)) {
      std::erase_if(column.values, [](const Json& value) { return value.is_null(); });
      column.values.resize(1);
      table.constants.push_back(std::move(column));
    } else {
      table.columns.push_back(std::move(column));
    }
  }
  return table;
}

std::string cell_text(const ReportColumn& column, std::size_t row) {
  const Json& value = column.values.at(row);
  if (value.is_null()) {
    return {};
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  if (value.is_string()) {
    return value.get<std::string>();
  }
  return value.is_number()
             ? grouped(fmt::format("{:.{}f}", value.get<double>() * column.factor, column.digits))
             : value.dump();
}

Json to_json(const ReportTable& table) {
  Json columns = Json::array();
  Json constants = Json::array();
  for (const ReportColumn& column : table.columns) {
    columns.push_back(to_json(column));
  }
  for (const ReportColumn& column : table.constants) {
    constants.push_back(to_json(column));
  }
  return {
      {"rows", table.rows}, {"columns", std::move(columns)}, {"constants", std::move(constants)}};
}

}  // namespace cli
