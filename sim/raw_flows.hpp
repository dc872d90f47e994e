#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/fabric.hpp"
#include "sim/network.hpp"
#include "sim/units.hpp"

namespace sim {

/// A flow on its own: `size` bytes over the lane with the flow's number, from `start` on.
struct RawFlow {
  Bytes size;
  Instant start;
};

struct RawFlowResult {
  std::vector<double> completion_s;      // per flow: when its last byte has arrived
  std::vector<double> initial_rate_Bps;  // per flow: right after time 0; 0 for those that start
                                         // later. Empty for packets, which have no rate
  std::vector<LinkUse> links;
  std::uint64_t events = 0;
  std::vector<PortReport> ports{};              // per link, of models that have queues
  std::size_t given_up = 0;                     // flows that tried no more
  std::vector<std::uint32_t> waiting_circle{};  // see Network
};

/// Runs flows that depend on nothing but each other's traffic. Flow i uses lane i of `fabric`.
[[nodiscard]] RawFlowResult simulate_flows(const Fabric& fabric, std::span<const RawFlow> flows,
                                           const NetworkOptions& network);

}  // namespace sim
