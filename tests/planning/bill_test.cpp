#include "planning/bill.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "sim/config.hpp"

using namespace planning;
using namespace sim::literals;
using doctest::Approx;  // for sums of decimal fractions, which binary ones only come near

namespace {

/// Two servers of two GPUs, with a NIC each, and two switches.
Parts small_cluster() {
  return {.gpus = 4,
          .servers = 2,
          .nics = 4,
          .switches = 2,
          .cables = {{CableKind::host, 400_Gbps, 4}, {CableKind::fabric, 800_Gbps, 1}}};
}

Prices prices_of(const std::string& text) {
  return read_prices(sim::ConfigNode::parse("p.yaml", text), std::nullopt);
}

Prices all_bought() {
  return prices_of(R"(
gpu_usd: 30000
server_usd: 5000
nic_usd: 1000
switch_usd_per_gbps: 10
transceiver_usd_per_gbps: 5
cable_usd: 100
years: 1
kwh_usd: 0.1
gpu_idle_w: 100
gpu_busy_w: 500
server_w: 700
nic_w: 25
switch_w_per_port: 50
transceiver_w: 10
pue: 1.2
co2_g_per_kwh: 500
)");
}

/// A thousandth of a year of 8760 hours, three quarters of it computing.
constexpr Usage thousandth{.time = Seconds{8.76 * 3600}, .busy = 0.75};

const BillLine& line_of(const Bill& bill, Item item) {
  const auto found = std::ranges::find(bill.lines, item, &BillLine::item);
  REQUIRE(found != bill.lines.end());
  return *found;
}

double cost_of(const Bill& bill, Item item) {
  return line_of(bill, item).cost.value().count();
}

double kilowatt_hours_of(const Bill& bill, Item item) {
  return kilowatt_hours(line_of(bill, item).energy.value());
}

std::vector<std::string> left_out_of(const Bill& bill) {
  std::vector<std::string> out;
  for (const LeftOut& each : bill.left_out) {
    out.push_back(each.what + " (" + each.key + ")");
  }
  return out;
}

}  // namespace

TEST_CASE("bill: what is bought, line by line") {
  // A thousandth of what all of it costs. Ports: 4 x 1 x 400 + 1 x 2 x 800 = 3200 Gb/s;
  // transceivers: 4 x 2 x 400 + 1 x 2 x 800 = 4800 Gb/s, of 8 + 2.
  const Bill bill = bill_for(small_cluster(), all_bought(), thousandth);
  CHECK(cost_of(bill, Item::gpus) == Approx(120));            // 4 x 30
  CHECK(cost_of(bill, Item::servers) == Approx(10));          // 2 x 5
  CHECK(cost_of(bill, Item::nics) == Approx(4));              // 4 x 1
  CHECK(cost_of(bill, Item::switches) == Approx(32));         // 3200 x 0.010
  CHECK(cost_of(bill, Item::transceivers) == Approx(24));     // 4800 x 0.005
  CHECK(cost_of(bill, Item::cables) == Approx(0.5));          // 5 x 0.1
  CHECK(cost_of(bill, Item::electricity) == Approx(3.6792));  // 36.792 kWh, of the next test
  CHECK(bill.cost.count() == Approx(120 + 10 + 4 + 32 + 24 + 0.5 + 3.6792));
  CHECK(line_of(bill, Item::switches).count == 2);
  CHECK(line_of(bill, Item::transceivers).count == 10);
  CHECK(line_of(bill, Item::cables).count == 5);
  CHECK(bill.left_out.empty());
}

TEST_CASE("bill: energy, line by line") {
  const Bill bill = bill_for(small_cluster(), all_bought(), thousandth);
  const double kilohours = 8.76 / 1000;
  CHECK(kilowatt_hours_of(bill, Item::gpus) == Approx(1600 * kilohours));  // 100 + 0.75 x 400 each
  CHECK(kilowatt_hours_of(bill, Item::servers) == Approx(1400 * kilohours));
  CHECK(kilowatt_hours_of(bill, Item::nics) == Approx(100 * kilohours));
  CHECK(kilowatt_hours_of(bill, Item::switches) == Approx(300 * kilohours));  // 6 ports
  CHECK(kilowatt_hours_of(bill, Item::transceivers) == Approx(100 * kilohours));
  CHECK(kilowatt_hours_of(bill, Item::building) == Approx(700 * kilohours));  // 0.2 x 3500
  CHECK_FALSE(line_of(bill, Item::cables).energy);
  CHECK_FALSE(line_of(bill, Item::electricity).energy);
  CHECK(kilowatt_hours(bill.energy) == Approx(36.792));  // 4200 W x 8.76 h
  CHECK(bill.energy.count() == Approx(4200 * 31536.0));
  CHECK(bill.co2_grams.value() == Approx(18396));
}

