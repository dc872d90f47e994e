#include "tests/collectives/support.hpp"

#include <map>

#include <fmt/format.h>

namespace {

std::string gpu_nodes(int ranks, const std::string& more) {
  std::string yaml = "kind: custom\nnodes:\n";
  for (int rank = 0; rank < ranks; ++rank) {
    yaml += fmt::format("  - {{ name: g{}, kind: gpu{} }}\n", rank, more);
  }
  return yaml;
}

/// Links lead one way round only, none is as fast or as slow as the next, one has no latency.
std::string one_way_ring(int ranks) {
  std::string yaml = gpu_nodes(ranks, ", relay: true") + "links:\n";
  for (int rank = 0; rank < ranks; ++rank) {
    yaml += fmt::format(
        "  - {{ from: g{}, to: g{}, bandwidth: {} GB/s, latency: {} ns, direction: one }}\n", rank,
        (rank + 1) % ranks, 7 + (rank % 5), 100 * (rank % 3));
  }
  return yaml;
}

/// Two switches, each GPU with two cables to its own; between them three links one way and one,
/// faster, back; a by-pass a thousand times slower; and ports slower than the cables behind them.
std::string lopsided(int ranks) {
  std::string yaml = gpu_nodes(ranks, "") +
                     "  - { name: left, kind: switch }\n"
                     "  - { name: right, kind: switch }\n"
                     "links:\n";
  for (int rank = 0; rank < ranks; ++rank) {
    yaml +=
        fmt::format("  - {{ from: g{}, to: {}, bandwidth: {} Gbps, latency: 300 ns, count: 2 }}\n",
                    rank, 2 * rank < ranks ? "left" : "right", 100 + (50 * (rank % 2)));
  }
  return yaml + fmt::format(
                    "  - {{ from: left, to: right, bandwidth: 13 GB/s, latency: 1 us, count: 3, "
                    "direction: one }}\n"
                    "  - {{ from: right, to: left, bandwidth: 31 GB/s, direction: one }}\n"
                    "  - {{ from: g0, to: g{}, bandwidth: 10 MB/s, latency: 5 us }}\n"
                    "injection: 17 GB/s\n",
                    ranks - 1);
}

/// A line of relaying GPUs with chords over it, all unequal.
std::string woven(int ranks) {
  std::string yaml = gpu_nodes(ranks, ", relay: true") + "links:\n";
  for (int rank = 0; rank + 1 < ranks; ++rank) {
    yaml += fmt::format("  - {{ from: g{}, to: g{}, bandwidth: {} GB/s, latency: 1 us }}\n", rank,
                        rank + 1, 1 + (rank % 4));
  }
  for (int rank = 0; rank + 3 < ranks; rank += 2) {
    yaml += fmt::format("  - {{ from: g{}, to: g{}, bandwidth: 2.5 GB/s, latency: 20 ns }}\n", rank,
                        rank + 3);
  }
  return yaml;
}

Machine custom(const std::string& name, const std::string& yaml) {
  return {name, topology::build(sim::ConfigNode::parse(name, yaml))};
}

}  // namespace

std::vector<Machine> machines_of(int ranks) {
  const std::string n = std::to_string(ranks);
  std::vector<std::string> names{"ring:" + n,   "mesh:" + n,          "fully-connected:" + n,
                                 "switch:" + n, "gpu-cluster:1x" + n, "gpu-cluster:" + n + "x1"};
  static const std::map<int, std::vector<std::string>> shaped{
      {2, {"hypercube:1", "bigraph:1x2", "torus:2x1"}},
      {3, {"fat-tree:3x1", "torus:1x3"}},
      {4,
       {"torus:2x2", "mesh:2x2", "hypercube:2", "fat-tree:2", "bigraph:2x2", "bigraph:1x4",
        "gpu-cluster:2x2,scale_up=direct"}},
      {8,
       {"torus:2x4", "torus:2x2x2", "mesh:2x4", "hypercube:3", "fat-tree:2x4", "fat-tree:4x2",
        "bigraph:2x4", "gpu-cluster:2x4", "gpu-cluster:4x2,nics=1", "dragonfly:2x2x1,groups=2"}},
      {12,
       {"torus:3x4", "mesh:3x4", "mesh:2x2x3", "fat-tree:4x3", "bigraph:3x4",
        "gpu-cluster:3x4,fabric=leaf-spine,nodes_per_leaf=1,nics=2", "dragonfly:2x2x1"}},
      {16,
       {"torus:4x4", "mesh:4x4", "torus:2x2x2x2", "hypercube:4", "fat-tree:4",
        "fat-tree:4,levels=3", "fat-tree:4,levels=3,oversubscription=2", "bigraph:4x4",
        "bigraph:2x8", "gpu-cluster:2x8", "gpu-cluster:4x4,scale_up=direct,oversubscription=2",
        "dragonfly:2x2x2,groups=4"}},
      {27, {"torus:3x3x3", "mesh:3x3x3", "torus:3x9", "fat-tree:9x3", "gpu-cluster:9x3"}},
      {32,
       {"torus:4x8", "mesh:4x8", "hypercube:5", "bigraph:4x8", "fat-tree:4x8,oversubscription=4",
        "gpu-cluster:4x8", "gpu-cluster:4x8,nics=2,nodes_per_leaf=2"}},
      {64,
       {"torus:8x8", "mesh:8x8", "torus:4x4x4", "hypercube:6", "fat-tree:8", "bigraph:4x16",
        "gpu-cluster:8x8", "gpu-cluster:8x8,fabric=leaf-spine,nodes_per_leaf=4"}},
  };
  if (const auto more = shaped.find(ranks); more != shaped.end()) {
    names.insert(names.end(), more->second.begin(), more->second.end());
  }
  std::vector<Machine> machines{names.begin(), names.end()};
  machines.push_back(custom("custom one-way ring", one_way_ring(ranks)));
  machines.push_back(custom("custom lopsided", lopsided(ranks)));
  machines.push_back(custom("custom woven", woven(ranks)));
  if (ranks % 4 == 0) {
    machines.push_back(
        custom("sites", "{kind: sites, site: 'gpu-cluster:" + std::to_string(ranks / 4) +
                            "x2', distance_km: 1, bandwidth: 400 Gbps}"));
  }
  return machines;
}
