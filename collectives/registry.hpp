#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collectives/group.hpp"
#include "collectives/request.hpp"
#include "collectives/schedule.hpp"
#include "sim/config.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// One way to carry out one collective. A row of the table in registry.cpp.
struct Algorithm {
  std::string_view name;
  std::string_view alias;  // another name that the field uses; may be empty
  Collective collective;
  Schedule (*build)(const Request& request);
  /// Why it cannot run there: "needs a 2D torus or mesh". Null: it runs anywhere.
  std::optional<std::string> (*misfit)(const topology::Topology& topology, const Group& group);
  std::string_view summary;
};

/// Every algorithm, in the order in which `espalier schedule list` prints them.
[[nodiscard]] std::span<const Algorithm> algorithms();

/// The algorithm for `collective` that `name` spells. Throws a sim::Error that points at `name` and
/// offers the nearest, or all.
[[nodiscard]] const Algorithm& find_algorithm(Collective collective, const sim::ConfigNode& name);

/// Why `algorithm` cannot run for this group, if so.
[[nodiscard]] std::optional<std::string> misfit(const Algorithm& algorithm,
                                                const topology::Topology& topology,
                                                const Group& group);

}  // namespace collectives
