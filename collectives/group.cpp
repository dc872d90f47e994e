#include "collectives/group.hpp"

#include <string>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"

namespace collectives {
namespace {

/// "5" or "5..9".
struct Span {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

Span read_span(std::string_view text, std::int64_t count, const sim::ConfigNode& node) {
  const std::size_t dots = text.find("..");
  const auto first = sim::parse_integer(text.substr(0, dots));
  const auto last =
      dots == std::string_view::npos ? first : sim::parse_integer(text.substr(dots + 2));
  if (!first.value || !last.value || *last.value < *first.value) {
    node.fail(fmt::format("expected GPUs by number, got '{}'", text),
              "write them as '0..15' or '0,2,5..9'");
  }
  if (*first.value < 0 || *last.value >= count) {
    node.fail(fmt::format("GPU {} is out of range",
                          *first.value < 0 || *first.value >= count ? *first.value : *last.value),
              fmt::format("this network has the GPUs 0 to {}", count - 1));
  }
  return {*first.value, *last.value};
}

}  // namespace

Group whole_group(const topology::Topology& topology) {
  return {{topology.endpoints().begin(), topology.endpoints().end()}};
}

Group read_group(const topology::Topology& topology, const sim::ConfigNode& node) {
  const auto count = static_cast<std::int64_t>(topology.endpoints().size());
  std::vector<bool> taken(topology.endpoints().size());
  Group group;
  const std::string text = node.text();
  std::string_view rest{text};
  while (true) {
    const std::size_t comma = rest.find(',');
    const Span span = read_span(rest.substr(0, comma), count, node);
    for (std::int64_t i = span.first; i <= span.last; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (taken[at]) {
        node.fail(fmt::format("GPU {} is given twice", i));
      }
      taken[at] = true;
      group.nodes.push_back(topology.endpoints()[at]);
    }
    if (comma == std::string_view::npos) {
      return group;
    }
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace collectives
