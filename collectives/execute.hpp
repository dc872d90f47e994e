#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "sim/network.hpp"
#include "sim/units.hpp"
#include "topology/routes.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// The conditions under which a schedule runs.
struct ExecuteOptions {
  sim::NetworkModel network = sim::NetworkModel::flow;
  sim::PacketOptions packet{};  // of the packet network
  topology::Routing routing = topology::Routing::automatic;
  std::uint64_t seed = 1;                     // of ECMP's hash
  sim::Duration message_latency{};            // software time before each message, at the sender
  std::optional<sim::Bandwidth> reduction{};  // each rank's serial reduction unit; none: free
};

struct Execution {
  sim::Duration time{};             // until the last message has arrived (and been reduced)
  double time_s = 0;                // the same with the part of a picosecond that `time` rounds off
  std::vector<sim::LinkUse> links;  // of the fabric: see topology::lower
  std::int64_t messages = 0;
  std::uint64_t events = 0;
};

/// Runs `schedule` for `group` on a network model over `topology`.
///
/// Throws sim::Failure if the schedule waits for itself, naming the ranks and what they wait for.
/// Checks that every byte sent was carried by every link on its way.
[[nodiscard]] Execution execute(const topology::Topology& topology, const Group& group,
                                const Schedule& schedule, const ExecuteOptions& options);

}  // namespace collectives
