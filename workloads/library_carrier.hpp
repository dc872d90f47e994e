#pragma once
// How the operations of communicators, and messages, are carried out: as the profile's library
// does.

#include <map>
#include <optional>
#include <string>
#include <tuple>

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
  [[nodiscard]] MessageCosts costs_of(const collectives::Group& group,
                                      const calibration::CollectiveCost& cost,
                                      const calibration::CollectiveShape& shape);
  [[nodiscard]] std::string key_of(const Communicator& communicator,
                                   const Operation& operation) const;
  [[nodiscard]] sim::Duration time_alone(const Communicator& communicator,
                                         const Operation& operation, const Carried& carried,
                                         const calibration::CollectiveCost& cost,
                                         const calibration::CollectiveShape& shape);

  const RankPrograms* all_;
  const calibration::CollectiveFit* fit_;
  const topology::Topology* topology_;
  const collectives::ExecuteOptions* options_;
  CableUse cables_;
  bool has_like_servers_;
  std::map<std::string, sim::Duration> times_;  // of what is alone
  std::map<std::tuple<calibration::Operation, std::int32_t, std::int32_t, double>, MessageCosts>
      costs_;
};

}  // namespace workloads
