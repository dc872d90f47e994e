#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace topology {

/// One kind of network. A row of the table in registry.cpp.
struct Kind {
  std::string_view name;
  std::string_view example;  // "torus:8x8"
  Topology (*build)(const sim::ConfigNode& spec);
  std::string_view summary;
};

/// Every kind, in the order in which `espalier topology list` prints them.
[[nodiscard]] std::span<const Kind> kinds();

/// Builds the network that `spec` describes: a mapping with `kind` and what that kind takes.
///
/// Throws sim::Error at the offending place: unknown kind or key, a value out of range, endpoints
/// that no path joins.
[[nodiscard]] Topology build(const sim::ConfigNode& spec);

/// Is this the name of a file with a network, by its ending, and no short form?
[[nodiscard]] bool names_file(std::string_view text);

/// What the user gave to an option as the mapping that `build` takes: a short form ("torus:8x8"),
/// or a YAML file whose top level is, or has under `topology`, such a mapping.
[[nodiscard]] sim::ConfigNode read_spec(const std::string& label, const std::string& text);

/// Builds from what the user gave to an option: a short form ("torus:8x8"), a YAML file whose
/// top level is, or has under `topology`, a mapping as above, or a GraphML file (by its ending).
/// `link` stands over the `link` key.
[[nodiscard]] Topology load(const std::string& label, const std::string& text,
                            const std::optional<sim::ConfigNode>& link = {});

}  // namespace topology
