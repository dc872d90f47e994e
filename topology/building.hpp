#pragma once
// What the builders share.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "topology/topology.hpp"

namespace topology {

/// Adds GPUs named gpu0, gpu1, ... Their ranks are their node ids if they are added first, as every
/// builder does.
void add_gpus(Topology& topology, std::int32_t count, Relay relay);

/// Adds a switch, which relays.
NodeId add_switch(Topology& topology, std::string name);

/// The entries of a partition of `nodes` nodes, none of them in a block yet.
[[nodiscard]] inline std::vector<std::int32_t> no_blocks(std::size_t nodes) {
  return std::vector<std::int32_t>(nodes, -1);
}

}  // namespace topology
