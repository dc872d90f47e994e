#include "cli/yaml_text.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

/// Can a text stand without quotes, and still be that text and nothing else?
bool is_plain(const std::string& text) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  constexpr std::string_view inside = "+:%";
  constexpr std::string_view first = "-.";
  const bool is_word = std::ranges::all_of(text, [&](char c) {
    return letters.find(c) != std::string_view::npos || inside.find(c) != std::string_view::npos;
  });
  return is_word && !text.empty() && text != "null" && !text.ends_with(':') &&
         first.find(text.front()) == std::string_view::npos &&
         inside.find(text.front()) == std::string_view::npos;
}

/// JSON's quotes are YAML's, too.
std::string scalar(const std::string& text) {
  using Json = nlohmann::ordered_json;
  return is_plain(text) ? text : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string in_one_line(const sim::ConfigNode& node) {
  std::vector<std::string> parts;
  if (node.is_empty()) {
    return "null";
  }
  if (node.is_list()) {
    for (const sim::ConfigNode& item : node.items()) {
      parts.push_back(in_one_line(item));
    }
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
  if (node.is_map()) {
    for (const std::string& key : node.keys()) {
      parts.push_back(fmt::format("{}: {}", scalar(key), in_one_line(node.at(key))));
    }
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  constexpr std::string_view no_letters = "0:";  // text() takes that for nothing
  return node.canonical() == no_letters ? "''" : scalar(node.text());
}

std::string in_lines(const sim::ConfigNode& node, std::size_t indent) {
  std::string out;
  for (const std::string& key : node.keys()) {
    const sim::ConfigNode value = node.at(key);
    const bool is_nested = value.is_map() && !value.keys().empty();
    out += fmt::format("{:{}}{}:{}\n", "", indent, scalar(key),
                       is_nested ? std::string{} : " " + in_one_line(value));
    out += is_nested ? in_lines(value, indent + 2) : std::string{};
  }
  return out;
}

}  // namespace

std::string to_yaml(const sim::ConfigNode& node) {
  return node.is_map() && !node.keys().empty() ? in_lines(node, 0) : in_one_line(node) + "\n";
}

}  // namespace cli
