#pragma once
// What a step, or a run, costs in money and energy.
//
//   rent      GPUs x hours x price of a GPU-hour; it covers the rest
//   bought    parts x price x hours / (years x 8760 h), and electricity
//   energy    a GPU draws idle + share of time that it computes x (busy - idle); all else draws the
//             same all the time; the building adds (PUE - 1) times the sum
//
//     4 GPUs at 30,000 USD over 5 years, a step of 36 s: 120,000 x 0.01 / 43,800 = 0.027 USD
//     100 W idle, 500 W busy, three quarters of the time: 400 W each; 57.6 kJ for all 4 in 36 s
//
// What nobody gave a price or a power for is left out of the sums, and named.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planning/parts.hpp"
#include "planning/prices.hpp"
#include "planning/quantities.hpp"

namespace planning {

/// For how long a cluster is taken, and what share of that its GPUs compute: the mean over ranks,
/// from 0 to 1.
struct Usage {
  Seconds time{};
  double busy = 0;
};

/// A run of many steps.
struct Run {
  Usage step{};
  std::int64_t steps = 0;  // all that are computed, those repeated after a failure too
  Seconds time{};          // with restarts and all else between steps, where GPUs are idle
};

/// Requires that the steps fit into the time of the run, to a millionth.
[[nodiscard]] Usage usage_of(const Run& run);

enum class Item : std::uint8_t {
  gpus,
  servers,
  nics,
  switches,
  transceivers,
  cables,
  building,     // cooling, and losses on the way to the machines: energy only
  electricity,  // the price of all energy
};
inline constexpr std::array<std::string_view, 8> item_names{
    "GPUs", "servers", "NICs", "switches", "transceivers", "cables", "building", "electricity"};

struct BillLine {
  Item item{};
  std::int64_t count = 0;          // of parts; of what is none, 0
  std::optional<Usd> cost{};       // nothing: rent covers it, or left out
  std::optional<Joules> energy{};  // nothing: it takes none that is billed here, or left out
};

/// Something that the sums lack.
struct LeftOut {
  std::string what;  // "price of NICs"
  std::string key;   // "nic_usd"; empty if no key would help
};

struct Bill {
  Usage usage{};
  std::vector<BillLine> lines;  // in the order of Item, without what there is none of
  Usd cost{};                   // of all lines
  Joules energy{};              // likewise
  std::optional<double> co2_grams{};
  std::vector<LeftOut> left_out;
};

/// Where `prices` have no power at all, energy is left out as one; likewise parts without any price
/// or rent. CO2 is counted where `prices` say how much, and is that of electricity alone.
[[nodiscard]] Bill bill_for(const Parts& parts, const Prices& prices, const Usage& usage);

}  // namespace planning
