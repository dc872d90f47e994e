#include "cli/chart_units.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"
#include "sim/units.hpp"

namespace cli {
namespace {

struct Ending {
  std::string_view ending;
  std::string_view symbol;
  double factor;
};

// The first one that fits counts.
constexpr std::array endings{
    Ending{"_flop_per_s", "FLOP/s", 1},
    Ending{"_Bps", "B/s", 1},
    Ending{"_s", "s", 1},
    Ending{"_B", "B", 1},
    Ending{"_usd", "USD", 1},
    Ending{"_W", "W", 1},
    Ending{"_J", "J", 1},
    Ending{"_Wh", "Wh", 1},
    Ending{"_kWh", "Wh", 1e3},
    Ending{"_MWh", "Wh", 1e6},
    Ending{"_h", "h", 1},
    Ending{"_days", "days", 1},
    Ending{"goodput", "%", 100},
    Ending{"utilisation", "%", 100},
    Ending{"bytes", "B", 1},
    Ending{"mfu", "%", 100},
    Ending{"hfu", "%", 100},
};

struct Name {
  std::string_view key;
  std::string_view name;
};

constexpr std::array names{
    Name{"step_s", "step time"},
    Name{"time_s", "time"},
    Name{"busbw_Bps", "bus bandwidth"},
    Name{"algbw_Bps", "algorithm bandwidth"},
    Name{"tokens_per_s", "throughput"},
    Name{"cluster_flop_per_s", "compute rate"},
    Name{"mfu", "MFU"},
    Name{"hfu", "HFU"},
    Name{"gpus", "GPUs"},
    Name{"bytes", "size"},
    Name{"memory_B", "memory per GPU"},
    Name{"gpu_memory_B", "memory of a GPU"},
    Name{"step_usd", "cost of a step"},
    Name{"step_kWh", "energy of a step"},
    Name{"run_days", "time of the run"},
    Name{"run_usd", "cost of the run"},
    Name{"run_MWh", "energy of the run"},
};

constexpr std::string_view rate_ending = "_per_s";

const Ending* ending_of(std::string_view key) {
  const auto* const found =
      std::ranges::find_if(endings, [&](const Ending& each) { return key.ends_with(each.ending); });
  return found == endings.end() ? nullptr : found;
}

/// What stands before "_per_s": "tokens".
std::string_view rated(std::string_view key) {
  return key.substr(0, key.size() - rate_ending.size());
}

bool is_rate(std::string_view key) {
  return key.ends_with(rate_ending) && !key.ends_with("_flop_per_s");
}

constexpr std::array prefixes{
    Prefix{1e15, "P"}, Prefix{1e12, "T"}, Prefix{1e9, "G"},  Prefix{1e6, "M"},  Prefix{1e3, "k"},
    Prefix{1, ""},     Prefix{1e-3, "m"}, Prefix{1e-6, "u"}, Prefix{1e-9, "n"}, Prefix{1e-12, "p"},
};

}  // namespace

bool is_word(const Unit& unit) {
  return unit.symbol.ends_with("/s") && unit.symbol != "B/s" && unit.symbol != "FLOP/s";
}

Unit unit_of(std::string_view key) {
  if (is_rate(key)) {
    return {.symbol = fmt::format("{}/s", rated(key))};
  }
  const Ending* const ending = ending_of(key);
  return ending == nullptr ? Unit{}
                           : Unit{.symbol = std::string{ending->symbol}, .factor = ending->factor};
}

std::string name_of_key(std::string_view key) {
  const auto* const known = std::ranges::find(names, key, &Name::key);
  if (known != names.end()) {
    return std::string{known->name};
  }
  // The key of a scenario is called what the user called it.
  if (key.find('.') != std::string_view::npos) {
    return std::string{key};
  }
  if (is_rate(key)) {
    key = rated(key);
  } else if (const Ending* const ending = ending_of(key);
             ending != nullptr && ending->ending.starts_with('_')) {
    key.remove_suffix(ending->ending.size());
  }
  std::string name{key};
  std::ranges::replace(name, '_', ' ');
  return name;
}

Prefix prefix_for(double largest, const Unit& unit) {
  if (unit.symbol == "%" || unit.symbol == "days" || unit.symbol == "h") {
    return {};
  }
  double most = unit.symbol == "B/s" ? 1e9 : 1e15;
  most = unit.symbol == "s" ? 1 : most;
  const double least = unit.symbol.empty() ? 1 : 1e-12;
  const auto* const fits = std::ranges::find_if(prefixes, [&](const Prefix& prefix) {
    return prefix.factor <= most && (largest >= prefix.factor || prefix.factor <= least);
  });
  return largest > 0 && fits != prefixes.end() ? *fits : Prefix{};
}

std::string axis_label(std::string_view key, const Unit& unit, const Prefix& prefix) {
  const std::string scaled = fmt::format(
      "{}{}{}", prefix.letter, is_word(unit) && !prefix.letter.empty() ? " " : "", unit.symbol);
  return scaled.empty() ? name_of_key(key) : fmt::format("{} ({})", name_of_key(key), scaled);
}

std::string short_text(double value, const Unit& unit, int digits) {
  const Prefix prefix = prefix_for(std::abs(value), unit);
  const double scaled_value = value / prefix.factor;
  const bool is_long = std::abs(scaled_value) >= std::pow(10.0, digits);
  const std::string number =
      is_long ? fmt::format("{:.0f}", scaled_value) : fmt::format("{:.{}g}", scaled_value, digits);
  const std::string scaled = fmt::format("{}{}", prefix.letter, is_word(unit) ? "" : unit.symbol);
  return scaled.empty() ? number : fmt::format("{} {}", number, scaled);
}

std::string four_digits(double value, const Unit& unit) {
  if (unit.symbol == "%" || is_word(unit)) {
    return short_text(value, unit);
  }
  return sim::to_text_si(value, unit.symbol);
}

std::optional<Measure> measure_of(std::string_view text) {
  if (const auto size = sim::parse_bytes(text); size.value) {
    return Measure{static_cast<double>(size.value->count()), "_B"};
  }
  if (const auto rate = sim::parse_bandwidth(text); rate.value) {
    return Measure{static_cast<double>(rate.value->count()), "_Bps"};
  }
  if (const auto time = sim::parse_duration(text); time.value) {
    return Measure{sim::seconds(*time.value), "_s"};
  }
  return std::nullopt;
}

}  // namespace cli
