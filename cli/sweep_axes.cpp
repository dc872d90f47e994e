#include "cli/sweep_axes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"

namespace cli {
namespace {

constexpr std::size_t values_max = 100'000;

/// "100 Gbps" as 100 and " Gbps".
struct Measured {
  double number = 0;
  std::string unit;
};

std::optional<Measured> parse_measured(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789.eE+-");
  // The e of a number may be the first letter of a unit.
  for (std::size_t length = std::min(end, text.size()); length > 0; --length) {
    if (const auto number = sim::parse_number(text.substr(0, length)); number.value) {
      return Measured{*number.value, std::string{text.substr(length)}};
    }
  }
  return std::nullopt;
}

/// Fifteen digits: what a factor makes of a number is not meant to show how computers round.
std::string text_of(double number, const std::string& unit) {
  return fmt::format("{:.15g}{}", number, unit);
}

/// How much of its kind one of these units is.
struct UnitSize {
  std::string_view kind;
  double size = 0;
};

std::optional<UnitSize> size_of_unit(const std::string& unit) {
  constexpr double many = 1000;  // a bit per second is an eighth of a byte
  const std::string text = text_of(many, unit);
  if (unit.empty()) {
    return std::nullopt;
  }
  if (const auto bytes = sim::parse_bytes(text).value) {
    return UnitSize{"bytes", static_cast<double>(bytes->count()) / many};
  }
  if (const auto rate = sim::parse_bandwidth(text).value) {
    return UnitSize{"rate", static_cast<double>(rate->count()) / many};
  }
  if (const auto time = sim::parse_duration(text).value) {
    return UnitSize{"time", static_cast<double>(time->count()) / many};
  }
  return std::nullopt;
}

/// The same in another unit of its kind: 1 Tbps is 1000 Gbps.
Measured in_unit(const Measured& each, const std::string& unit, const sim::ConfigNode& node) {
  if (each.unit == unit) {
    return each;
  }
  const auto from = size_of_unit(each.unit);
  const auto to = size_of_unit(unit);
  if (!from || !to || from->kind != to->kind) {
    node.fail(fmt::format("'{}' where the range has '{}': both need the same unit",
                          text_of(each.number, each.unit), text_of(1, unit)));
  }
  return {each.number * from->size / to->size, unit};
}

Measured measured(const sim::ConfigNode& node) {
  const std::string text = node.text();
  const auto out = parse_measured(text);
  if (!out) {
    node.fail(fmt::format("expected a number, with or without a unit, got '{}'", text));
  }
  return *out;
}

/// From a first to a last value, each of them some way from the one before.
class Range {
 public:
  Range(const sim::ConfigNode& node, Measured first, Measured last)
      : node_{&node}, first_{std::move(first)}, last_{std::move(last)} {
    last_ = in_unit(last_, first_.unit, node);
    if (last_.number < first_.number) {
      node.fail("the range runs backwards");
    }
  }

  [[nodiscard]] std::vector<sim::ConfigNode> by(const Measured& step) const {
    const double difference = in_unit(step, first_.unit, *node_).number;
    if (difference <= 0) {
      node_->fail("the difference must be above 0");
    }
    const double count = std::floor((last_.number - first_.number) / difference + slack);
    return values(count, [&](double i) { return first_.number + (i * difference); });
  }

  [[nodiscard]] std::vector<sim::ConfigNode> times(double factor) const {
    if (factor <= 1) {
      node_->fail("the factor must be above 1");
    }
    expect_above_0();
    const double count =
        std::floor((std::log(last_.number / first_.number) / std::log(factor)) + slack);
    return values(count, [&](double i) { return first_.number * std::pow(factor, i); });
  }

  [[nodiscard]] std::vector<sim::ConfigNode> in_steps(std::int64_t count) const {
    expect_above_0();
    const double each = std::log(last_.number / first_.number) / static_cast<double>(count - 1);
    return values(static_cast<double>(count - 1), [&](double i) {
      return i + 1 < static_cast<double>(count) ? first_.number * std::exp(i * each) : last_.number;
    });
  }

 private:
  static constexpr double slack = 1e-9;  // 0.1 three times is not quite 0.3

  void expect_above_0() const {
    if (first_.number <= 0) {
      node_->fail("a range by a factor must begin above 0");
    }
  }

