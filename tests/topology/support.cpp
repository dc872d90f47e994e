#include "tests/topology/support.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "topology/registry.hpp"

namespace topology_test {

topology::Topology built(const std::string& text) {
  return topology::load("--topology", text);
}

topology::Topology built_from_yaml(const std::string& yaml) {
  return topology::build(sim::ConfigNode::parse("net.yaml", yaml));
}

topology::NodeId node_named(const topology::Topology& topology, const std::string& name) {
  const auto found = std::ranges::find(topology.nodes(), name, &topology::Node::name);
  if (found == topology.nodes().end()) {
    throw std::invalid_argument{"no node " + name};
  }
  return static_cast<topology::NodeId>(found - topology.nodes().begin());
}

std::vector<std::string> neighbours(const topology::Topology& topology, const std::string& name) {
  std::vector<std::string> out;
  for (const topology::LinkId id : topology.out_links(node_named(topology, name))) {
    out.push_back(topology.node(topology.link(id).to).name);
  }
  return out;
}

std::vector<std::string> members(const topology::Topology& topology, const std::string& partition,
                                 std::int32_t block) {
  const auto found =
      std::ranges::find(topology.partitions(), partition, &topology::Partition::name);
  if (found == topology.partitions().end()) {
    throw std::invalid_argument{"no partition " + partition};
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < topology.nodes().size(); ++i) {
    if (found->block_of[i] == block) {
      out.push_back(topology.nodes()[i].name);
    }
  }
  return out;
}

std::int64_t count(const topology::Topology& topology, topology::NodeKind kind) {
  return std::ranges::count(topology.nodes(), kind, &topology::Node::kind);
}

bool goes_both_ways(const topology::Topology& topology) {
  std::map<std::tuple<topology::NodeId, topology::NodeId, std::int64_t, std::int64_t>, int> surplus;
  for (const topology::Link& link : topology.links()) {
    const std::int64_t rate = link.spec.bandwidth.count();
    const std::int64_t latency = link.spec.latency.count();
    ++surplus[{link.from, link.to, rate, latency}];
    --surplus[{link.to, link.from, rate, latency}];
  }
  return std::ranges::all_of(surplus, [](const auto& entry) { return entry.second == 0; });
}

topology::LinkSpec link_between(const topology::Topology& topology, const std::string& from,
                                const std::string& to) {
  const topology::NodeId target = node_named(topology, to);
  for (const topology::LinkId id : topology.out_links(node_named(topology, from))) {
    if (topology.link(id).to == target) {
      return topology.link(id).spec;
    }
  }
  throw std::invalid_argument{"no link from " + from + " to " + to};
}

std::string described(const topology::Topology& topology) {
  std::string out = fmt::format("kind {}\n", topology.kind());
  for (const topology::Node& node : topology.nodes()) {
    out += fmt::format("node {} {} {}\n", node.name, name_of(node.kind),
                       node.relay == topology::Relay::yes ? "relays" : "ends");
  }
  for (const topology::Link& link : topology.links()) {
    out += fmt::format("link {} {} {} {}\n", topology::index(link.from), topology::index(link.to),
                       link.spec.bandwidth.count(), link.spec.latency.count());
  }
  if (topology.lattice()) {
    out += fmt::format("lattice {} {}\n", topology.lattice()->shape, topology.lattice()->wraps);
  }
  if (topology.injection()) {
    const topology::Injection& injection = *topology.injection();
    out += fmt::format("injection {} {} {}\n", injection.bandwidth.count(),
                       injection.latency.count(), injection.ports);
  }
  for (const topology::Partition& partition : topology.partitions()) {
    out += fmt::format("partition {} {}\n", partition.name, partition.block_of);
  }
  return out;
}

}  // namespace topology_test
