#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "sim/quantity_text.hpp"

namespace topology {

/// The data of a GraphML graph, node or edge: texts by the names of their keys. Every failure is a
/// sim::Error that points at the element.
class GraphmlItem {
 public:
  /// `what` names the element in errors: "node 'n3'".
  GraphmlItem(sim::SourcePos where, std::string what)
      : where_{std::move(where)}, what_{std::move(what)} {}

  /// Adds a value, or replaces the one under that key (the key's default comes first).
  void set(const std::string& key, const std::string& value);

  [[noreturn]] void fail(std::string_view message) const;

  /// Throws at a key that is not in `allowed`, with the nearest one.
  void expect_keys(std::span<const std::string_view> allowed) const;

  /// The text under `key`; null if there is none. `at` throws instead.
  [[nodiscard]] const std::string* find(std::string_view key) const;
  [[nodiscard]] const std::string& at(std::string_view key) const;

  /// The value under `key`, if given: a whole number from `least` to `most`; true or false.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t least,
                                                    std::int64_t most) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;

  /// A quantity, if given: a whole number from `least` to `most` base units under `plain`, or a
  /// text for `parse` under `with_unit`.
  template <class T>
  [[nodiscard]] std::optional<T> quantity(std::string_view plain, std::int64_t least,
                                          std::int64_t most, std::string_view with_unit,
                                          sim::Parsed<T> (*parse)(std::string_view)) const {
    const auto number = integer(plain, least, most);
    const std::string* text = find(with_unit);
    if (number && text != nullptr) {
      fail(fmt::format("give '{}' or '{}', not both", plain, with_unit));
    }
    if (text == nullptr) {
      return number ? std::optional{T{*number}} : std::nullopt;
    }
    const sim::Parsed<T> parsed = parse(*text);
    if (!parsed.value) {
      fail(fmt::format("{}: {}{}", with_unit, parsed.problem,
                       parsed.hint.empty() ? "" : "\n  hint: " + parsed.hint));
    }
    return parsed.value;
  }

 private:
  using Entry = std::pair<std::string, std::string>;

  sim::SourcePos where_;
  std::string what_;
  std::vector<Entry> data_;
};

}  // namespace topology
