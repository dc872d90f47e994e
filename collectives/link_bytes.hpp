#pragma once
// What schedules put on the links of a network, counted and not simulated.

#include <cstdint>
#include <span>
#include <vector>

#include "collectives/execute.hpp"
#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// A schedule that a group carries out so many times.
struct Repeated {
  const Group* group = nullptr;
  const Schedule* schedule = nullptr;
  std::int64_t times = 1;
};

/// Bytes on each link of the topology, of all of them together: of messages, without headers. Of
/// `options`, the routing and the seed count.
[[nodiscard]] std::vector<double> link_bytes(const topology::Topology& topology,
                                             std::span<const Repeated> schedules,
                                             const ExecuteOptions& options);

}  // namespace collectives
