#include "sim/config.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/config_tree.hpp"
#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"
#include "sim/text_file.hpp"

namespace sim {

ConfigNode::ConfigNode(std::shared_ptr<const ConfigTree> tree, std::string path)
    : tree_{std::move(tree)}, path_{std::move(path)} {}

ConfigNode ConfigNode::parse(const std::string& file, const std::string& text) {
  return {parse_tree(file, text), ""};
}

ConfigNode ConfigNode::load(const std::string& path) {
  return parse(path, read_text_file(path, config_size_max));
}

ConfigNode ConfigNode::scalar(const std::string& label, const std::string& text) {
  auto tree = std::make_shared<ConfigTree>();
  tree->document = std::make_shared<const Document>(Document{label, text});
  tree->kind = ConfigTree::Kind::scalar;
  tree->text = text;
  return {tree, ""};
}

ConfigNode ConfigNode::with(std::string_view path, const std::string& label,
                            const std::string& text) const {
  return with(path, ConfigNode{parse_tree(label, text), ""});
}

ConfigNode ConfigNode::with(std::string_view path, const ConfigNode& value) const {
  if (std::ranges::count(path, '.') >= static_cast<std::ptrdiff_t>(config_depth_max)) {
    value.fail(fmt::format("the key is nested deeper than {} levels", config_depth_max));
  }
  return {replaced(tree_, path, value.tree_), path_};
}

ConfigNode ConfigNode::child(const std::shared_ptr<const ConfigTree>& tree,
                             std::string_view key) const {
  return {tree, path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key)};
}

ConfigNode ConfigNode::part(const std::string& text) const {
  auto tree = std::make_shared<ConfigTree>(*tree_);
  tree->kind = ConfigTree::Kind::scalar;
  tree->text = text;
  tree->items.clear();
  tree->entries.clear();
  return {tree, path_};
}

std::string ConfigNode::where() const {
  const std::string& file = tree_->document->file;
  return file.starts_with("--") ? file : fmt::format("{}:{} {}", file, tree_->line + 1, path_);
}

bool ConfigNode::is_map() const {
  return tree_->kind == ConfigTree::Kind::map;
}
bool ConfigNode::is_list() const {
  return tree_->kind == ConfigTree::Kind::list;
}
bool ConfigNode::is_scalar() const {
  return tree_->kind == ConfigTree::Kind::scalar;
}

void ConfigNode::fail(std::string_view message, std::string_view hint) const {
  fail_at(*tree_->document, tree_->line, tree_->column,
          path_.empty() ? std::string{message} : fmt::format("{}: {}", path_, message), hint);
}

void ConfigNode::expect_keys(std::span<const std::string_view> allowed) const {
  if (!is_map()) {
    fail(fmt::format("expected a mapping with the keys {}", fmt::join(allowed, ", ")));
  }
  for (const auto& entry : tree_->entries) {
    if (std::ranges::find(allowed, entry.key) == allowed.end()) {
      const std::string_view meant = closest(entry.key, allowed);
      fail_at(*entry.value->document, entry.line, entry.column,
              fmt::format("{}unknown key '{}'", path_.empty() ? "" : path_ + ": ", entry.key),
              meant.empty() ? fmt::format("the keys here are {}", fmt::join(allowed, ", "))
                            : fmt::format("did you mean '{}'?", meant));
    }
  }
}

std::optional<ConfigNode> ConfigNode::find(std::string_view key) const {
  if (!is_map()) {
    fail(fmt::format("expected a mapping with the key '{}'", key));
  }
  const auto entry = std::ranges::find(tree_->entries, key, &ConfigTree::Entry::key);
  if (entry == tree_->entries.end()) {
    return std::nullopt;
  }
  return child(entry->value, key);
}

ConfigNode ConfigNode::at(std::string_view key) const {
  auto found = find(key);
  if (!found) {
    fail(fmt::format("missing key '{}'", key));
  }
  return *std::move(found);
}

std::vector<ConfigNode> ConfigNode::items() const {
  if (!is_list()) {
    fail("expected a list");
  }
  std::vector<ConfigNode> out;
  out.reserve(tree_->items.size());
  for (std::size_t i = 0; i < tree_->items.size(); ++i) {
    out.push_back({tree_->items[i], fmt::format("{}[{}]", path_, i)});
  }
  return out;
}

std::vector<std::string> ConfigNode::keys() const {
  if (!is_map()) {
    fail("expected a mapping");
  }
  std::vector<std::string> out;
  std::ranges::transform(tree_->entries, std::back_inserter(out), &ConfigTree::Entry::key);
  return out;
}

bool ConfigNode::is_empty() const {
  return tree_->kind == ConfigTree::Kind::empty;
}

std::string ConfigNode::text() const {
  if (tree_->kind == ConfigTree::Kind::empty || (is_scalar() && tree_->text.empty())) {
    fail("expected a value, found nothing");
  }
  if (!is_scalar()) {
    fail(fmt::format("expected a single value, found a {}", is_list() ? "list" : "mapping"));
  }
  return tree_->text;
}

namespace {

template <class T>
T value_or_fail(const ConfigNode& node, const Parsed<T>& parsed) {
  if (!parsed.value) {
    node.fail(parsed.problem, parsed.hint);
  }
  return *parsed.value;
}

}  // namespace

Bytes ConfigNode::bytes() const {
  return value_or_fail(*this, parse_bytes(text()));
}
Bandwidth ConfigNode::bandwidth() const {
  return value_or_fail(*this, parse_bandwidth(text()));
}
Duration ConfigNode::duration() const {
  return value_or_fail(*this, parse_duration(text()));
}

double ConfigNode::number(double least, double most) const {
  const double value = value_or_fail(*this, parse_number(text()));
  if (value < least || value > most) {
    fail(fmt::format("expected a number from {} to {}, got '{}'", least, most, text()));
  }
  return value;
}

std::int64_t ConfigNode::integer(std::int64_t least, std::int64_t most) const {
  const std::int64_t value = value_or_fail(*this, parse_integer(text()));
  if (value < least || value > most) {
    fail(fmt::format("expected a whole number from {} to {}, got '{}'", least, most, text()));
  }
  return value;
}

bool ConfigNode::boolean() const {
  const std::string value = text();
  if (value != "true" && value != "false") {
    fail(fmt::format("expected true or false, got '{}'", value));
  }
  return value == "true";
}

std::size_t ConfigNode::choice(std::span<const std::string_view> choices,
                               std::string_view what) const {
  const std::string value = text();
  const auto found = std::ranges::find(choices, value);
  if (found == choices.end()) {
    fail(fmt::format("unknown {} '{}'", what, value), suggestion(value, choices));
  }
  return static_cast<std::size_t>(found - choices.begin());
}

std::string ConfigNode::canonical() const {
  return canonical_text(*tree_);
}

}  // namespace sim