TEST_CASE("bill: copper saves transceivers, and switches may be priced whole") {
  // Two transceivers are left, of 800 Gb/s each.
  Prices prices = all_bought();
  prices.copper = Copper::nic;
  prices.purchase.switch_per_gbps.reset();
  prices.purchase.whole_switch = Usd{36000};
  prices.power.switch_port.reset();
  prices.power.whole_switch = Watts{750};
  const Bill bill = bill_for(small_cluster(), prices, thousandth);
  CHECK(line_of(bill, Item::transceivers).count == 2);
  CHECK(cost_of(bill, Item::transceivers) == Approx(8));
  CHECK(cost_of(bill, Item::switches) == Approx(72));
  CHECK(kilowatt_hours_of(bill, Item::switches) == Approx(1.5 * 8.76));
}

TEST_CASE("bill: rent is GPUs by hours, and covers the rest") {
  const Prices prices = prices_of(
      "{gpu_hour_usd: 2.5, gpu_idle_w: 100, gpu_busy_w: 500, server_w: 700, nic_w: 25, "
      "switch_w: 150, transceiver_w: 10, pue: 1.2}");
  const Bill bill = bill_for(small_cluster(), prices, {.time = Seconds{7200}, .busy = 0.75});
  CHECK(bill.cost == Usd{4 * 2.5 * 2});
  CHECK(cost_of(bill, Item::gpus) == 20);
  CHECK_FALSE(line_of(bill, Item::servers).cost);
  CHECK(std::ranges::find(bill.lines, Item::electricity, &BillLine::item) == bill.lines.end());
  CHECK(kilowatt_hours(bill.energy) == Approx(4.2 * 2));
  CHECK_FALSE(bill.co2_grams);
  CHECK(bill.left_out.empty());
}

TEST_CASE("bill: prices and powers that are absent are named, and in no sum") {
  const Bill bill =
      bill_for(small_cluster(), prices_of("{gpu_usd: 30000, years: 1, nic_w: 25}"), thousandth);
  CHECK(bill.cost.count() == Approx(120));
  CHECK(kilowatt_hours(bill.energy) == Approx(0.1 * 8.76));
  CHECK(left_out_of(bill) ==
        std::vector<std::string>{
            "power of GPUs (gpu_idle_w)", "price of servers (server_usd)",
            "power of servers (server_w)", "price of NICs (nic_usd)",
            "price of switches (switch_usd_per_gbps)", "power of switches (switch_w_per_port)",
            "price of transceivers (transceiver_usd_per_gbps)",
            "power of transceivers (transceiver_w)", "price of cables (cable_usd)",
            "energy of the building (pue)", "price of electricity (kwh_usd)"});
}

TEST_CASE("bill: what is absent as a whole is named once") {
  const Parts parts = small_cluster();
  CHECK(left_out_of(bill_for(parts, prices_of("{gpu_hour_usd: 2}"), thousandth)) ==
        std::vector<std::string>{"all energy (gpu_idle_w)"});
  CHECK(left_out_of(bill_for(parts, prices_of("{kwh_usd: 0.1}"), thousandth)) ==
        std::vector<std::string>{"rent or price of all parts (gpu_hour_usd)",
                                 "all energy (gpu_idle_w)"});
  // A data sheet's power alone is not what anyone asked to be billed.
  const Prices sheet =
      read_prices(sim::ConfigNode::parse("p.yaml", "{gpu_hour_usd: 2}"), Watts{700});
  CHECK(left_out_of(bill_for(parts, sheet, thousandth)) ==
        std::vector<std::string>{"all energy (gpu_idle_w)"});
}

TEST_CASE("bill: parts that a network has none of are no lines, and servers may be unknown") {
  // A torus: cables and GPUs.
  const Parts parts{.gpus = 4, .cables = {{CableKind::direct, 100_Gbps, 8}}};
  const Bill bill = bill_for(parts, all_bought(), thousandth);
  std::vector<Item> items;
  for (const BillLine& line : bill.lines) {
    items.push_back(line.item);
  }
  CHECK(items == std::vector{Item::gpus, Item::cables, Item::building, Item::electricity});
  CHECK(left_out_of(bill) ==
        std::vector<std::string>{"servers: the topology does not say which GPUs share one ()"});
}

TEST_CASE("bill: a run computes as much as its steps, in longer") {
  // 1000 steps of 36 s are 10 h, of which GPUs compute 80 %; the run takes 16 h: half of it.
  const Usage usage = usage_of(
      {.step = {.time = Seconds{36}, .busy = 0.8}, .steps = 1000, .time = std::chrono::hours{16}});
  CHECK(usage.time == Seconds{57600});
  CHECK(usage.busy == Approx(0.5));
  // 4 GPUs: 16 h x 100 W idle, and 8 h x 400 W more: 4.8 kWh each.
  const Bill bill = bill_for(small_cluster(), all_bought(), usage);
  CHECK(kilowatt_hours_of(bill, Item::gpus) == Approx(4 * 4.8));
}

TEST_CASE("bill: a run without a break is its steps") {
  // In binary, 3 x 0.1 s is a little more than 0.3 s.
  const Usage usage =
      usage_of({.step = {.time = Seconds{0.1}, .busy = 1}, .steps = 3, .time = Seconds{0.3}});
  CHECK(usage.busy == 1);
  CHECK(usage_of({.step = {.time = Seconds{1}, .busy = 1}}).busy == 0);
}
