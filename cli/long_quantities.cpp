#include "cli/long_quantities.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"
#include "sim/text_list.hpp"

namespace cli {
namespace {

struct Unit {
  std::string_view name;
  double value = 1;
};

constexpr double minute = 60;
constexpr double hour = 3600;
constexpr double day = 24 * hour;
constexpr double year = 365 * day;
constexpr std::array times{Unit{"s", 1}, Unit{"min", minute}, Unit{"h", hour}, Unit{"d", day},
                           Unit{"y", year}};
constexpr std::array counts{Unit{"", 1}, Unit{"K", 1e3}, Unit{"M", 1e6}, Unit{"B", 1e9},
                            Unit{"T", 1e12}};

/// A number and one of the units behind it.
std::optional<double> value_of(std::string_view text, std::span<const Unit> units) {
  const std::size_t end = text.find_last_of("0123456789.");
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto number = sim::parse_number(text.substr(0, end + 1));
  std::string_view unit = text.substr(end + 1);
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  const auto found = std::ranges::find(units, unit, &Unit::name);
  return number.value && found != units.end() ? std::optional{*number.value * found->value}
                                              : std::nullopt;
}

}  // namespace

planning::Seconds read_long_time(const sim::ConfigNode& node) {
  const std::string text = node.text();
  const auto value = value_of(text, times);
  constexpr double most = 1000 * year;
  if (!value || *value < 0 || *value > most) {
    node.fail(fmt::format("expected a time, got '{}'", text),
              "such as 90 s, 30 min, 24 h, 54 d, 5 y");
  }
  return planning::Seconds{*value};
}

double read_count(const sim::ConfigNode& node) {
  const std::string text = node.text();
  const auto value = value_of(text, counts);
  constexpr double most = 1e18;
  if (!value || *value <= 0 || *value > most) {
    node.fail(fmt::format("expected a number above 0, got '{}'", text), "such as 15.6T, 300B, 4M");
  }
  return *value;
}

std::chrono::sys_days read_date(const sim::ConfigNode& node) {
  const std::string text = node.text();
  const std::vector<std::string_view> parts = sim::split(text, '-');
  std::array<std::int64_t, 3> numbers{};
  bool is_right = parts.size() == numbers.size();
  for (std::size_t i = 0; is_right && i < numbers.size(); ++i) {
    std::string_view digits = parts[i];
    // "03" is no octal here.
    digits.remove_prefix(digits.size() > 1 && digits.front() == '0' ? 1 : 0);
    const auto parsed = sim::parse_integer(digits);
    is_right = parsed.value.has_value() && parts[i].size() == (i == 0 ? 4 : 2);
    numbers.at(i) = parsed.value.value_or(0);
  }
  const std::chrono::year_month_day date{
      std::chrono::year{static_cast<int>(numbers[0])},
      std::chrono::month{static_cast<unsigned>(std::max<std::int64_t>(numbers[1], 0))},
      std::chrono::day{static_cast<unsigned>(std::max<std::int64_t>(numbers[2], 0))}};
  if (!is_right || !date.ok()) {
    node.fail(fmt::format("expected a date, got '{}'", text), "such as 2027-03-01");
  }
  return std::chrono::sys_days{date};
}

std::string text_of(std::chrono::sys_days when) {
  const std::chrono::year_month_day date{when};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string text_of(planning::Seconds time) {
  const Unit* unit = times.data();
  for (const Unit& each : times) {
    // Days, not years: those who plan count in days.
    if (each.value < year && time.count() >= each.value) {
      unit = &each;
    }
  }
  return fmt::format("{:.3g} {}", time.count() / unit->value, unit->name);
}

}  // namespace cli
