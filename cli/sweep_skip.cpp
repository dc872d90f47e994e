#include "cli/sweep_skip.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"
#include "sim/text_list.hpp"

namespace cli {
namespace {

/// What stands under a dotted path.
std::optional<sim::ConfigNode> find_path(const sim::ConfigNode& root, std::string_view path) {
  std::optional<sim::ConfigNode> node = root;
  for (const std::string_view key : sim::split(path, '.')) {
    if (!node->is_map()) {
      return std::nullopt;
    }
    node = node->find(key);
    if (!node) {
      return std::nullopt;
    }
  }
  return node;
}

/// As written, or as numbers: 8 and 8.0.
bool are_equal(const sim::ConfigNode& one, const sim::ConfigNode& other) {
  if (one.is_scalar() && other.is_scalar()) {
    const auto a = sim::parse_number(one.text()).value;
    const auto b = sim::parse_number(other.text()).value;
    if (a && b) {
      return *a == *b;
    }
  }
  return one.canonical() == other.canonical();
}

}  // namespace

Skip::Skip(const sim::ConfigNode& node) : node_{node} {
  if (!node.is_map()) {
    condition_.emplace(node);
  }
}

bool Skip::applies_to(const sim::ConfigNode& scenario) {
  return condition_ ? holds(scenario) : matches(scenario);
}

void Skip::expect_all_seen(std::span<const SweepAxis> axes) const {
  if (condition_) {
    return;
  }
  std::vector<std::string_view> known;
  for (const SweepAxis& axis : axes) {
    known.insert(known.end(), axis.keys.begin(), axis.keys.end());
  }
  for (const std::string& key : node_.keys()) {
    if (!seen_.contains(key)) {
      node_.at(key).fail(fmt::format("no point has '{}'", key), sim::suggestion(key, known));
    }
  }
}

bool Skip::holds(const sim::ConfigNode& scenario) {
  std::vector<double> values;
  for (const std::string& name : condition_->names()) {
    const auto found = find_path(scenario, name);
    const auto number =
        found && found->is_scalar() ? sim::parse_number(found->text()).value : std::nullopt;
    if (!number) {
      node_.fail(fmt::format("'{}' is {} in the scenario", name, found ? "no number" : "not there"),
                 "names are dotted keys, such as layout.tensor; 'set' can give them a value");
    }
    values.push_back(*number);
  }
  return condition_->value(values) != 0;
}

bool Skip::matches(const sim::ConfigNode& scenario) {
  bool all_match = true;
  for (const std::string& key : node_.keys()) {
    const auto found = find_path(scenario, key);
    if (found) {
      seen_.insert(key);
    }
    all_match = all_match && found && are_equal(*found, node_.at(key));
  }
  return all_match;
}

}  // namespace cli
