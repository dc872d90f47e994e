#include "planning/prices.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "sim/error.hpp"

using namespace planning;

namespace {

Prices prices_of(const std::string& text, std::optional<Watts> gpu_power = std::nullopt) {
  return read_prices(sim::ConfigNode::parse("p.yaml", text), gpu_power);
}

Prices shipped(const std::string& name) {
  return read_prices(
      sim::ConfigNode::load(std::string{SOURCE_DIR} + "/configs/planning/prices/" + name + ".yaml"),
      std::nullopt);
}

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(prices_of(text));
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("prices: every key is read, and into its own place") {
  const Prices prices = prices_of(R"(
gpu_usd: 1
server_usd: 2
nic_usd: 3
switch_usd: 4
transceiver_usd_per_gbps: 6
cable_usd: 7
years: 8
kwh_usd: 9
gpu_idle_w: 10
gpu_busy_w: 11
server_w: 12
nic_w: 13
switch_w: 14
transceiver_w: 16
pue: 1.7
co2_g_per_kwh: 18
copper: nic
)");
  CHECK(prices.purchase.gpu == Usd{1});
  CHECK(prices.purchase.server == Usd{2});
  CHECK(prices.purchase.nic == Usd{3});
  CHECK(prices.purchase.whole_switch == Usd{4});
  CHECK(prices.purchase.transceiver_per_gbps == Usd{6});
  CHECK(prices.purchase.cable == Usd{7});
  CHECK(prices.years == 8.0);
  CHECK(prices.kilowatt_hour == Usd{9});
  CHECK(prices.power.gpu_idle == Watts{10});
  CHECK(prices.power.gpu_busy == Watts{11});
  CHECK(prices.power.server == Watts{12});
  CHECK(prices.power.nic == Watts{13});
  CHECK(prices.power.whole_switch == Watts{14});
  CHECK(prices.power.transceiver == Watts{16});
  CHECK(prices.pue == 1.7);
  CHECK(prices.co2_grams_per_kilowatt_hour == 18.0);
  CHECK(prices.copper == Copper::nic);
  CHECK(prices_of("{switch_usd_per_gbps: 5, years: 1}").purchase.switch_per_gbps == Usd{5});
  CHECK(prices_of("{switch_w_per_port: 15}").power.switch_port == Watts{15});
  CHECK(prices_of("{gpu_hour_usd: 2.5}").gpu_hour == Usd{2.5});
}

TEST_CASE("prices: nothing is taken for granted") {
  const Prices prices = prices_of("{}");
  CHECK_FALSE(prices.gpu_hour);
  CHECK_FALSE(prices.purchase.gpu);
  CHECK_FALSE(prices.years);
  CHECK_FALSE(prices.kilowatt_hour);
  CHECK_FALSE(prices.power.gpu_busy);
  CHECK_FALSE(prices.pue);
  CHECK(prices.copper == Copper::none);
}

TEST_CASE("prices: a busy GPU draws what its data sheet says, unless the file says otherwise") {
  CHECK(prices_of("{gpu_idle_w: 70}", Watts{700}).power.gpu_busy == Watts{700});
  CHECK(prices_of("{gpu_idle_w: 70, gpu_busy_w: 500}", Watts{700}).power.gpu_busy == Watts{500});
}

TEST_CASE("prices: what is wrong is refused at its place") {
  for (const auto& [text, message] : {
           std::pair{"{gpu_hour_us: 2.5}", "did you mean 'gpu_hour_usd'?"},
           std::pair{"{gpu_hour_usd: -1}", "expected a number from 0"},
           std::pair{"{pue: 0.9}", "pue: expected a number from 1"},
           std::pair{"{years: 0}", "years: expected a number from 0.1"},
           std::pair{"{copper: fibre}", "unknown choice of copper 'fibre'"},
           std::pair{"{switch_usd: 1, switch_usd_per_gbps: 1, years: 5}",
                     "give 'switch_usd' or 'switch_usd_per_gbps', not both"},
           std::pair{"{switch_w: 1, switch_w_per_port: 1}",
                     "give 'switch_w' or 'switch_w_per_port', not both"},
           std::pair{"{gpu_idle_w: 70}", "nothing says what a busy GPU draws"},
           std::pair{"{gpu_busy_w: 700}", "nothing says what an idle GPU draws"},
           std::pair{"{gpu_idle_w: 800, gpu_busy_w: 700}",
                     "an idle GPU would draw more than a busy one, 700 W"},
           std::pair{"{nic_usd: 1}", "nothing says over how many years this is spread"},
           std::pair{"{gpu_hour_usd: 2, cable_usd: 1, years: 5}",
                     "cable_usd: 'gpu_hour_usd' is given too, and rent covers this"},
           std::pair{"{gpu_hour_usd: 2, kwh_usd: 0.1}", "kwh_usd: 'gpu_hour_usd' is given too"},
           std::pair{"{gpu_hour_usd: 2, years: 5}", "years: 'gpu_hour_usd' is given too"},
           std::pair{"[]", "expected a mapping"},
       }) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(prices_of(text), doctest::Contains(message), sim::Error);
  }
}

TEST_CASE("prices: the message shows the line and what would help") {
  CHECK(error_of("gpu_usd: 30000\n") ==
        "p.yaml:1:10: error: gpu_usd: nothing says over how many years this is spread\n"
        "    1 | gpu_usd: 30000\n"
        "      |          ^\n"
        "  hint: write for how long it is used: 'years: 5'");
}

TEST_CASE("prices: a shipped H100 server draws what was measured of one") {
  // Latif et al.: 8.4 kW at most, of 8 GPUs that are busy, with all that is in the server.
  const Power power = shipped("h100-bought").power;
  CHECK(power.gpu_busy->count() * 8 + power.server->count() + power.nic->count() * 8 == 8400);
}

TEST_CASE("prices: shipped files are complete, for what is bought and for what is rented") {
  const Prices bought = shipped("h100-bought");
  CHECK_FALSE(bought.gpu_hour);
  CHECK(bought.purchase.gpu);
  CHECK(bought.purchase.server);
  CHECK(bought.purchase.nic);
  CHECK(bought.purchase.switch_per_gbps);
  CHECK(bought.purchase.transceiver_per_gbps);
  CHECK(bought.purchase.cable);
  CHECK(bought.kilowatt_hour);
  CHECK(bought.pue);
  const Prices rented = shipped("h100-rented");
  CHECK(rented.gpu_hour);
  CHECK_FALSE(rented.purchase.gpu);
  CHECK(rented.power.gpu_idle == bought.power.gpu_idle);
  CHECK(rented.power.server == bought.power.server);
  CHECK(rented.power.switch_port == bought.power.switch_port);
}
