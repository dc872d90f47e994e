#include "tests/collectives/support.hpp"

#include <map>

std::vector<std::string> machines_of(int ranks) {
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
  return names;
}
