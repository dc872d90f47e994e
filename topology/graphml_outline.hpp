#pragma once

#include <string>
#include <vector>

#include "sim/error.hpp"

namespace topology {

/// What a GraphML document declares, and where: what Boost's reader does not tell.
struct GraphmlOutline {
  struct NodeTag {
    std::string id;
    sim::SourcePos where;
  };
  struct EdgeTag {
    bool is_directed = true;
    sim::SourcePos where;
  };

  sim::SourcePos graph;
  std::vector<NodeTag> nodes;  // in the order of the file
  std::vector<EdgeTag> edges;
};

/// Scans `text` once and refuses, with the line, what Boost's reader takes in silence: an edge to a
/// node that is not declared, a repeated id, a second or nested graph, elements that are no GraphML
/// or that we would ignore (hyperedges, ports), a document type, nesting of any depth.
///
/// It is no full XML parser: what is left malformed is for Boost to refuse.
[[nodiscard]] GraphmlOutline outline_graphml(const std::string& label, const std::string& text);

}  // namespace topology
