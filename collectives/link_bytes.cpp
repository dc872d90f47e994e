#include "collectives/link_bytes.hpp"

#include "collectives/schedule_lanes.hpp"
#include "sim/contract.hpp"
#include "topology/routes.hpp"

namespace collectives {
namespace {

double bytes_of(const Schedule& schedule, const Transfer& transfer) {
  double bytes = 0;
  for (std::int32_t k = 0; k < transfer.messages; ++k) {
    bytes += static_cast<double>(schedule.layout().size(transfer.chunks.at(k)).count());
  }
  return bytes;
}

}  // namespace

std::vector<double> link_bytes(const topology::Topology& topology,
                               std::span<const Repeated> schedules, const ExecuteOptions& options) {
  ExecuteOptions plain = options;
  plain.nic = Nic::plain;
  std::vector<topology::LaneRequest> requests;
  for (const Repeated& each : schedules) {
    sim::require(each.group->size() == each.schedule->ranks(), "a group has the schedule's ranks");
    const auto own = lane_requests(*each.group, *each.schedule, plain);
    requests.insert(requests.end(), own.begin(), own.end());
  }
  const sim::Fabric fabric =
      topology::lower(topology, {.routing = options.routing, .seed = options.seed}, requests);
  std::vector<double> bytes(topology.links().size(), 0);
  std::uint32_t lane = 0;
  for (const Repeated& each : schedules) {
    for (const Transfer& transfer : each.schedule->transfers()) {
      const double sent = bytes_of(*each.schedule, transfer) * static_cast<double>(each.times);
      const sim::Lane way{lane++};
      for (std::uint32_t hop = fabric.hops_begin(way); hop < fabric.hops_end(way); ++hop) {
        if (fabric.hop_link(hop) < bytes.size()) {  // behind the links there are ports
          bytes[fabric.hop_link(hop)] += sent * fabric.hop_share(hop);
        }
      }
    }
  }
  return bytes;
}

}  // namespace collectives
