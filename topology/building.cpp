#include "topology/building.hpp"

#include <utility>

#include <fmt/format.h>

namespace topology {

void add_gpus(Topology& topology, std::int32_t count, Relay relay) {
  for (std::int32_t i = 0; i < count; ++i) {
    topology.add_node({fmt::format("gpu{}", i), NodeKind::gpu, relay});
  }
}

NodeId add_switch(Topology& topology, std::string name) {
  return topology.add_node({std::move(name), NodeKind::switching, Relay::yes});
}

}  // namespace topology
