#include "topology/hypercube.hpp"

#include <cstdint>

#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {

Topology build_hypercube(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "shape", "link", "injection"});
  constexpr std::int64_t dimensions_max = 17;
  const auto dimensions = static_cast<std::int32_t>(spec.at("shape").integer(0, dimensions_max));
  const LinkSpec link = read_link_or(spec, "link", default_link);
  const std::int32_t count = std::int32_t{1} << dimensions;

  Topology topology{"hypercube"};
  add_gpus(topology, count, Relay::yes);
  for (std::int32_t i = 0; i < count; ++i) {
    for (std::int32_t bit = 0; bit < dimensions; ++bit) {
      topology.add_link(NodeId{i}, NodeId{i ^ (std::int32_t{1} << bit)}, link);
    }
  }
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
