#include "cli/chart_data.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/chart_rows.hpp"
#include "sim/contract.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

/// A number for every value of a key, in the order met.
std::vector<std::size_t> numbered(const ResultRows& rows, std::string_view key) {
  std::map<std::string, std::size_t> numbers;
  std::vector<std::size_t> out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::size_t next = numbers.size();
    out.push_back(numbers.try_emplace(text_of(rows.at(row, key)), next).first->second);
  }
  return out;
}

std::size_t count_of(const std::vector<std::size_t>& numbers) {
  return numbers.empty() ? 0 : *std::ranges::max_element(numbers) + 1;
}

/// How many pairs there are of two things that rows say.
std::size_t pairs_of(const std::vector<std::size_t>& these, const std::vector<std::size_t>& those) {
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t row = 0; row < these.size(); ++row) {
    pairs.emplace(these[row], those[row]);
  }
  return pairs.size();
}

std::string_view last_word(std::string_view key) {
  return key.substr(key.rfind('.') + 1);  // npos + 1 is 0
}

/// The axis along which these rows differ, seeds apart; empty if there is none.
std::string difference(const ResultRows& rows, std::span<const std::size_t> same) {
  for (const std::string& axis : rows.axes()) {
    const std::string first = text_of(rows.at(same.front(), axis));
    if (axis != seed_key && std::ranges::any_of(same, [&](std::size_t row) {
          return text_of(rows.at(row, axis)) != first;
        })) {
      return axis;
    }
  }
  return {};
}

[[noreturn]] void fail_same(const ResultRows& rows, std::span<const std::size_t> same) {
  const std::string axis = difference(rows, same);
  const std::string places = fmt::format("{} and {}", rows.place(same[0]), rows.place(same[1]));
  if (axis.empty()) {
    throw sim::Error{std::string{"espalier plot"},
                     fmt::format("{} would stand at the same place", places)};
  }
  throw sim::Error{
      std::string{"--where"},
      fmt::format("{} would stand at the same place: they differ in {}\n  hint: --where {}={}",
                  places, axis, axis, text_of(rows.at(same.front(), axis)))};
}

}  // namespace

std::optional<double> number_at(const ResultRows& rows, std::size_t row, std::string_view key) {
  const auto* const number = std::get_if<double>(&rows.at(row, key));
  if (number == nullptr) {
    return std::nullopt;
  }
  // Products of six of them stay below the largest number there is, 1.8e308.
  constexpr double most = 1e40;
  const double size = std::abs(*number);
  if (size > most || (size > 0 && size < 1 / most)) {
    throw sim::Error{rows.place(row), fmt::format("{}: {} is too {} to be drawn", key, *number,
                                                  size > most ? "large" : "small")};
  }
  return *number;
}

Mark mark_of(const ResultRows& rows, std::size_t row) {
  return does_fit(rows, row) ? Mark::filled : Mark::hollow;
}

Variable variable_of(const ResultRows& rows, std::string_view key) {
  Variable out{.key = std::string{key}, .unit = unit_of(key)};
  bool are_numbers = true;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const ResultValue& value = rows.at(row, key);
    out.text.push_back(text_of(value));
    are_numbers = are_numbers && std::holds_alternative<double>(value);
  }
  if (are_numbers) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      out.at.push_back(*number_at(rows, row, key));
    }
    return out;
  }
  std::vector<std::optional<Measure>> measures;
  std::ranges::transform(out.text, std::back_inserter(measures), measure_of);
  const bool are_measures =
      std::ranges::all_of(measures, [&](const std::optional<Measure>& measure) {
        return measure && measures.front() && measure->ending == measures.front()->ending;
      });
  if (are_measures) {
    out.form = Variable::Form::measure;
    out.unit = unit_of(measures.front()->ending);
    std::ranges::transform(measures, std::back_inserter(out.at),
                           [](const std::optional<Measure>& measure) { return measure->value; });
    return out;
  }
  out.form = Variable::Form::category;
  out.unit = {};
  const std::vector<std::size_t> categories = numbered(rows, key);
  out.at.assign(categories.begin(), categories.end());
  return out;
}

