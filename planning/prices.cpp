#include "planning/prices.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace planning {
namespace {

constexpr std::array<std::string_view, 7> purchase_keys{
    "gpu_usd",    "server_usd",          "nic_usd",
    "switch_usd", "switch_usd_per_gbps", "transceiver_usd_per_gbps",
    "cable_usd"};

template <class Quantity>
void read(const sim::ConfigNode& node, std::string_view key, double most,
          std::optional<Quantity>& value) {
  if (const auto found = node.find(key)) {
    value = Quantity{found->number(0, most)};
  }
}

void read(const sim::ConfigNode& node, std::string_view key, double least, double most,
          std::optional<double>& value) {
  if (const auto found = node.find(key)) {
    value = found->number(least, most);
  }
}

void refuse_both(const sim::ConfigNode& node, std::string_view one, std::string_view other) {
  if (node.find(one) && node.find(other)) {
    node.at(other).fail(fmt::format("give '{}' or '{}', not both", one, other));
  }
}

void refuse_beside_rent(const sim::ConfigNode& node, std::string_view key) {
  if (const auto found = node.find(key)) {
    found->fail("'gpu_hour_usd' is given too, and rent covers this", "keep one of the two");
  }
}

Purchase read_purchase(const sim::ConfigNode& node) {
  constexpr double most = 1e8;
  Purchase out;
  read(node, "gpu_usd", most, out.gpu);
  read(node, "server_usd", most, out.server);
  read(node, "nic_usd", most, out.nic);
  read(node, "switch_usd", most, out.whole_switch);
  read(node, "switch_usd_per_gbps", most, out.switch_per_gbps);
  read(node, "transceiver_usd_per_gbps", most, out.transceiver_per_gbps);
  read(node, "cable_usd", most, out.cable);
  refuse_both(node, "switch_usd", "switch_usd_per_gbps");
  for (const std::string_view key : purchase_keys) {
    if (node.find(key) && !node.find("years")) {
      node.at(key).fail("nothing says over how many years this is spread",
                        "write for how long it is used: 'years: 5'");
    }
  }
  return out;
}

/// Both powers of a GPU, or neither: a bill needs the two.
void read_gpu_power(const sim::ConfigNode& node, std::optional<Watts> data_sheet, Power& out) {
  constexpr double most = 1e5;
  out.gpu_busy = data_sheet;
  read(node, "gpu_idle_w", most, out.gpu_idle);
  read(node, "gpu_busy_w", most, out.gpu_busy);
  if (!out.gpu_idle) {
    if (const auto busy = node.find("gpu_busy_w")) {
      busy->fail("nothing says what an idle GPU draws", "add 'gpu_idle_w'");
    }
    return;
  }
  if (!out.gpu_busy) {
    node.at("gpu_idle_w").fail("nothing says what a busy GPU draws", "add 'gpu_busy_w'");
  }
  if (*out.gpu_busy < *out.gpu_idle) {
    node.at("gpu_idle_w")
        .fail(fmt::format("an idle GPU would draw more than a busy one, {} W",
                          out.gpu_busy->count()));
  }
}

Power read_power(const sim::ConfigNode& node, std::optional<Watts> data_sheet) {
  constexpr double most = 1e6;
  Power out;
  read_gpu_power(node, data_sheet, out);
  read(node, "server_w", most, out.server);
  read(node, "nic_w", most, out.nic);
  read(node, "switch_w", most, out.whole_switch);
  read(node, "switch_w_per_port", most, out.switch_port);
  read(node, "transceiver_w", most, out.transceiver);
  refuse_both(node, "switch_w", "switch_w_per_port");
  return out;
}

void read_rent(const sim::ConfigNode& node, Prices& out) {
  constexpr double most = 1e6;
  read(node, "gpu_hour_usd", most, out.gpu_hour);
  if (!out.gpu_hour) {
    return;
  }
  for (const std::string_view key : purchase_keys) {
    refuse_beside_rent(node, key);
  }
  refuse_beside_rent(node, "years");
  refuse_beside_rent(node, "kwh_usd");
}

}  // namespace

Prices read_prices(const sim::ConfigNode& node, std::optional<Watts> gpu_power) {
  node.expect_keys({"gpu_hour_usd",
                    "gpu_usd",
                    "server_usd",
                    "nic_usd",
                    "switch_usd",
                    "switch_usd_per_gbps",
                    "transceiver_usd_per_gbps",
                    "cable_usd",
                    "years",
                    "kwh_usd",
                    "gpu_idle_w",
                    "gpu_busy_w",
                    "server_w",
                    "nic_w",
                    "switch_w",
                    "switch_w_per_port",
                    "transceiver_w",
                    "pue",
                    "co2_g_per_kwh",
                    "copper"});
  constexpr double years_least = 0.1;
  constexpr double years_most = 100;
  constexpr double kilowatt_hour_most = 1000;
  constexpr double pue_most = 10;
  constexpr double co2_most = 1e5;
  Prices out;
  read_rent(node, out);
  out.purchase = read_purchase(node);
  read(node, "years", years_least, years_most, out.years);
  read(node, "kwh_usd", kilowatt_hour_most, out.kilowatt_hour);
  out.power = read_power(node, gpu_power);
  read(node, "pue", 1, pue_most, out.pue);
  read(node, "co2_g_per_kwh", 0, co2_most, out.co2_grams_per_kilowatt_hour);
  if (const auto found = node.find("copper")) {
    out.copper = static_cast<Copper>(found->choice(copper_names, "choice of copper"));
  }
  return out;
}

}  // namespace planning
