#include "workloads/turns_alone.hpp"

#include <cstddef>
#include <deque>

#include "collectives/link_bytes.hpp"

namespace workloads {

std::vector<double> TurnsAlone::link_bytes(const RankPrograms& all, const Carrier& carrier,
                                           const topology::Topology& topology,
                                           const collectives::ExecuteOptions& options) const {
  std::deque<Carried> carried;  // keeps groups and schedules where they are pointed to
  std::vector<collectives::Repeated> repeated;
  for (const auto& [key, times] : times_) {
    const Communicator& communicator = all.communicators[static_cast<std::size_t>(key.first)];
    const Operation& operation =
        all.operations[communicator.slot][static_cast<std::size_t>(key.second)];
    const Carried& kept = carried.emplace_back(carrier.operation(communicator, operation));
    repeated.push_back({.group = &kept.group, .schedule = &kept.schedule, .times = times});
  }
  return collectives::link_bytes(topology, repeated, options);
}

}  // namespace workloads
