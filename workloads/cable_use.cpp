#include "workloads/cable_use.hpp"

#include <algorithm>

namespace workloads {

const topology::Partition* servers_of(const topology::Topology& topology) {
  const auto partitions = topology.partitions();
  const auto found = std::ranges::find(partitions, "server", &topology::Partition::name);
  return found == partitions.end() ? nullptr : &*found;
}

CableUse::CableUse(const RankPrograms& all, const topology::Topology& topology)
    : all_{&all}, topology_{&topology}, servers_{servers_of(topology)} {
  if (servers_ != nullptr) {
    note_users();
    note_meetings();
  }
}

topology::NodeId CableUse::node_of(std::int32_t rank) const {
  const std::int32_t endpoint = all_->endpoint_of[static_cast<std::size_t>(rank)];
  return topology_->endpoints()[static_cast<std::size_t>(endpoint)];
}

std::int32_t CableUse::server_of(std::int32_t rank) const {
  return servers_->block_of[topology::index(node_of(rank))];
}

void CableUse::note_users() {
  for (const Communicator& communicator : all_->communicators) {
    std::map<std::int32_t, int> ranks_in;
    for (const std::int32_t rank : communicator.ranks) {
      if (++ranks_in[server_of(rank)] > 1) {
        inside_[server_of(rank)].insert(communicator.slot);
      }
    }
    for (const auto& [server, count] : ranks_in) {
      if (ranks_in.size() > 1 || !communicator.members.empty()) {
        outside_[server].insert(communicator.slot);
      }
    }
  }
  for (std::int32_t rank = 0; rank < all_->ranks(); ++rank) {
    for (const std::int32_t peer : all_->peer_of[static_cast<std::size_t>(rank)]) {
      if (peer >= 0 && peer != rank) {
        Users& users = server_of(peer) == server_of(rank) ? inside_ : outside_;
        users[server_of(rank)].insert(static_cast<std::uint16_t>(all_->operations.size()));
      }
    }
  }
}

void CableUse::meet(std::uint16_t slot, const std::set<std::uint16_t>& others) {
  for (const std::uint16_t other : others) {
    if (other != slot) {
      meet_.emplace(std::min(slot, other), std::max(slot, other));
    }
  }
}

/// Two slots meet if an operation of one begins before a rank has waited for all of the other.
/// Messages may arrive at any time, but where ranks wait for them: those meet only what is under
/// way when they are sent.
void CableUse::note_meetings() {
  const auto messages = static_cast<std::uint16_t>(all_->operations.size());
  if (!all_->wait_for_messages) {
    for (std::uint16_t slot = 0; slot <= messages; ++slot) {
      meet_.emplace(slot, messages);
    }
  }
  for (const std::vector<Instruction>& program : all_->programs) {
    std::set<std::uint16_t> under_way;
    for (const Instruction& each : program) {
      if (each.kind == Instruction::Kind::send) {
        meet(messages, under_way);
      } else if (each.kind == Instruction::Kind::begin) {
        meet(each.slot, under_way);
        under_way.insert(each.slot);
      } else if (each.kind == Instruction::Kind::wait && each.what == 0) {
        under_way.erase(each.slot);
      }
    }
  }
}

bool CableUse::is_free(const Users& users, std::int32_t server, std::uint16_t slot) const {
  const auto found = users.find(server);
  return found == users.end() || std::ranges::none_of(found->second, [&](std::uint16_t other) {
           return meet_.contains({std::min(slot, other), std::max(slot, other)});
         });
}

bool CableUse::has_own_nic(std::int32_t rank) const {
  return std::ranges::any_of(topology_->out_links(node_of(rank)), [&](topology::LinkId id) {
    const topology::NodeId nic = topology_->link(id).to;
    return topology_->node(nic).kind == topology::NodeKind::nic &&
           std::ranges::count_if(topology_->out_links(nic), [&](topology::LinkId back) {
             return topology_->node(topology_->link(back).to).kind == topology::NodeKind::gpu;
           }) == 1;
  });
}

bool CableUse::is_alone(const Communicator& communicator) const {
  if (servers_ == nullptr) {
    return false;
  }
  const std::int32_t first = server_of(communicator.ranks.front());
  const bool is_inside = communicator.members.empty() &&
                         std::ranges::all_of(communicator.ranks, [&](std::int32_t rank) {
                           return server_of(rank) == first;
                         });
  return std::ranges::all_of(communicator.ranks, [&](std::int32_t rank) {
    const std::int32_t server = server_of(rank);
    return server >= 0 && is_free(inside_, server, communicator.slot) &&
           (is_inside || (has_own_nic(rank) && is_free(outside_, server, communicator.slot)));
  });
}

}  // namespace workloads
