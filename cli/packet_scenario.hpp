#pragma once

#include "sim/config.hpp"
#include "sim/network.hpp"

namespace cli {

/// Reads the `packet` key of a scenario: how packets are cut, and what they meet on their way.
///
///     packet:
///       payload: 4096 B             # the most data in a packet
///       overhead: 0 B               # of a head, on every link
///       flit: 1 B                   # packets are filled up to a multiple
///       flow_control: packet        # a head per packet, or one per message
///       switching: cut-through      # fifo (default): unbounded queues, store and forward;
///                                   # ethernet: see ethernet_scenario.hpp
///       virtual_channels: 4         # the rest is of cut-through
///       buffer: 64 KiB              # per virtual channel
///       router_latency: 300 ns
///       credit_latency: 0 ns
///       arbitration: round-robin    # or age
///       queue: 0                    # packets that a port takes in ahead; 0: lanes take turns
///       queue_step: 0 ns            # time to take in a packet
///
/// Throws sim::Error for what is unknown or out of range, and for a buffer that no packet fits in.
[[nodiscard]] sim::PacketOptions read_packet(const sim::ConfigNode& node);

}  // namespace cli
