#include "topology/spec.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/text_list.hpp"

namespace topology {
namespace {

/// A YAML scalar in single quotes, so that whatever the user typed stays one value.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace

sim::ConfigNode spec_from_text(const std::string& label, const std::string& text) {
  const std::size_t colon = text.find(':');
  std::string yaml = "{kind: " + quoted(text.substr(0, colon));
  if (colon != std::string::npos) {
    std::string pending;  // "16GB/s" of "link=16GB/s,150ns": a comma inside a value
    const auto parts = sim::split(std::string_view{text}.substr(colon + 1), ',');
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::size_t equals = parts[i].find('=');
      if (equals == std::string_view::npos && i > 0 && pending.empty()) {
        throw sim::Error{label, fmt::format("expected key=value after the shape, got '{}' in '{}'",
                                            parts[i], text)};
      }
      if (equals == std::string_view::npos && i > 0) {
        pending += fmt::format(",{}", parts[i]);
        continue;
      }
      if (!pending.empty()) {
        yaml += quoted(pending);
        pending.clear();
      }
      if (equals == std::string_view::npos) {
        yaml += fmt::format(", shape: {}", quoted(parts[i]));
      } else {
        yaml += fmt::format(", {}: ", quoted(parts[i].substr(0, equals)));
        pending = parts[i].substr(equals + 1);
      }
    }
    if (!pending.empty()) {
      yaml += quoted(pending);
    }
  }
  return sim::ConfigNode::parse(label, yaml + "}");
}

std::vector<std::int32_t> read_extents(const sim::ConfigNode& node, std::size_t least,
                                       std::size_t most) {
  const std::string text = node.text();
  const auto parts = sim::split(text, 'x');
  const std::string_view hint = most == 1 ? "" : "write the extents with an x between: '8x8'";
  if (parts.size() < least || parts.size() > most) {
    const std::string expected =
        least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
    node.fail(fmt::format("expected a shape of {} {}, got '{}'", expected,
                          most == 1 ? "extent" : "extents", text),
              hint);
  }
  std::vector<std::int32_t> extents;
  for (const std::string_view part : parts) {
    const auto extent = sim::parse_integer(part);
    if (!extent.value || *extent.value < 1 || *extent.value > endpoints_max) {
      const std::string of = parts.size() == 1 ? "" : fmt::format(" in '{}'", text);
      node.fail(fmt::format("expected extents from 1 to {}, got '{}'{}", endpoints_max, part, of),
                hint);
    }
    extents.push_back(static_cast<std::int32_t>(*extent.value));
  }
  return extents;
}

std::vector<std::int32_t> read_shape(const sim::ConfigNode& node, std::size_t least,
                                     std::size_t most) {
  std::vector<std::int32_t> shape = read_extents(node, least, most);
  // An extent has at most 19 bits, so that a product below 2^44 can take one more.
  constexpr std::int64_t product_max = std::int64_t{1} << 44;
  std::int64_t product = 1;
  std::string_view more;
  for (const std::int32_t extent : shape) {
    if (product > product_max) {
      more = "at least ";
      break;
    }
    product *= extent;
  }
  if (product > endpoints_max) {
    node.fail(fmt::format("'{}' would have {}{} endpoints; at most {} are built", node.text(), more,
                          product, endpoints_max));
  }
  return shape;
}

LinkSpec read_link(const sim::ConfigNode& node) {
  if (node.is_map()) {
    node.expect_keys({"bandwidth", "latency"});
    const auto latency = node.find("latency");
    return {node.at("bandwidth").bandwidth(), latency ? latency->duration() : sim::Duration{0}};
  }
  const std::string text = node.text();
  const auto parts = sim::split(text, ',');
  if (parts.size() > 2) {
    node.fail(fmt::format("expected a bandwidth and a latency, got '{}'", text),
              "write them with a comma between: '16GB/s,150ns'");
  }
  const auto bandwidth = sim::parse_bandwidth(parts[0]);
  if (!bandwidth.value) {
    node.fail(bandwidth.problem, bandwidth.hint);
  }
  if (parts.size() == 1) {
    return {*bandwidth.value, sim::Duration{0}};
  }
  const auto latency = sim::parse_duration(parts[1]);
  if (!latency.value) {
    node.fail(latency.problem, latency.hint);
  }
  return {*bandwidth.value, *latency.value};
}

LinkSpec read_link_or(const sim::ConfigNode& spec, std::string_view key, LinkSpec fallback) {
  const auto node = spec.find(key);
  return node ? read_link(*node) : fallback;
}

std::int32_t read_count_or(const sim::ConfigNode& spec, std::string_view key, std::int32_t least,
                           std::int32_t most, std::int32_t fallback) {
  const auto node = spec.find(key);
  return node ? static_cast<std::int32_t>(node->integer(least, most)) : fallback;
}

std::optional<Injection> read_injection(const sim::ConfigNode& spec) {
  const auto node = spec.find("injection");
  if (!node) {
    return std::nullopt;
  }
  if (!node->is_map()) {
    return Injection{.bandwidth = node->bandwidth()};
  }
  node->expect_keys({"bandwidth", "latency", "ports"});
  const auto latency = node->find("latency");
  return Injection{.bandwidth = node->at("bandwidth").bandwidth(),
                   .latency = latency ? latency->duration() : sim::Duration{0},
                   .ports = read_count_or(*node, "ports", 1, ports_max, 1)};
}

void check_size(const sim::ConfigNode& spec, std::int64_t endpoints, std::int64_t links) {
  if (endpoints > endpoints_max) {
    spec.fail(
        fmt::format("there would be {} endpoints; at most {} are built", endpoints, endpoints_max));
  }
  if (links > links_max) {
    spec.fail(fmt::format("there would be {} links; at most {} are built", links, links_max));
  }
}

std::string_view name_problem(std::string_view name) {
  constexpr std::size_t length_max = 200;
  if (name.empty()) {
    return "a name cannot be empty";
  }
  if (name.size() > length_max) {
    return "a name has at most 200 bytes";
  }
  constexpr unsigned char del = 127;
  if (std::ranges::any_of(name, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < ' ' || byte == del;
      })) {
    return "a name has no control characters";
  }
  if (name.front() == ' ' || name.back() == ' ') {
    return "a name does not begin or end with a space";
  }
  return name.find("  ") == std::string_view::npos ? "" : "a name has no two spaces in a row";
}

}  // namespace topology
