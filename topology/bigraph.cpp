#include "topology/bigraph.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {

Topology build_bigraph(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "shape", "link", "fabric", "injection"});
  const auto shape = read_shape(spec.at("shape"), 2, 2);
  const std::int32_t hosts = shape[0];  // per switch
  const std::int32_t switches = shape[1];
  if (switches % 2 != 0) {
    spec.at("shape").fail(fmt::format("expected an even number of switches, got {}", switches),
                          "the shape is MxS: M endpoints on each of S switches");
  }
  const LinkSpec link = read_link_or(spec, "link", default_link);
  const LinkSpec fabric = read_link_or(spec, "fabric", link);
  const std::int32_t half = switches / 2;
  const std::int32_t count = hosts * switches;
  check_size(spec, count, (2 * std::int64_t{count}) + (2 * std::int64_t{half} * half));

  Topology topology{"bigraph"};
  add_gpus(topology, count, Relay::no);
  for (std::int32_t i = 0; i < switches; ++i) {
    add_switch(topology, i < half ? fmt::format("upper{}", i) : fmt::format("lower{}", i - half));
  }
  for (std::int32_t i = 0; i < count; ++i) {
    topology.connect(NodeId{i}, NodeId{count + (i / hosts)}, link);
  }
  for (std::int32_t upper = 0; upper < half; ++upper) {
    for (std::int32_t lower = half; lower < switches; ++lower) {
      topology.connect(NodeId{count + upper}, NodeId{count + lower}, fabric);
    }
  }

  std::vector<std::int32_t> block_of;
  block_of.reserve(topology.nodes().size());
  for (std::int32_t i = 0; i < count; ++i) {
    block_of.push_back(i / hosts);
  }
  for (std::int32_t i = 0; i < switches; ++i) {
    block_of.push_back(i);
  }
  topology.add_partition({"switch", std::move(block_of)});
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
