#include "planning/bill.hpp"

#include <utility>

#include <fmt/format.h>

#include "sim/contract.hpp"

namespace planning {
namespace {

constexpr double hours_per_year = 8760;  // 365 days

/// Some parts, what they cost to buy, all together, and what they draw; and the keys of both.
struct Entry {
  Item item{};
  std::int64_t count = 0;
  std::optional<Usd> price{};
  std::string_view price_key{};
  std::optional<Watts> power{};
  std::string_view power_key{};  // empty: they draw nothing
};

template <class Quantity>
std::optional<Quantity> times(const std::optional<Quantity>& each, double count) {
  return each ? std::optional{*each * count} : std::nullopt;
}

template <class Quantity>
std::optional<Quantity> times(const std::optional<Quantity>& each, std::int64_t count) {
  return times(each, static_cast<double>(count));
}

/// The one that is given.
template <class Quantity>
std::optional<Quantity> either(const std::optional<Quantity>& one,
                               const std::optional<Quantity>& other) {
  return one ? one : other;
}

std::optional<Watts> gpu_power(const Power& power, double busy) {
  if (!power.gpu_idle || !power.gpu_busy) {
    return std::nullopt;
  }
  return *power.gpu_idle + ((*power.gpu_busy - *power.gpu_idle) * busy);
}

bool has_any(const Purchase& prices) {
  return prices.gpu || prices.server || prices.nic || prices.whole_switch ||
         prices.switch_per_gbps || prices.transceiver_per_gbps || prices.cable;
}

/// That of a busy GPU may be the data sheet's, and says nothing about what the user wants.
bool has_any(const Power& power) {
  return power.gpu_idle || power.server || power.nic || power.whole_switch || power.switch_port ||
         power.transceiver;
}

std::vector<Entry> entries_of(const Parts& parts, const Prices& prices, double busy) {
  const Purchase& price = prices.purchase;
  const Power& power = prices.power;
  const CableEnds ports = switch_ports(parts);
  const CableEnds optics = transceivers(parts, prices.copper);
  const std::int64_t servers = parts.servers.value_or(0);
  const std::int64_t cables = cable_count(parts);
  return {
      {Item::gpus, parts.gpus, times(price.gpu, parts.gpus), "gpu_usd",
       times(gpu_power(power, busy), parts.gpus), "gpu_idle_w"},
      {Item::servers, servers, times(price.server, servers), "server_usd",
       times(power.server, servers), "server_w"},
      {Item::nics, parts.nics, times(price.nic, parts.nics), "nic_usd",
       times(power.nic, parts.nics), "nic_w"},
      {Item::switches, parts.switches,
       either(times(price.whole_switch, parts.switches), times(price.switch_per_gbps, ports.gbps)),
       "switch_usd_per_gbps",
       either(times(power.whole_switch, parts.switches), times(power.switch_port, ports.count)),
       "switch_w_per_port"},
      {Item::transceivers, optics.count, times(price.transceiver_per_gbps, optics.gbps),
       "transceiver_usd_per_gbps", times(power.transceiver, optics.count), "transceiver_w"},
      {Item::cables, cables, times(price.cable, cables), "cable_usd", std::nullopt, ""},
  };
}

/// Writes a bill line by line.
class Writer {
 public:
  Writer(const Parts& parts, const Prices& prices, const Usage& usage)
      : parts_{&parts}, prices_{&prices} {
    bill_.usage = usage;
  }

  Bill write() {
    for (const Entry& entry : entries_of(*parts_, *prices_, bill_.usage.busy)) {
      if (entry.count > 0) {
        add(entry);
      }
    }
    name_unknown_servers();
    add_building();
    add_electricity();
    name_what_is_absent();
    add_co2();
    return std::move(bill_);
  }

 private:
  void leave_out(std::string what, std::string_view key) {
    bill_.left_out.push_back({.what = std::move(what), .key = std::string{key}});
  }

  void add(const BillLine& line) {
    bill_.cost += line.cost.value_or(Usd{});
    bill_.energy += line.energy.value_or(Joules{});
    bill_.lines.push_back(line);
  }

  void add(const Entry& entry) {
    const std::string_view name = item_names.at(static_cast<std::size_t>(entry.item));
    BillLine line{.item = entry.item, .count = entry.count};
    line.cost = cost_of(entry);
    if (has_any(prices_->purchase) && !entry.price) {
      leave_out(fmt::format("price of {}", name), entry.price_key);
    }
    if (entry.power) {
      line.energy = *entry.power * bill_.usage.time;
    } else if (has_any(prices_->power) && !entry.power_key.empty()) {
      leave_out(fmt::format("power of {}", name), entry.power_key);
    }
    add(line);
  }

  [[nodiscard]] std::optional<Usd> cost_of(const Entry& entry) const {
    const double taken = hours(bill_.usage.time);
    if (prices_->gpu_hour) {
      const double gpu_hours = static_cast<double>(parts_->gpus) * taken;
      return entry.item == Item::gpus ? times(prices_->gpu_hour, gpu_hours) : std::nullopt;
    }
    return times(entry.price, taken / (prices_->years.value_or(1) * hours_per_year));
  }

  void name_unknown_servers() {
    if (!parts_->servers && (has_any(prices_->purchase) || has_any(prices_->power))) {
      leave_out("servers: the topology does not say which GPUs share one", "");
    }
  }

  void add_building() {
    if (!has_any(prices_->power)) {
      return;
    }
    if (!prices_->pue) {
      leave_out("energy of the building", "pue");
      return;
    }
    add({.item = Item::building, .energy = bill_.energy * (*prices_->pue - 1)});
  }

  /// Rent covers it.
  void add_electricity() {
    if (!has_any(prices_->power) || prices_->gpu_hour) {
      return;
    }
    if (!prices_->kilowatt_hour) {
      leave_out("price of electricity", "kwh_usd");
      return;
    }
    add({.item = Item::electricity,
         .cost = times(prices_->kilowatt_hour, kilowatt_hours(bill_.energy))});
  }

  void name_what_is_absent() {
    if (!prices_->gpu_hour && !has_any(prices_->purchase)) {
      leave_out("rent or price of all parts", "gpu_hour_usd");
    }
    if (!has_any(prices_->power)) {
      leave_out("all energy", "gpu_idle_w");
    }
  }

  void add_co2() {
    if (prices_->co2_grams_per_kilowatt_hour && has_any(prices_->power)) {
      bill_.co2_grams = *prices_->co2_grams_per_kilowatt_hour * kilowatt_hours(bill_.energy);
    }
  }

  const Parts* parts_;
  const Prices* prices_;
  Bill bill_;
};

}  // namespace

Usage usage_of(const Run& run) {
  const Seconds computing = run.step.time * static_cast<double>(run.steps);
  constexpr double tolerance = 1e-6;  // of who adds up the steps in another order
  sim::require(computing <= run.time * (1 + tolerance), "the steps of a run fit into its time");
  const double share = run.time > Seconds{0} ? computing / run.time : 0;
  return {.time = run.time, .busy = run.step.busy * (share < 1 ? share : 1)};
}

Bill bill_for(const Parts& parts, const Prices& prices, const Usage& usage) {
  sim::require(usage.time >= Seconds{0}, "nothing takes less than no time");
  sim::require(usage.busy >= 0 && usage.busy <= 1, "GPUs compute for a share of the time");
  return Writer{parts, prices, usage}.write();
}

}  // namespace planning
