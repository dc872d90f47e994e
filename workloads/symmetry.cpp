#include "workloads/symmetry.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "workloads/cable_use.hpp"

namespace workloads {
namespace {

/// What an endpoint's way out of its server looks like: its links, those of its NIC, and where they
/// lead to outside.
std::string signature(const topology::Topology& topology, const topology::Partition& servers,
                      topology::NodeId node, int depth) {
  std::string text;
  for (const topology::LinkId id : topology.out_links(node)) {
    const topology::Link& link = topology.link(id);
    const bool is_inside =
        servers.block_of[topology::index(link.to)] == servers.block_of[topology::index(node)];
    text += fmt::format("{}/{}", link.spec.bandwidth.count(), link.spec.latency.count());
    if (!is_inside) {
      text += fmt::format(">{}", topology::index(link.to));
    } else if (topology.node(link.to).kind == topology::NodeKind::nic && depth > 0) {
      text += "(" + signature(topology, servers, link.to, depth - 1) + ")";
    }
    text += ";";
  }
  return text;
}

}  // namespace

bool has_like_servers(const topology::Topology& topology) {
  const topology::Partition* const servers = server_partition(topology);
  if (servers == nullptr) {
    return false;
  }
  std::vector<std::vector<std::string>> all;
  std::int32_t last = -1;
  for (const topology::NodeId node : topology.endpoints()) {
    const std::int32_t server = servers->block_of[topology::index(node)];
    if (server < 0) {
      return false;
    }
    if (server != last) {
      all.emplace_back();
      last = server;
    }
    all.back().push_back(signature(topology, *servers, node, 1));
  }
  return std::ranges::all_of(all, [&](const auto& each) { return each == all.front(); });
}

std::int32_t replicas_for_all(const Layout& layout, const topology::Topology& topology) {
  const topology::Partition* const servers = server_partition(topology);
  sim::require(servers != nullptr, "servers that are alike are there");
  const auto server_of = [&](std::int32_t rank) {
    return servers->block_of[topology::index(topology.endpoints()[static_cast<std::size_t>(rank)])];
  };
  const std::vector<std::int32_t> replicas = group_of(layout, 0, {Dimension::data});
  const auto in_first = static_cast<std::int32_t>(std::ranges::count_if(
      replicas, [&](std::int32_t rank) { return server_of(rank) == server_of(0); }));
  for (std::int32_t count = 2 * in_first; count < layout.data; count += in_first) {
    const std::int32_t block = layout.tensor * layout.context * count;
    const bool has_whole_copies = layout.shard_size() == layout.data * layout.context ||
                                  (layout.context * count % (2 * layout.shard_size()) == 0 &&
                                   layout.shard_size() % (layout.context * in_first) == 0);
    if (layout.data % count == 0 && block % (layout.expert_tensor * layout.expert) == 0 &&
        has_whole_copies) {
      return count;
    }
  }
  return 0;
}

}  // namespace workloads
