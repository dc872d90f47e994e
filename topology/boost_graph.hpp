#pragma once
// Boost.Graph's view of a topology. Include from topology/*.cpp only: it takes seconds to compile.

#include <cstddef>

#include <boost/graph/adjacency_list.hpp>

#include "topology/topology.hpp"

namespace topology {

using BoostGraph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, boost::no_property,
                          boost::property<boost::edge_index_t, std::size_t>>;

/// Vertices are node ids, the edge index is the link id.
[[nodiscard]] inline BoostGraph to_boost(const Topology& topology) {
  BoostGraph graph{topology.nodes().size()};
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.links()[i];
    boost::add_edge(index(link.from), index(link.to), i, graph);
  }
  return graph;
}

}  // namespace topology
