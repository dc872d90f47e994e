#include "topology/registry.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sim/error.hpp"
#include "topology/bigraph.hpp"
#include "topology/custom.hpp"
#include "topology/dragonfly.hpp"
#include "topology/fat_tree.hpp"
#include "topology/fully_connected.hpp"
#include "topology/gpu_cluster.hpp"
#include "topology/graphml.hpp"
#include "topology/hypercube.hpp"
#include "topology/sites.hpp"
#include "topology/spec.hpp"
#include "topology/switch.hpp"
#include "topology/torus.hpp"

namespace topology {
namespace {

// To add a topology: write its builder in a file of its own, then one line here.
constexpr std::array table{
    Kind{"ring", "ring:8", build_ring, "endpoints in a circle, two directions"},
    Kind{"torus", "torus:8x8", build_torus, "a closed grid of any dimension"},
    Kind{"mesh", "mesh:8x8", build_mesh, "an open grid of any dimension"},
    Kind{"hypercube", "hypercube:6", build_hypercube, "neighbours differ in one bit"},
    Kind{"fully-connected", "fully-connected:8", build_fully_connected, "a cable for every pair"},
    Kind{"switch", "switch:8", build_switch, "a star around one switch"},
    Kind{"fat-tree", "fat-tree:8", build_fat_tree, "two or three levels of switches, folded Clos"},
    Kind{"bigraph", "bigraph:8x4", build_bigraph, "two rows of switches, all joined across"},
    Kind{"dragonfly", "dragonfly:2x4x2", build_dragonfly, "groups of routers, all joined"},
    Kind{"gpu-cluster", "gpu-cluster:8x8", build_gpu_cluster,
         "servers of GPUs: NVLink inside, rails or leaf-spine between"},
    Kind{"sites", "two-sites-64.yaml", build_sites, "equal networks in several places, far apart"},
    Kind{"custom", "network.yaml", build_custom, "nodes and links as a file lists them"},
};

void check_connected(const Topology& topology, const sim::ConfigNode& spec) {
  if (topology.endpoints().empty()) {
    spec.fail("the network has no GPU");
  }
  if (const auto gap = find_unreachable(topology)) {
    spec.fail(
        fmt::format("the network falls apart into {} parts: no path leads from '{}' to '{}'",
                    gap->components, topology.node(gap->from).name, topology.node(gap->to).name),
        "every GPU must reach every other through links and nodes that relay");
  }
}

}  // namespace

std::span<const Kind> kinds() {
  return table;
}

Topology build(const sim::ConfigNode& spec) {
  std::vector<std::string_view> names;
  std::ranges::transform(table, std::back_inserter(names), &Kind::name);
  const Kind& kind = table.at(spec.at("kind").choice(names, "topology"));
  Topology topology = kind.build(spec);
  check_connected(topology, spec);
  return topology;
}

bool names_file(std::string_view text) {
  return text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".graphml");
}

sim::ConfigNode read_spec(const std::string& label, const std::string& text) {
  if (text.ends_with(".graphml")) {
    throw sim::Error{label, fmt::format("'{}' is GraphML: it has no keys to read or set", text)};
  }
  if (!names_file(text)) {
    return spec_from_text(label, text);
  }
  const sim::ConfigNode file = sim::ConfigNode::load(text);
  const auto inner = file.is_map() ? file.find("topology") : std::nullopt;
  return inner.value_or(file);
}

Topology load(const std::string& label, const std::string& text,
              const std::optional<sim::ConfigNode>& link) {
  if (text.ends_with(".graphml")) {
    if (link) {
      link->fail("a GraphML file brings its own links; this would change nothing");
    }
    return load_graphml(text);
  }
  const sim::ConfigNode spec = read_spec(label, text);
  return build(link ? spec.with("link", *link) : spec);
}

}  // namespace topology
