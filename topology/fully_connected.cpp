#include "topology/fully_connected.hpp"

#include <cstdint>

#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {

Topology build_fully_connected(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "shape", "link", "injection"});
  const std::int32_t count = read_shape(spec.at("shape"), 1, 1).front();
  const LinkSpec link = read_link_or(spec, "link", default_link);
  check_size(spec, count, std::int64_t{count} * (count - 1));

  Topology topology{"fully-connected"};
  add_gpus(topology, count, Relay::yes);
  for (std::int32_t i = 0; i < count; ++i) {
    for (std::int32_t j = i + 1; j < count; ++j) {
      topology.connect(NodeId{i}, NodeId{j}, link);
    }
  }
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
