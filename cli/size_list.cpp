#include "cli/size_list.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"
#include "sim/text_list.hpp"

namespace cli {
namespace {

constexpr std::size_t sizes_max = 1000;

sim::Bytes parse_size(const sim::ConfigNode& node, std::string_view text) {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  const auto parsed = sim::parse_bytes(text);
  if (!parsed.value) {
    node.fail(parsed.problem, parsed.hint);
  }
  return *parsed.value;
}

void add_sizes(const sim::ConfigNode& node, std::vector<sim::Bytes>& sizes) {
  const std::string text = node.text();
  for (const std::string_view part : sim::split(text, ',')) {
    const std::size_t dots = part.find("..");
    const sim::Bytes first = parse_size(node, part.substr(0, dots));
    const sim::Bytes last =
        dots == std::string::npos ? first : parse_size(node, part.substr(dots + 2));
    if (last < first) {
      node.fail(fmt::format("the range '{}' runs backwards", part));
    }
    if (dots != std::string::npos && first == sim::Bytes{0}) {
      node.fail(fmt::format("the range '{}' doubles from 0 and would never end", part));
    }
    sizes.push_back(first);
    while (sizes.back() * 2 <= last && first > sim::Bytes{0}) {
      sizes.push_back(sizes.back() * 2);
    }
    if (sizes.size() > sizes_max) {
      node.fail(fmt::format("more than {} sizes", sizes_max));
    }
  }
}

}  // namespace

std::vector<sim::Bytes> read_sizes(const sim::ConfigNode& node) {
  std::vector<sim::Bytes> sizes;
  if (node.is_list()) {
    for (const auto& item : node.items()) {
      add_sizes(item, sizes);
    }
  } else {
    add_sizes(node, sizes);
  }
  if (sizes.empty()) {
    node.fail("expected at least one size");
  }
  return sizes;
}

}  // namespace cli
