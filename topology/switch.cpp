#include "topology/switch.hpp"

#include <cstdint>

#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {

Topology build_switch(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "shape", "link", "injection"});
  const std::int32_t count = read_shape(spec.at("shape"), 1, 1).front();
  const LinkSpec link = read_link_or(spec, "link", default_link);

  Topology topology{"switch"};
  add_gpus(topology, count, Relay::no);
  const NodeId hub = add_switch(topology, "switch0");
  for (std::int32_t i = 0; i < count; ++i) {
    topology.connect(NodeId{i}, hub, link);
  }
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
