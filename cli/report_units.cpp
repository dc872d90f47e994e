#include "cli/report_units.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"
#include "workloads/training_programs.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

/// What is known of a result's key.
struct Known {
  std::string_view key;
  std::string_view title;
  std::string_view unit;  // of the value, or what is shown of it
  Better better;
  bool is_shown;
};

/// In the order of columns.
constexpr std::array known_results{
    Known{"step_s", "step", "s", Better::lower, true},
    Known{"time_s", "time", "s", Better::lower, true},
    Known{"tokens_per_s", "throughput", "tokens/s", Better::higher, true},
    Known{"mfu", "MFU", "%", Better::higher, true},
    Known{"busbw_Bps", "bus bandwidth", "B/s", Better::higher, true},
    Known{"above_lower_bound", "time / lower bound", "", Better::lower, true},
    Known{"busiest_utilisation", "busiest link used", "%", Better::neither, true},
    Known{"run_days", "run", "days", Better::lower, true},
    Known{"goodput", "goodput", "%", Better::higher, true},
    Known{"in_time", "in time", "%", Better::higher, true},
    Known{"step_usd", "cost of a step", "USD", Better::lower, true},
    Known{"run_usd", "cost of the run", "USD", Better::lower, true},
    Known{"memory_B", "memory", "B", Better::lower, true},
    Known{"fits", "fits", "", Better::neither, true},
    Known{"gpus", "GPUs", "", Better::lower, true},
    Known{"status", "status", "", Better::neither, true},
    Known{"message", "reason", "", Better::neither, true},
    Known{"hfu", "HFU", "%", Better::higher, false},
    Known{"cluster_flop_per_s", "compute rate", "FLOP/s", Better::higher, false},
    Known{"step_kWh", "energy of a step", "kWh", Better::lower, false},
    Known{"run_MWh", "energy of the run", "MWh", Better::lower, false},
    Known{"run_days_p95", "run, 95th percentile", "days", Better::lower, false},
    Known{"run_days_half_width_95", "run, half width of 95 %", "days", Better::neither, false},
    Known{"checkpoint_interval_s", "between checkpoints", "s", Better::neither, false},
    Known{"gpu_memory_B", "memory of a GPU", "B", Better::neither, false},
    Known{"bytes", "size", "B", Better::neither, false},
    Known{"algbw_Bps", "algorithm bandwidth", "B/s", Better::higher, false},
    Known{"lower_bound_s", "lower bound", "s", Better::neither, false},
    Known{"busiest_link", "busiest link", "", Better::neither, false},
    Known{"TP", "TP", "", Better::neither, false},
    Known{"CP", "CP", "", Better::neither, false},
    Known{"PP", "PP", "", Better::neither, false},
    Known{"DP", "DP", "", Better::neither, false},
    Known{"EP", "EP", "", Better::neither, false},
    Known{"micro_batches", "micro-batches", "", Better::neither, false},
    Known{"profile", "profile", "", Better::neither, false},
    Known{"seed", "seed", "", Better::neither, false},
    Known{"events", "events", "", Better::neither, false},
    Known{"messages", "messages", "", Better::neither, false},
    Known{"scenario", "scenario hash", "", Better::neither, false},
    Known{"version", "version", "", Better::neither, false},
};

/// What a key ends with, and what that says.
struct Ending {
  std::string_view ending;
  std::string_view unit;
  Better better;
};

constexpr std::array endings{
    Ending{"_Bps", "B/s", Better::higher},  Ending{"_per_s", "1/s", Better::higher},
    Ending{"_s", "s", Better::lower},       Ending{"_B", "B", Better::lower},
    Ending{"_usd", "USD", Better::lower},   Ending{"_J", "J", Better::lower},
    Ending{"_W", "W", Better::lower},       Ending{"_kWh", "kWh", Better::lower},
    Ending{"_share", "%", Better::neither},
};

bool is_part(std::string_view key) {
  if (!key.ends_with("_s")) {
    return false;
  }
  key.remove_suffix(2);
  return key == "launch" || key == "idle" ||
         std::ranges::find(workloads::category_names, key) != workloads::category_names.end();
}

/// 2 of "2 us", and " us"; nothing if the text is no quantity.
std::optional<std::pair<double, std::string>> parted(const std::string& text) {
  const bool is_quantity = sim::parse_bytes(text).value || sim::parse_bandwidth(text).value ||
                           sim::parse_duration(text).value;
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = sim::parse_number(text.substr(0, end));
  if (!is_quantity || !number.value) {
    return std::nullopt;
  }
  const std::size_t unit = std::min(text.find_first_not_of(' ', end), text.size());
  return std::pair{*number.value, text.substr(unit)};
}

/// Bytes, bytes a second or seconds: numbers in a unit of their own.
std::optional<std::pair<double, std::string>> in_base_unit(const std::string& text) {
  if (const auto bytes = sim::parse_bytes(text); bytes.value) {
    return std::pair{static_cast<double>(bytes.value->count()), std::string{"B"}};
  }
  if (const auto rate = sim::parse_bandwidth(text); rate.value) {
    return std::pair{static_cast<double>(rate.value->count()), std::string{"B/s"}};
  }
  if (const auto time = sim::parse_duration(text); time.value) {
    return std::pair{sim::seconds(*time.value), std::string{"s"}};
  }
  return std::nullopt;
}

