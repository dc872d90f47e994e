#pragma once
// Operations that have their time without the network: how often ranks carried them out, and what
// that put on links.

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "collectives/execute.hpp"
#include "topology/topology.hpp"
#include "workloads/rank_program.hpp"
#include "workloads/rank_run.hpp"

namespace workloads {

class TurnsAlone {
 public:
  /// Operation `what` of a communicator was carried out.
  void count(std::int32_t communicator, std::int32_t what) { ++times_[{communicator, what}]; }

  /// Bytes on each link of the topology, of all that was counted.
  [[nodiscard]] std::vector<double> link_bytes(const RankPrograms& all, const Carrier& carrier,
                                               const topology::Topology& topology,
                                               const collectives::ExecuteOptions& options) const;

 private:
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> times_;  // by communicator, what
};

}  // namespace workloads
