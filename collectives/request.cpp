#include "collectives/request.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "collectives/locality.hpp"

namespace collectives {

Schedule cut(const Request& request, std::int32_t parts) {
  Schedule schedule{request.collective, request.ranks(), parts, {request.bytes, parts}};
  schedule.set_root(request.root);
  return schedule;
}

std::int32_t channels_of(const Request& request) {
  return std::max(request.channels, 1);
}

std::int32_t pipeline_pieces(const Request& request, sim::Bytes bytes, std::int32_t depth) {
  if (request.pieces > 0) {
    return request.pieces;
  }
  // The slowest bandwidth and the longest latency of any link: a coarse guess is enough, since the
  // optimum is flat (twice the best P costs a few per cent).
  double bandwidth = std::numeric_limits<double>::infinity();
  sim::Duration latency{};
  for (const topology::Link& link : request.topology->links()) {
    bandwidth = std::min(bandwidth, static_cast<double>(link.spec.bandwidth.count()));
    latency = std::max(latency, link.spec.latency);
  }
  constexpr std::int32_t most = 256;
  if (latency == sim::Duration{0}) {
    return most;
  }
  const double stages = std::max(depth - 1, 0);
  const double best =
      std::sqrt(stages * static_cast<double>(bytes.count()) / (bandwidth * sim::seconds(latency)));
  return std::clamp(static_cast<std::int32_t>(std::lround(std::min(best, 1e6))), 1, most);
}

std::int32_t channels_for(const Request& request) {
  if (request.channels > 0) {
    return request.channels;
  }
  const Blocks blocks = blocks_of(*request.topology, *request.group, "server");
  if (blocks.members.size() < 2) {
    return 1;
  }
  const auto& block_of = blocks.partition->block_of;
  const std::int32_t first = block_of[topology::index(request.group->node(Rank{0}))];
  std::int32_t nics = 0;
  std::int32_t gpus = 0;
  for (std::size_t node = 0; node < block_of.size(); ++node) {
    const topology::NodeKind kind = request.topology->nodes()[node].kind;
    nics += block_of[node] == first && kind == topology::NodeKind::nic ? 1 : 0;
    gpus += block_of[node] == first && kind == topology::NodeKind::gpu ? 1 : 0;
  }
  // Of a server's GPUs those that take part reach as many of its NICs.
  const auto ranks = static_cast<std::int32_t>(blocks.members.front().size());
  return std::clamp(nics * ranks / std::max(gpus, 1), 1, channels_max);
}

}  // namespace collectives
