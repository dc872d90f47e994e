#pragma once
// Topologies as GraphML files, for Gephi, yEd, NetworkX and back.
//
// The keys, all of them looked up by name:
//
//   graph  kind                         "torus"; "custom" if left out
//          lattice, wraps               "8x8", "true": endpoints on a grid
//          injection_bytes_per_second   see Topology::set_injection; 0 and 1 if left out:
//          injection_latency_picoseconds, injection_ports
//          partition0, partition1, ...  their names, innermost first
//   node   name                         the node's id in the file if left out
//          kind                         gpu, nic or switch
//          relay                        "true" or "false"; false for a gpu, true for others
//          partition0, partition1, ...  the block the node is in; -1 or left out: none
//   edge   bandwidth_bytes_per_second   or `bandwidth` with a unit: "400 Gbps"
//          latency_picoseconds          or `latency` with a unit: "500 ns"; 0 if left out
//
// Rates and times are whole numbers, so that a file holds exactly what the topology does.

#include <string>

#include "topology/topology.hpp"

namespace topology {

/// Reads the file at `path`, of at most 64 MiB. See `read_graphml`.
[[nodiscard]] Topology load_graphml(const std::string& path);

/// Reads a GraphML document; `label` names it in errors.
///
/// Nodes and links keep the order of the file; ranks follow the order of the GPUs. An undirected
/// edge is a cable: a link each way. What `write_graphml` wrote comes back equal in everything.
///
/// Throws sim::Error, where possible with the line: text that is no GraphML, an edge to a node that
/// is not declared (Boost would silently add it), a repeated id or name, an unknown or missing key,
/// a value out of range, a lattice that the links do not form, GPUs that no path joins.
[[nodiscard]] Topology read_graphml(const std::string& label, const std::string& text);

/// The topology as a GraphML document with directed edges; nodes are n0, n1, ... by id.
[[nodiscard]] std::string write_graphml(const Topology& topology);

}  // namespace topology
