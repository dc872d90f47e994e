#pragma once

#include <array>
#include <string_view>

#include "sim/config.hpp"
#include "sim/ethernet_options.hpp"

namespace cli {

/// The keys of `packet` that are of Ethernet alone.
inline constexpr std::array<std::string_view, 11> ethernet_keys{
    "loss",  "share", "pause_above", "resume_below", "mark",      "control",
    "dcqcn", "dctcp", "retry_after", "retries",      "statistics"};

/// Reads them, and `buffer`, from the `packet` key of a scenario:
///
///     packet:
///       switching: ethernet
///       buffer: 32 MiB           # of a switch, for all its ports
///       loss: pause              # or drop
///       share: 1                 # drop: a queue holds at most so many times what is free
///       pause_above: 256 KiB     # pause: of one link's packets, in the switch behind it
///       resume_below: 248 KiB
///       mark: {from: 5 kB, all: 200 kB, probability: 0.01}
///       control: dcqcn           # or dctcp, or none
///       dcqcn: {gain: 0.00390625, notification_interval: 50 us, alpha_period: 55 us,
///               increase_period: 55 us, increase_bytes: 10 MB, recovery_steps: 5,
///               additive: 40 Mb/s, hyper: 400 Mb/s, least: 10 Mb/s}
///       dctcp: {gain: 0.0625, first_window: 10}
///       retry_after: 67 ms       # of silence; 320 us with drop
///       retries: 7
///       statistics: 10 us        # queues and pauses over time, in the JSON output; 0: none
///
/// Throws sim::Error for what is unknown or out of range.
[[nodiscard]] sim::EthernetOptions read_ethernet(const sim::ConfigNode& packet);

}  // namespace cli
