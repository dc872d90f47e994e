#pragma once
// A schedule on a network: a lane per transfer.

#include <cstdint>
#include <vector>

#include "collectives/execute.hpp"
#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "sim/fabric.hpp"
#include "topology/routes.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// How many messages a rank can send at once, and take in.
[[nodiscard]] std::int32_t ports_of(const topology::Topology& topology);

/// What transfer t asks of a network, as element t. Points into the schedule.
[[nodiscard]] std::vector<topology::LaneRequest> lane_requests(const Group& group,
                                                               const Schedule& schedule,
                                                               const ExecuteOptions& options);

/// The fabric of `topology` with lane t for transfer t of the schedule; where a NIC goes by time
/// steps, with their urgency and with the ports by which messages arrive.
[[nodiscard]] sim::Fabric lower(const topology::Topology& topology, const Group& group,
                                const Schedule& schedule, const ExecuteOptions& options);

/// Requires that links carried, all together, what was sent times the links on its way: nothing was
/// lost or invented.
void check_conservation(const Schedule& schedule, const sim::Fabric& fabric,
                        const Execution& execution);

}  // namespace collectives
