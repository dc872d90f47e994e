#pragma once
// How the operations of communicators, and messages, are carried out: as the profile's library
// does.

#include <cstdint>
#include <optional>
#include <vector>

#include "collectives/group.hpp"
#include "workloads/cable_use.hpp"
#include "workloads/library_network.hpp"
#include "workloads/rank_run.hpp"

namespace workloads {

class LibraryCarrier {
 public:
  /// Both outlive this.
  LibraryCarrier(const RankPrograms& all, LibraryNetwork& library)
      : all_{&all}, library_{&library}, cables_{all, library.topology()} {}

  /// Requires that the communicator's ranks can stand for all its members.
  [[nodiscard]] Carried operation(const Communicator& communicator, const Operation& operation);

  /// Nothing where they cannot.
  [[nodiscard]] std::optional<Carried> find_operation(const Communicator& communicator,
                                                      const Operation& operation);

  [[nodiscard]] Carried message(std::int32_t from, std::int32_t to, sim::Bytes bytes);

 private:
  [[nodiscard]] collectives::Group group_of_ranks(const std::vector<std::int32_t>& ranks) const;

  const RankPrograms* all_;
  LibraryNetwork* library_;
  CableUse cables_;
};

}  // namespace workloads
