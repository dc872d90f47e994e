#pragma once
// Links of a network by what they join, and how they were used: "leaf to spine", of all leaves.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "topology/topology.hpp"

namespace cli {

/// What links carried in a step, or in a collective.
struct LinkLoad {
  std::vector<double> bytes;        // per link of the topology
  std::vector<double> utilisation;  // likewise: of its bandwidth, over the whole time, 0 to 1
  // Of what all links carried, as many as were run stand for all: 2 of 8 replicas are 0.25.
  double share = 1;
};

/// The load of links that carried `bytes` in `seconds`.
[[nodiscard]] LinkLoad load_of(const topology::Topology& topology, std::vector<double> bytes,
                               double seconds);

/// Nodes that are alike: of one name but for numbers, and as far from the GPUs.
struct NodeClass {
  std::string name;        // "gpu", "leaf"
  std::int32_t level = 0;  // see topology::levels
  std::int64_t count = 0;
  std::int64_t per_block = 0;  // in each block of the innermost partition; 0: not all are in one
};

/// Links from nodes of one class to nodes of one class.
struct LinkClass {
  std::size_t from = 0;  // classes
  std::size_t to = 0;
  std::string which;  // of links within a class: "dimension 0", "within a group"; else empty
  std::int64_t count = 0;
  sim::Bandwidth bandwidth{};  // of each; of the slowest
  double bytes = 0;            // of all
  double mean = 0;             // utilisation of all of them: with those that others stand for
  double most = 0;             // of the busiest one that was run
};

struct NetworkClasses {
  std::vector<NodeClass> nodes;  // from the highest level to the lowest
  std::vector<LinkClass> links;
  std::string block;        // name of the innermost partition: "server"; empty if there is none
  std::int64_t blocks = 0;  // how many of them
};

[[nodiscard]] NetworkClasses classes_of(const topology::Topology& topology, const LinkLoad& load);

/// What links of a class join: "leaf to spine", "gpu to gpu, dimension 0".
[[nodiscard]] std::string name_of(const NetworkClasses& classes, const LinkClass& links);

}  // namespace cli
