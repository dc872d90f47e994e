#include "topology/custom.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/suggest.hpp"
#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {
namespace {

constexpr std::array kinds{NodeKind::gpu, NodeKind::nic, NodeKind::switching};
constexpr std::array<std::string_view, 2> direction_names{"both", "one"};

using NodesByName = std::unordered_map<std::string, NodeId>;  // looked up, never iterated

NodeKind read_kind(const sim::ConfigNode& node) {
  std::vector<std::string_view> names;
  std::ranges::transform(kinds, std::back_inserter(names), name_of);
  return kinds.at(node.choice(names, "kind of node"));
}

std::string read_name(const sim::ConfigNode& node) {
  std::string name = node.text();
  if (const std::string_view problem = name_problem(name); !problem.empty()) {
    node.fail(problem);
  }
  return name;
}

NodesByName add_nodes(Topology& topology, const sim::ConfigNode& list) {
  NodesByName by_name;
  for (const sim::ConfigNode& item : list.items()) {
    item.expect_keys({"name", "kind", "relay"});
    const std::string name = read_name(item.at("name"));
    const NodeKind kind = read_kind(item.at("kind"));
    const auto relay = item.find("relay");
    const bool relays = relay ? relay->boolean() : kind != NodeKind::gpu;
    const NodeId id = topology.add_node({name, kind, relays ? Relay::yes : Relay::no});
    if (!by_name.emplace(name, id).second) {
      item.at("name").fail(fmt::format("there are two nodes named '{}'", name));
    }
  }
  return by_name;
}

NodeId find_node(const Topology& topology, const NodesByName& by_name,
                 const sim::ConfigNode& node) {
  const std::string name = node.text();
  const auto found = by_name.find(name);
  if (found == by_name.end()) {
    std::vector<std::string_view> names;
    std::ranges::transform(topology.nodes(), std::back_inserter(names), &Node::name);
    const std::string_view meant = sim::closest(name, names);
    node.fail(
        fmt::format("there is no node named '{}'", name),
        meant.empty() ? "nodes are named under 'nodes'" : fmt::format("did you mean '{}'?", meant));
  }
  return found->second;
}

void add_links(Topology& topology, const NodesByName& by_name, const sim::ConfigNode& list) {
  constexpr std::int32_t count_max = 65'536;
  for (const sim::ConfigNode& item : list.items()) {
    item.expect_keys({"from", "to", "bandwidth", "latency", "count", "direction"});
    const NodeId from = find_node(topology, by_name, item.at("from"));
    const NodeId to = find_node(topology, by_name, item.at("to"));
    if (from == to) {
      item.at("to").fail(
          fmt::format("a link from '{}' to itself leads nowhere", topology.node(to).name));
    }
    const auto latency = item.find("latency");
    const LinkSpec link{item.at("bandwidth").bandwidth(),
                        latency ? latency->duration() : sim::Duration{0}};
    const auto direction = item.find("direction");
    const bool both = !direction || direction->choice(direction_names, "direction") == 0;
    const std::int32_t count = read_count_or(item, "count", 1, count_max, 1);
    check_size(item, 0, std::ssize(topology.links()) + (std::int64_t{both ? 2 : 1} * count));
    for (std::int32_t i = 0; i < count; ++i) {
      topology.add_link(from, to, link);
      if (both) {
        topology.add_link(to, from, link);
      }
    }
  }
}

Partition read_partition(const Topology& topology, const NodesByName& by_name,
                         const sim::ConfigNode& item) {
  item.expect_keys({"name", "blocks"});
  Partition partition{read_name(item.at("name")), no_blocks(topology.nodes().size())};
  if (std::ranges::find(topology.partitions(), partition.name, &Partition::name) !=
      topology.partitions().end()) {
    item.at("name").fail(fmt::format("there are two partitions named '{}'", partition.name));
  }
  std::int32_t number = 0;
  for (const sim::ConfigNode& block : item.at("blocks").items()) {
    for (const sim::ConfigNode& member : block.items()) {
      std::int32_t& block_of = partition.block_of[index(find_node(topology, by_name, member))];
      if (block_of != -1) {
        member.fail(
            fmt::format("'{}' is already in a block of '{}'", member.text(), partition.name));
      }
      block_of = number;
    }
    ++number;
  }
  return partition;
}

}  // namespace

Topology build_custom(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "nodes", "links", "injection", "partitions"});
  Topology topology{"custom"};
  const NodesByName by_name = add_nodes(topology, spec.at("nodes"));
  check_size(spec, std::ssize(topology.endpoints()), 0);
  if (const auto links = spec.find("links")) {
    add_links(topology, by_name, *links);
  }
  if (const auto partitions = spec.find("partitions")) {
    for (const sim::ConfigNode& item : partitions->items()) {
      if (std::ssize(topology.partitions()) == partitions_max) {
        item.fail(fmt::format("there are more than {} partitions", partitions_max));
      }
      topology.add_partition(read_partition(topology, by_name, item));
    }
  }
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
