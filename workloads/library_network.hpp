#pragma once
// What a library's operations take on a network: worked out once for groups of the same pattern.

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "calibration/collective_fit.hpp"
#include "collectives/execute.hpp"
#include "collectives/group.hpp"
#include "topology/topology.hpp"
#include "workloads/library_collective.hpp"
#include "workloads/rank_run.hpp"

namespace workloads {

/// For one thread: it keeps what it has worked out.
class LibraryNetwork {
 public:
  /// All outlive this.
  LibraryNetwork(const calibration::CollectiveFit& fit, const topology::Topology& topology,
                 const collectives::ExecuteOptions& options);

  [[nodiscard]] const calibration::CollectiveFit& fit() const { return *fit_; }
  [[nodiscard]] const topology::Topology& topology() const { return *topology_; }
  [[nodiscard]] const collectives::ExecuteOptions& options() const { return *options_; }
  [[nodiscard]] bool has_like_servers() const { return has_like_servers_; }

  /// Endpoints by their numbers.
  [[nodiscard]] collectives::Group group_at(const std::vector<std::int32_t>& endpoints) const;

  [[nodiscard]] MessageCosts costs_of(const collectives::Group& group,
                                      const calibration::CollectiveCost& cost,
                                      const calibration::CollectiveShape& shape);

  /// Of what nobody is in the way of. `members` are those that the ranks of `carried` stand for.
  [[nodiscard]] sim::Duration time_alone(const collectives::Group& members, const Carried& carried,
                                         const calibration::CollectiveCost& cost,
                                         const calibration::CollectiveShape& shape);

  /// What an operation of these endpoints takes at least: inside a server what it takes alone; else
  /// its start, and its bytes at the rate of a rank, or of the NICs of a server's ranks.
  [[nodiscard]] sim::Duration least_time(const std::vector<std::int32_t>& endpoints,
                                         const Operation& operation);

  /// What a message from the first one to the second one takes at least: what it costs beyond
  /// links.
  [[nodiscard]] sim::Duration least_message_time(const std::vector<std::int32_t>& endpoints,
                                                 sim::Bytes bytes);

 private:
  [[nodiscard]] double bytes_from_outside(topology::NodeId node) const;
  [[nodiscard]] std::string pattern_of(const collectives::Group& group) const;

  const calibration::CollectiveFit* fit_;
  const topology::Topology* topology_;
  const collectives::ExecuteOptions* options_;
  bool has_like_servers_;
  const topology::Partition* servers_;
  std::vector<std::int32_t> place_of_;  // per node: its number among the endpoints of its server
  // By what is carried out, and the pattern of the group.
  using Key = std::tuple<calibration::Operation, double, std::string>;
  std::map<Key, sim::Duration> times_;  // of what is alone
  std::map<Key, MessageCosts> costs_;
  std::map<Key, sim::Duration> least_times_;
  std::map<std::string, WayLatency> ways_;  // by pattern
};

}  // namespace workloads
