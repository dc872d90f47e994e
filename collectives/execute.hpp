#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collectives/group.hpp"
#include "collectives/reduction_units.hpp"
#include "collectives/schedule.hpp"
#include "sim/network.hpp"
#include "sim/units.hpp"
#include "topology/routes.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// Who decides when a rank sends a message whose conditions hold.
enum class Nic : std::uint8_t {
  plain,      // nobody: it goes to the network at once
  table,      // a schedule table: in the order of time steps. Of algorithms that go by them
  multitree,  // the same in lockstep: see schedule_table.hpp
};
inline constexpr std::array<std::string_view, 3> nic_names{"plain", "table", "multitree"};

/// The conditions under which a schedule runs.
struct ExecuteOptions {
  sim::NetworkModel network = sim::NetworkModel::flow;
  sim::PacketOptions packet{};  // of the packet network
  topology::Routing routing = topology::Routing::automatic;
  std::uint64_t seed = 1;                // of ECMP's hash
  sim::Duration start{};                 // until the first rank may send: a kernel's launch
  sim::Duration message_latency{};       // software time before each message, at the sender
  std::optional<Reduction> reduction{};  // none: free
  Nic nic = Nic::plain;
  // Of the schedule table: so many packets are taken to be in queues when a message has been handed
  // over, and not to hold up the next one.
  std::int32_t nic_slack = 0;
};

struct Execution {
  sim::Duration time{};             // until the last message has arrived (and been reduced)
  double time_s = 0;                // the same with the part of a picosecond that `time` rounds off
  double quiet_s = 0;               // until the network is quiet too, credits included
  std::vector<sim::LinkUse> links;  // of the fabric: see topology::lower
  std::vector<sim::PortReport> ports{};  // of those links, on Ethernet
  std::int64_t messages = 0;
  // Of a schedule table, per time step: until the last of its messages has arrived (and been
  // reduced). The last of a later step may be earlier.
  std::vector<double> steps_s;
  std::uint64_t events = 0;
};

/// Runs `schedule` for `group` on a network model over `topology`.
///
/// Throws sim::Failure if the schedule waits for itself, naming the ranks and what they wait for;
/// sim::Error if it has no time steps and the NIC goes by them.
/// Checks that every byte sent was carried by every link on its way.
[[nodiscard]] Execution execute(const topology::Topology& topology, const Group& group,
                                const Schedule& schedule, const ExecuteOptions& options);

}  // namespace collectives
