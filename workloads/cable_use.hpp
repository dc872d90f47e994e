#pragma once
// Who uses which cables, and when: what nobody else can be in the way of needs no network.

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "topology/topology.hpp"
#include "workloads/rank_program.hpp"

namespace workloads {

/// The partition of a topology into servers; null if it has none.
[[nodiscard]] const topology::Partition* server_partition(const topology::Topology& topology);

class CableUse {
 public:
  /// Both outlive this.
  CableUse(const RankPrograms& all, const topology::Topology& topology);

  /// Are the cables that a schedule of a communicator uses its own while it does? Those of GPUs
  /// are, and those of NICs, where each GPU has one, from one to another at the same switch: if
  /// nothing that may be under way at once uses such cables in its servers. `group` are the
  /// schedule's ranks.
  [[nodiscard]] bool is_alone(const Communicator& communicator, const collectives::Group& group,
                              const collectives::Schedule& schedule) const;

 private:
  using Users = std::map<std::int32_t, std::set<std::uint16_t>>;  // slots, per server

  void note_users();
  void note_meetings();
  void meet(std::uint16_t slot, const std::set<std::uint16_t>& others);
  [[nodiscard]] topology::NodeId node_of(std::int32_t rank) const;
  [[nodiscard]] std::int32_t server_of(std::int32_t rank) const;
  [[nodiscard]] std::int32_t server_at(topology::NodeId node) const;
  [[nodiscard]] bool meet_at_a_switch(topology::NodeId from, topology::NodeId to) const;
  [[nodiscard]] bool is_free(const Users& users, std::int32_t server, std::uint16_t slot) const;

  const RankPrograms* all_;
  const topology::Topology* topology_;
  const topology::Partition* servers_;
  // Slots with two or more ranks of one communicator inside a server, or some there and some
  // elsewhere; messages count as the slot behind all others.
  Users inside_;
  Users outside_;
  std::set<std::pair<std::uint16_t, std::uint16_t>> meet_;  // slots, the smaller one first
};

}  // namespace workloads
