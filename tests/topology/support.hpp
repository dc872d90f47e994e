#pragma once

#include <string>
#include <vector>

#include "sim/error.hpp"
#include "topology/topology.hpp"

namespace topology_test {

/// Builds from a short form: "torus:8x8".
topology::Topology built(const std::string& text);

/// Builds from a YAML mapping in a file called "net.yaml".
topology::Topology built_from_yaml(const std::string& yaml);

topology::NodeId node_named(const topology::Topology& topology, const std::string& name);

/// The nodes that the out-links of `name` lead to, in order.
std::vector<std::string> neighbours(const topology::Topology& topology, const std::string& name);

/// The names of the nodes in a block of the partition called `partition`.
std::vector<std::string> members(const topology::Topology& topology, const std::string& partition,
                                 std::int32_t block);

/// How many nodes of that kind there are.
std::int64_t count(const topology::Topology& topology, topology::NodeKind kind);

/// Every link has one that goes back, of the same make.
bool goes_both_ways(const topology::Topology& topology);

/// The link's make: the first one from `from` to `to`.
topology::LinkSpec link_between(const topology::Topology& topology, const std::string& from,
                                const std::string& to);

/// Everything there is to know about a topology, one fact a line.
std::string described(const topology::Topology& topology);

/// The text of the sim::Error that `run` throws.
std::string error_of(const auto& run) {
  try {
    static_cast<void>(run());
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace topology_test