Variable metric_of(const ResultRows& rows, std::string_view option, std::string_view key) {
  Variable out = variable_of(rows, key);
  if (out.form == Variable::Form::category) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (!std::holds_alternative<double>(rows.at(row, key))) {
        throw sim::Error{std::string{option}, fmt::format("{}: {}: expected a number, got '{}'",
                                                          rows.place(row), key, out.text[row])};
      }
    }
  }
  return out;
}

std::vector<Level> levels_of(const Variable& variable) {
  std::map<double, std::string> levels;
  for (std::size_t row = 0; row < variable.at.size(); ++row) {
    levels.try_emplace(variable.at[row], variable.text[row]);
  }
  std::vector<Level> out;
  for (const auto& [at, text] : levels) {
    out.push_back({at, text});
  }
  return out;
}

std::vector<std::string> varying_axes(const ResultRows& rows) {
  std::vector<std::string> out;
  std::vector<std::vector<std::size_t>> kept;
  for (const std::string& axis : rows.axes()) {
    std::vector<std::size_t> numbers = numbered(rows, axis);
    const std::size_t count = count_of(numbers);
    const bool is_another = std::ranges::any_of(kept, [&](const std::vector<std::size_t>& other) {
      return count_of(other) == count && pairs_of(other, numbers) == count;
    });
    if (count > 1 && !is_another) {
      out.push_back(axis);
      kept.push_back(std::move(numbers));
    }
  }
  return out;
}

bool is_decided_by(const ResultRows& rows, std::string_view key, std::string_view by) {
  const std::vector<std::size_t> numbers = numbered(rows, by);
  return pairs_of(numbers, numbered(rows, key)) == count_of(numbers);
}

Groups groups_of(const ResultRows& rows, std::span<const std::string> keys) {
  // By numbers where they are numbers: 2 before 16.
  std::vector<Variable> variables;
  for (const std::string& key : keys) {
    variables.push_back(variable_of(rows, key));
  }
  std::map<std::vector<double>, std::vector<std::size_t>> members;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::vector<double> place;
    for (const Variable& variable : variables) {
      place.push_back(variable.at[row]);
    }
    members[place].push_back(row);
  }
  Groups out;
  out.legend = keys.size() == 1 ? name_of_key(keys.front()) : "";
  out.of_row.resize(rows.size());
  for (const auto& [place, same] : members) {
    for (const std::size_t row : same) {
      out.of_row[row] = out.names.size();
    }
    // The legend says of which key a single one is.
    const std::string label = label_of(rows, same.front(), keys);
    out.names.push_back(
        keys.size() == 1 && label != "none" ? text_of(rows.at(same.front(), keys.front())) : label);
  }
  return out;
}

std::string label_of(const ResultRows& rows, std::size_t row, std::span<const std::string> keys) {
  std::vector<std::string> parts;
  for (const std::string& key : keys) {
    if (const std::string text = text_of(rows.at(row, key)); !text.empty()) {
      parts.push_back(fmt::format("{} {}", last_word(key), text));
    }
  }
  return parts.empty() && !keys.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

Spread spread_of(const ResultRows& rows, const Variable& metric,
                 std::span<const std::size_t> same) {
  sim::require(!same.empty(), "spread_of: a row");
  std::vector<double> values;
  std::set<std::string> seeds;
  Spread out;
  for (const std::size_t row : same) {
    values.push_back(metric.at[row]);
    seeds.insert(text_of(rows.at(row, seed_key)));
    out.mark = mark_of(rows, row) == Mark::hollow ? Mark::hollow : out.mark;
  }
  if (seeds.size() < same.size() || !difference(rows, same).empty()) {
    fail_same(rows, same);
  }
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  out.middle = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  out.least = values.front();
  out.most = values.back();
  return out;
}

std::optional<std::string> first_key(const ResultRows& rows,
                                     std::span<const std::string_view> keys) {
  const auto found =
      std::ranges::find_if(keys, [&](std::string_view key) { return rows.has(key); });
  return found == keys.end() ? std::nullopt : std::optional{std::string{*found}};
}

}  // namespace cli
