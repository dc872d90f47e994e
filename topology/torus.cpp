#include "topology/torus.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "topology/spec.hpp"

namespace topology {
namespace {

Topology build_lattice(std::string kind, Lattice lattice, const LinkSpec& link) {
  Topology topology{std::move(kind)};
  std::int32_t count = 1;
  for (const std::int32_t extent : lattice.shape) {
    count *= extent;
  }
  for (std::int32_t i = 0; i < count; ++i) {
    topology.add_node({fmt::format("gpu{}", i), NodeKind::gpu, Relay::yes});
  }
  for (std::int32_t i = 0; i < count; ++i) {
    std::int32_t stride = count;
    for (const std::int32_t extent : lattice.shape) {
      stride /= extent;
      const std::int32_t at = (i / stride) % extent;
      const std::int32_t base = i - (at * stride);
      if (extent > 1 && (lattice.wraps || at > 0)) {
        const std::int32_t down = (at + extent - 1) % extent;
        topology.add_link(NodeId{i}, NodeId{base + (down * stride)}, link);
      }
      if (extent > 1 && (lattice.wraps || at + 1 < extent)) {
        const std::int32_t up = (at + 1) % extent;
        topology.add_link(NodeId{i}, NodeId{base + (up * stride)}, link);
      }
    }
  }
  topology.set_lattice(std::move(lattice));
  return topology;
}

enum class Edges : std::uint8_t { open, closed };

Topology build_from(const sim::ConfigNode& spec, Edges edges, std::size_t dimensions_max) {
  spec.expect_keys({"kind", "shape", "link", "injection"});
  Topology topology = build_lattice(
      spec.at("kind").text(),
      {.shape = read_shape(spec.at("shape"), 1, dimensions_max), .wraps = edges == Edges::closed},
      read_link_or(spec, "link", default_link));
  topology.set_injection(read_injection(spec));
  return topology;
}

constexpr std::size_t dimensions_max = 6;

}  // namespace

Topology build_torus(const sim::ConfigNode& spec) {
  return build_from(spec, Edges::closed, dimensions_max);
}

Topology build_mesh(const sim::ConfigNode& spec) {
  return build_from(spec, Edges::open, dimensions_max);
}

Topology build_ring(const sim::ConfigNode& spec) {
  return build_from(spec, Edges::closed, 1);
}

}  // namespace topology