/// Turns all texts into numbers of one unit, or none of them.
template <class Read>
bool read_all(ReportColumn& column, Read read) {
  std::vector<Json> numbers;
  std::optional<std::string> unit;
  for (const Json& value : column.values) {
    const auto found = value.is_string() ? read(value.template get<std::string>()) : std::nullopt;
    if (!found || (unit && *unit != found->second)) {
      return false;
    }
    unit = found->second;
    numbers.emplace_back(found->first);
  }
  column.values = std::move(numbers);
  column.unit = unit.value_or("");
  column.is_number = true;
  return true;
}

struct Extent {
  double least = std::numeric_limits<double>::infinity();  // above 0
  double most = 0;
  bool are_whole = true;
};

/// Of the sizes of all numbers.
Extent extent_of(const ReportColumn& column) {
  Extent out;
  for (const Json& value : column.values) {
    if (!value.is_number()) {
      continue;
    }
    const double size = std::abs(value.get<double>());
    out.least = size > 0 ? std::min(out.least, size) : out.least;
    out.most = std::max(out.most, size);
    out.are_whole = out.are_whole && std::floor(size) == size;
  }
  return out;
}

void choose_prefix(ReportColumn& column, double most) {
  using Prefix = std::pair<std::string_view, double>;
  constexpr std::array prefixes{Prefix{"E", 1e18}, Prefix{"P", 1e15}, Prefix{"T", 1e12},
                                Prefix{"G", 1e9},  Prefix{"M", 1e6},  Prefix{"k", 1e3},
                                Prefix{"", 1},     Prefix{"m", 1e-3}, Prefix{"µ", 1e-6},
                                Prefix{"n", 1e-9}, Prefix{"p", 1e-12}};
  // Energy comes with a prefix that is not yet that of the column.
  double written = 1;
  if (column.unit == "kWh" || column.unit == "MWh") {
    written = column.unit == "kWh" ? 1e3 : 1e6;
    column.unit = "Wh";
    column.factor = written;
  }
  const auto* found = std::ranges::find_if(
      prefixes, [&](const Prefix& prefix) { return most * written >= prefix.second; });
  const bool is_time = column.unit == "s";
  if (found == prefixes.end() || (is_time && found->second > 1)) {
    return;  // thousands of seconds stay seconds
  }
  column.unit = fmt::format("{}{}", found->first, column.unit);
  column.factor = written / found->second;
}

/// Memory has decimal units, as GPUs have; sizes of messages are powers of two as a rule.
bool is_message_size(const ReportColumn& column) {
  return column.unit == "B" && (column.role == ColumnRole::axis || column.key == "bytes");
}

/// Sizes that are whole in KiB or MiB.
bool choose_binary(ReportColumn& column) {
  using Unit = std::pair<std::string_view, double>;
  constexpr std::array units{Unit{"MiB", 0x1p20}, Unit{"KiB", 0x1p10}};
  for (const auto& [name, size] : units) {
    const bool all = std::ranges::all_of(column.values, [&](const Json& value) {
      return value.is_number() && std::fmod(value.get<double>(), size) == 0;
    });
    if (all) {
      column.unit = name;
      column.factor = 1 / size;
      return true;
    }
  }
  return false;
}

}  // namespace

std::size_t place_of(const ReportColumn& column) {
  const auto* found = std::ranges::find(known_results, column.key, &Known::key);
  if (column.role == ColumnRole::part) {
    return 2 * known_results.size();
  }
  if (column.role == ColumnRole::axis || column.key == "point") {
    return 0;
  }
  // What is not known stands behind what is shown, and before what is not.
  const auto number = static_cast<std::size_t>(found - known_results.begin());
  return 1 + (found != known_results.end() && !found->is_shown ? known_results.size() + number
                                                               : number);
}

ReportColumn result_column(const std::string& key) {
  ReportColumn column{.key = key, .title = key, .role = ColumnRole::result};
  if (const auto* known = std::ranges::find(known_results, key, &Known::key);
      known != known_results.end()) {
    column.title = known->title;
    column.unit = known->unit;
    column.better = known->better;
    column.is_shown = known->is_shown;
    return column;
  }
  if (const auto* found = std::ranges::find_if(
          endings, [&](const Ending& each) { return key.ends_with(each.ending); });
      found != endings.end()) {
    column.title = key.substr(0, key.size() - found->ending.size());
    column.unit = found->unit;
    column.better = found->better;
  }
  if (is_part(key)) {
    column.role = ColumnRole::part;
    column.is_shown = false;
  }
  std::ranges::replace(column.title, '_', ' ');
  return column;
}

void read_units(ReportColumn& axis) {
  if (!read_all(axis, parted)) {
    read_all(axis, in_base_unit);
  }
}

void choose_unit(ReportColumn& column) {
  if (!column.is_number) {
    return;
  }
  constexpr std::array<std::string_view, 8> with_prefix{"s", "B",   "B/s", "J",
                                                        "W", "kWh", "MWh", "FLOP/s"};
  const bool has_prefixes = std::ranges::find(with_prefix, column.unit) != with_prefix.end();
  const Extent extent = extent_of(column);
  if (column.unit == "%") {
    column.factor = 100;
  } else if (is_message_size(column) && extent.most > 0 && choose_binary(column)) {
    column.digits = 0;
    return;
  } else if (has_prefixes) {
    choose_prefix(column, extent.most);
  }
  if (!(extent.most > 0) || (extent.are_whole && column.factor == 1)) {
    column.digits = 0;
    return;
  }
  constexpr int digits_max = 6;
  const int before = static_cast<int>(std::floor(std::log10(extent.most * column.factor)));
  const int least = static_cast<int>(std::floor(std::log10(extent.least * column.factor)));
  column.digits = std::clamp(2 - least, 0, std::max(digits_max - 1 - std::max(before, 0), 0));
}

}  // namespace cli
