#include "topology/changes.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"
#include "sim/text_list.hpp"

namespace topology {
namespace {

/// A node, or the cables between two.
struct Place {
  NodeId one{};
  std::optional<NodeId> other{};
};

NodeId find_node(const Topology& topology, const sim::ConfigNode& node, std::string_view name) {
  const auto nodes = topology.nodes();
  const auto found = std::ranges::find(nodes, name, &Node::name);
  if (found == nodes.end()) {
    std::vector<std::string_view> names;
    for (const Node& each : nodes) {
      names.emplace_back(each.name);
    }
    const std::string_view close = sim::closest(name, names);
    node.fail(fmt::format("there is no node '{}'", name),
              close.empty() ? std::string{"'espalier topology show' has their names"}
                            : fmt::format("did you mean '{}'?", close));
  }
  return static_cast<NodeId>(found - nodes.begin());
}

Place read_place(const Topology& topology, const sim::ConfigNode& node) {
  const std::string text = node.text();
  const std::size_t dash = text.find(" - ");
  if (dash == std::string::npos) {
    return {.one = find_node(topology, node, text)};
  }
  constexpr std::size_t width = 3;
  return {.one = find_node(topology, node, text.substr(0, dash)),
          .other = find_node(topology, node, text.substr(dash + width))};
}

bool is_at(const Place& place, const Link& link) {
  if (!place.other) {
    return link.from == place.one || link.to == place.one;
  }
  return (link.from == place.one && link.to == *place.other) ||
         (link.to == place.one && link.from == *place.other);
}

/// The same nodes with those of the links for which `keep` gives something.
template <class Keep>
Topology with_links(const Topology& topology, Keep keep) {
  Topology out{topology.kind()};
  for (const Node& node : topology.nodes()) {
    out.add_node(node);
  }
  for (const Link& link : topology.links()) {
    if (const std::optional<LinkSpec> spec = keep(link)) {
      out.add_link(link.from, link.to, *spec);
    }
  }
  for (const Partition& partition : topology.partitions()) {
    out.add_partition(partition);
  }
  out.set_injection(topology.injection());
  return out;
}

Topology without(const Topology& topology, const sim::ConfigNode& node) {
  const Place place = read_place(topology, node);
  if (!place.other && topology.node(place.one).kind == NodeKind::gpu) {
    node.fail(fmt::format("'{}' is a GPU, whose rank would be missing", node.text()),
              "leave it out of the group, or of 'gpus'");
  }
  const std::size_t before = topology.links().size();
  Topology out = with_links(topology, [&](const Link& link) {
    return is_at(place, link) ? std::nullopt : std::optional{link.spec};
  });
  if (out.links().size() == before) {
    node.fail(fmt::format("there is no cable '{}'", node.text()));
  }
  return out;
}

Topology with_slow(const Topology& topology, const sim::ConfigNode& change) {
  const sim::ConfigNode node = change.at("slow");
  const Place place = read_place(topology, node);
  const auto bandwidth = change.find("bandwidth");
  const auto latency = change.find("latency");
  if (!bandwidth && !latency) {
    change.fail("expected a bandwidth, a latency or both");
  }
  bool is_there = false;
  const auto expect_slower = [&](const Link& link) {
    if (bandwidth && bandwidth->bandwidth() > link.spec.bandwidth) {
      bandwidth->fail(
          fmt::format("more than the {} of that cable", sim::to_text(link.spec.bandwidth)));
    }
    if (latency && latency->duration() < link.spec.latency) {
      latency->fail(fmt::format("less than the {} of that cable", sim::to_text(link.spec.latency)));
    }
  };
  Topology out = with_links(topology, [&](const Link& link) {
    LinkSpec spec = link.spec;
    if (is_at(place, link)) {
      is_there = true;
      expect_slower(link);
      spec.bandwidth = bandwidth ? bandwidth->bandwidth() : spec.bandwidth;
      spec.latency = latency ? latency->duration() : spec.latency;
    }
    return std::optional{spec};
  });
  if (!is_there) {
    node.fail(fmt::format("there is no cable '{}'", node.text()));
  }
  return out;
}

}  // namespace

Topology changed(const Topology& topology, const sim::ConfigNode& changes) {
  Topology out = topology;
  for (const sim::ConfigNode& change : changes.items()) {
    if (change.find("slow")) {
      change.expect_keys({"slow", "bandwidth", "latency"});
      out = with_slow(out, change);
    } else {
      change.expect_keys({"fail"});
      out = without(out, change.at("fail"));
    }
  }
  if (const auto apart = find_unreachable(out)) {
    changes.fail(fmt::format("nothing leads from '{}' to '{}' any more", out.node(apart->from).name,
                             out.node(apart->to).name));
  }
  return out;
}

}  // namespace topology
