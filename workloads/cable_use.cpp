#include "workloads/cable_use.hpp"

#include <algorithm>
#include <optional>

namespace workloads {

const topology::Partition* server_partition(const topology::Topology& topology) {
  const auto partitions = topology.partitions();
  const auto found = std::ranges::find(partitions, "server", &topology::Partition::name);
  return found == partitions.end() ? nullptr : &*found;
}

CableUse::CableUse(const RankPrograms& all, const topology::Topology& topology)
    : all_{&all}, topology_{&topology}, servers_{server_partition(topology)} {
  if (servers_ != nullptr) {
    note_users();
    note_meetings();
  }
}

topology::NodeId CableUse::node_of(std::int32_t rank) const {
  const std::int32_t endpoint = all_->endpoint_of[static_cast<std::size_t>(rank)];
  return topology_->endpoints()[static_cast<std::size_t>(endpoint)];
}

std::int32_t CableUse::server_at(topology::NodeId node) const {
  return servers_->block_of[topology::index(node)];
}

std::int32_t CableUse::server_of(std::int32_t rank) const {
  return server_at(node_of(rank));
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

namespace {

/// The NIC of a GPU, if it has one, and that no other GPU has.
std::optional<topology::NodeId> own_nic(const topology::Topology& topology, topology::NodeId gpu) {
  std::optional<topology::NodeId> nic;
  for (const topology::LinkId id : topology.out_links(gpu)) {
    const topology::NodeId to = topology.link(id).to;
    if (topology.node(to).kind != topology::NodeKind::nic) {
      continue;
    }
    const auto gpus = std::ranges::count_if(topology.out_links(to), [&](topology::LinkId back) {
      return topology.node(topology.link(back).to).kind == topology::NodeKind::gpu;
    });
    if (nic || gpus > 1) {
      return std::nullopt;
    }
    nic = to;
  }
  return nic;
}

}  // namespace

/// Do the NICs of two GPUs hang on the same switch?
bool CableUse::meet_at_a_switch(topology::NodeId from, topology::NodeId to) const {
  const auto one = own_nic(*topology_, from);
  const auto other = own_nic(*topology_, to);
  if (!one || !other) {
    return false;
  }
  const auto leads_to = [&](topology::NodeId nic, topology::NodeId node) {
    return std::ranges::any_of(topology_->out_links(nic),
                               [&](topology::LinkId id) { return topology_->link(id).to == node; });
  };
  return std::ranges::any_of(topology_->out_links(*one), [&](topology::LinkId id) {
    const topology::NodeId node = topology_->link(id).to;
    return topology_->node(node).kind == topology::NodeKind::switching && leads_to(*other, node);
  });
}

bool CableUse::is_alone(const Communicator& communicator, const collectives::Group& group,
                        const collectives::Schedule& schedule) const {
  if (servers_ == nullptr) {
    return false;
  }
  const std::int32_t first = server_at(group.nodes.front());
  const bool is_inside =
      communicator.members.empty() && std::ranges::all_of(group.nodes, [&](topology::NodeId node) {
        return server_at(node) == first;
      });
  const bool is_free_everywhere = std::ranges::all_of(group.nodes, [&](topology::NodeId node) {
    const std::int32_t server = server_at(node);
    return server >= 0 && is_free(inside_, server, communicator.slot) &&
           (is_inside || is_free(outside_, server, communicator.slot));
  });
  if (is_inside || !is_free_everywhere) {
    return is_free_everywhere;
  }
  return schedule.switches().empty() &&
         std::ranges::all_of(schedule.transfers(), [&](const collectives::Transfer& transfer) {
           const topology::NodeId from = group.node(transfer.from);
           const topology::NodeId to = group.node(transfer.to);
           return server_at(from) == server_at(to) || meet_at_a_switch(from, to);
         });
}

}  // namespace workloads
