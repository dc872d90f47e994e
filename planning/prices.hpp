#pragma once
// What the parts of a cluster cost and draw.

#include <optional>

#include "planning/parts.hpp"
#include "planning/quantities.hpp"
#include "sim/config.hpp"

namespace planning {

/// Each to buy one, but for what is per Gb/s. Nothing: not known, and left out of bills.
struct Purchase {
  std::optional<Usd> gpu{};
  std::optional<Usd> server{};  // without what is counted apart: GPUs and NICs
  std::optional<Usd> nic{};
  std::optional<Usd> whole_switch{};     // either this
  std::optional<Usd> switch_per_gbps{};  // or this, for each Gb/s of each port in use
  std::optional<Usd> transceiver_per_gbps{};
  std::optional<Usd> cable{};  // of fibre or copper, without transceivers
};

/// Each of one, all the time, but for a GPU: idle, and while it computes.
struct Power {
  std::optional<Watts> gpu_idle{};
  std::optional<Watts> gpu_busy{};
  std::optional<Watts> server{};  // CPUs, memory, fans, NVSwitches, losses; not GPUs and NICs
  std::optional<Watts> nic{};
  std::optional<Watts> whole_switch{};  // either this
  std::optional<Watts> switch_port{};   // or this, for each port in use; both without transceivers
  std::optional<Watts> transceiver{};
};

struct Prices {
  std::optional<Usd> gpu_hour{};  // rent: covers all parts and their electricity
  Purchase purchase{};            // or what parts cost
  std::optional<double> years{};  // over which that is spread, evenly, used or not
  std::optional<Usd> kilowatt_hour{};
  Power power{};
  std::optional<double> pue{};  // what the building takes / what the machines take; at least 1
  std::optional<double> co2_grams_per_kilowatt_hour{};
  Copper copper = Copper::none;
};

/// Reads a mapping, of which every key may be left out:
///
///     gpu_hour_usd: 2.5              # rent; or
///
///     gpu_usd: 30000                 # what is bought,
///     server_usd: 70000
///     nic_usd: 1500
///     switch_usd: 36000              # each; or switch_usd_per_gbps, of each port in use
///     transceiver_usd_per_gbps: 1.5
///     cable_usd: 120
///     years: 5                       # for so long,
///     kwh_usd: 0.08                  # and what it is run with
///
///     gpu_idle_w: 72.5
///     gpu_busy_w: 700                # of the data sheet, `gpu_power`, if left out
///     server_w: 2600
///     nic_w: 25
///     switch_w: 750                  # each; or switch_w_per_port, of each port in use
///     transceiver_w: 8
///     pue: 1.58
///     co2_g_per_kwh: 367
///     copper: nic                    # or none, if left out: see Copper
///
/// 0 says that a part is in another's price, or power. Throws sim::Error at unknown keys and values
/// out of range; where rent and a price that it covers are given, or both prices or powers of a
/// switch; at a price without `years`; at one power of a GPU without the other, and if the busy GPU
/// would draw less than the idle one.
[[nodiscard]] Prices read_prices(const sim::ConfigNode& node, std::optional<Watts> gpu_power);

}  // namespace planning