  template <class Value>
  [[nodiscard]] std::vector<sim::ConfigNode> values(double last, Value value) const {
    if (last >= static_cast<double>(values_max)) {
      node_->fail(fmt::format("more than {} values", values_max));
    }
    std::vector<sim::ConfigNode> out;
    for (std::size_t i = 0; static_cast<double>(i) <= last; ++i) {
      const std::string text = text_of(value(static_cast<double>(i)), first_.unit);
      out.push_back(node_->is_map() ? node_->at("from").part(text) : node_->part(text));
    }
    return out;
  }

  const sim::ConfigNode* node_;
  Measured first_;
  Measured last_;
};

std::vector<sim::ConfigNode> read_range(const sim::ConfigNode& node) {
  node.expect_keys({"from", "to", "by", "factor", "steps"});
  const Range range{node, measured(node.at("from")), measured(node.at("to"))};
  const auto by = node.find("by");
  const auto factor = node.find("factor");
  const auto steps = node.find("steps");
  if (int{by.has_value()} + int{factor.has_value()} + int{steps.has_value()} != 1) {
    node.fail("expected one of: by, factor, steps");
  }
  if (by) {
    return range.by(measured(*by));
  }
  constexpr double most = 1e12;
  return factor ? range.times(factor->number(0, most))
                : range.in_steps(steps->integer(2, static_cast<std::int64_t>(values_max)));
}

/// "1..16", "1KiB..1GiB": doubling.
std::vector<sim::ConfigNode> read_doubling(const sim::ConfigNode& node, const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto first = parse_measured(text.substr(0, dots));
  const auto last = parse_measured(text.substr(dots + 2));
  if (!first || !last || text.find("..", dots + 2) != std::string::npos) {
    node.fail(fmt::format("expected a range such as 1..16, got '{}'", text));
  }
  return Range{node, *first, *last}.times(2);
}

SweepAxis read_zip(const sim::ConfigNode& node) {
  SweepAxis axis;
  for (const std::string& key : node.keys()) {
    const sim::ConfigNode list = node.at(key);
    const std::vector<sim::ConfigNode> values = read_axis_values(list);
    if (!axis.keys.empty() && values.size() != axis.values.size()) {
      list.fail(fmt::format("{} values beside {} of '{}'", values.size(), axis.values.size(),
                            axis.keys.front()));
    }
    axis.keys.push_back(key);
    axis.values.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      axis.values[i].push_back(values[i]);
    }
  }
  if (axis.keys.empty()) {
    node.fail("expected keys with lists");
  }
  return axis;
}

}  // namespace

std::vector<sim::ConfigNode> read_axis_values(const sim::ConfigNode& node) {
  if (node.is_map()) {
    return read_range(node);
  }
  if (node.is_list()) {
    std::vector<sim::ConfigNode> items = node.items();
    if (items.empty()) {
      node.fail("expected at least one value");
    }
    return items;
  }
  const std::string text = node.text();
  if (text.find("..") == std::string::npos) {
    node.fail("expected a list, a range such as 1..16, or {from:, to:, by:}");
  }
  return read_doubling(node, text);
}

namespace {

/// Points that are the same would be one result in several rows.
void expect_distinct(const SweepAxis& axis) {
  std::set<std::string> seen;
  for (const std::vector<sim::ConfigNode>& values : axis.values) {
    std::string all;
    for (const sim::ConfigNode& value : values) {
      all += value.canonical() + ' ';
    }
    if (!seen.insert(all).second) {
      values.front().fail("this value is there already");
    }
  }
}

SweepAxis read_axis_unchecked(const sim::ConfigNode& node) {
  const std::vector<std::string> keys = node.keys();
  if (keys.size() != 1) {
    node.fail(fmt::format("an axis has one key, not {}", keys.size()),
              "a key an entry: '- layout.tensor: [1, 2]'; or zip, for keys that change together");
  }
  if (keys.front() == "zip") {
    return read_zip(node.at("zip"));
  }
  SweepAxis axis{.keys = keys, .values = {}};
  for (const sim::ConfigNode& value : read_axis_values(node.at(keys.front()))) {
    axis.values.push_back({value});
  }
  return axis;
}

}  // namespace

SweepAxis read_axis(const sim::ConfigNode& node) {
  SweepAxis axis = read_axis_unchecked(node);
  expect_distinct(axis);
  return axis;
}

}  // namespace cli
