#pragma once
// How the operations of communicators, and messages, are carried out: as the profile's library
// does.

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "calibration/collective_fit.hpp"
#include "collectives/execute.hpp"
#include "topology/topology.hpp"
#include "workloads/cable_use.hpp"
#include "workloads/library_collective.hpp"
#include "workloads/rank_run.hpp"

namespace workloads {

class LibraryCarrier {
 public:
  /// All outlive this.
  LibraryCarrier(const RankPrograms& all, const calibration::CollectiveFit& fit,
                 const topology::Topology& topology, const collectives::ExecuteOptions& options);

  /// Requires that the communicator's ranks can stand for all its members.
  [[nodiscard]] Carried operation(const Communicator& communicator, const Operation& operation);

  /// Nothing where they cannot.
  [[nodiscard]] std::optional<Carried> find_operation(const Communicator& communicator,
                                                      const Operation& operation);

  [[nodiscard]] Carried message(std::int32_t from, std::int32_t to, sim::Bytes bytes);

 private:
  [[nodiscard]] topology::NodeId node_of(std::int32_t rank) const;
  [[nodiscard]] collectives::Group group_of_ranks(const std::vector<std::int32_t>& ranks) const;
  [[nodiscard]] collectives::Group group_at(const std::vector<std::int32_t>& endpoints) const;
  [[nodiscard]] std::string pattern_of(const collectives::Group& group) const;
  [[nodiscard]] MessageCosts costs_of(const collectives::Group& group,
                                      const calibration::CollectiveCost& cost,
                                      const calibration::CollectiveShape& shape);
  [[nodiscard]] sim::Duration time_alone(const collectives::Group& members, const Carried& carried,
                                         const calibration::CollectiveCost& cost,
                                         const calibration::CollectiveShape& shape);

  const RankPrograms* all_;
  const calibration::CollectiveFit* fit_;
  const topology::Topology* topology_;
  const collectives::ExecuteOptions* options_;
  CableUse cables_;
  bool has_like_servers_;
  const topology::Partition* servers_;
  std::vector<std::int32_t> place_of_;  // per node: its number among the endpoints of its server
  // By what is carried out, and the pattern of the group.
  using Key = std::tuple<calibration::Operation, double, std::string>;
  std::map<Key, sim::Duration> times_;  // of what is alone
  std::map<Key, MessageCosts> costs_;
};

}  // namespace workloads
