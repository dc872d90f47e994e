#include "topology/graphml_item.hpp"

#include <algorithm>

#include "sim/suggest.hpp"

namespace topology {

void GraphmlItem::set(const std::string& key, const std::string& value) {
  const auto found = std::ranges::find(data_, key, &Entry::first);
  if (found == data_.end()) {
    data_.emplace_back(key, value);
  } else {
    found->second = value;
  }
}

void GraphmlItem::fail(std::string_view message) const {
  throw sim::Error{where_, fmt::format("{}: {}", what_, message)};
}

void GraphmlItem::expect_keys(std::span<const std::string_view> allowed) const {
  for (const auto& [key, value] : data_) {
    if (key.empty()) {
      fail("data with a key that is not declared, or that has no attr.name");
    }
    if (std::ranges::find(allowed, key) == allowed.end()) {
      fail(fmt::format("unknown key '{}'\n  hint: {}", key, sim::suggestion(key, allowed)));
    }
  }
}

const std::string* GraphmlItem::find(std::string_view key) const {
  const auto found = std::ranges::find(data_, key, &Entry::first);
  return found == data_.end() ? nullptr : &found->second;
}

const std::string& GraphmlItem::at(std::string_view key) const {
  const std::string* found = find(key);
  if (found == nullptr) {
    fail(fmt::format("missing key '{}'", key));
  }
  return *found;
}

std::optional<std::int64_t> GraphmlItem::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most) const {
  const std::string* text = find(key);
  if (text == nullptr) {
    return std::nullopt;
  }
  const auto parsed = sim::parse_integer(*text);
  if (!parsed.value || *parsed.value < least || *parsed.value > most) {
    fail(fmt::format("{}: expected a whole number from {} to {}, got '{}'", key, least, most,
                     *text));
  }
  return parsed.value;
}

std::optional<bool> GraphmlItem::boolean(std::string_view key) const {
  const std::string* text = find(key);
  if (text == nullptr) {
    return std::nullopt;
  }
  if (*text != "true" && *text != "false") {
    fail(fmt::format("{}: expected true or false, got '{}'", key, *text));
  }
  return *text == "true";
}

}  // namespace topology
