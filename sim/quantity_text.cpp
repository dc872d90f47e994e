#include "sim/quantity_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <system_error>

#include <fmt/format.h>

namespace sim {
namespace {

struct Unit {
  std::string_view name;
  double factor;  // to the base unit: bytes, bytes per second, picoseconds
};

constexpr double kibi = 1024.0;

constexpr std::array byte_units{
    Unit{"B", 1},
    Unit{"KB", 1e3},
    Unit{"kB", 1e3},
    Unit{"MB", 1e6},
    Unit{"GB", 1e9},
    Unit{"TB", 1e12},
    Unit{"PB", 1e15},
    Unit{"KiB", kibi},
    Unit{"MiB", kibi* kibi},
    Unit{"GiB", kibi* kibi* kibi},
    Unit{"TiB", kibi* kibi* kibi* kibi},
    Unit{"PiB", kibi* kibi* kibi* kibi* kibi},
};

constexpr std::array bandwidth_units{
    Unit{"B/s", 1},
    Unit{"KB/s", 1e3},
    Unit{"kB/s", 1e3},
    Unit{"MB/s", 1e6},
    Unit{"GB/s", 1e9},
    Unit{"TB/s", 1e12},
    Unit{"KiB/s", kibi},
    Unit{"MiB/s", kibi* kibi},
    Unit{"GiB/s", kibi* kibi* kibi},
    Unit{"TiB/s", kibi* kibi* kibi* kibi},
    Unit{"bps", 1.0 / 8},
    Unit{"kbps", 1e3 / 8},
    Unit{"Kbps", 1e3 / 8},
    Unit{"Mbps", 1e6 / 8},
    Unit{"Gbps", 1e9 / 8},
    Unit{"Tbps", 1e12 / 8},
    Unit{"Gb/s", 1e9 / 8},
    Unit{"Tb/s", 1e12 / 8},
};

constexpr std::array duration_units{
    Unit{"ps", 1}, Unit{"ns", 1e3}, Unit{"us", 1e6}, Unit{"ms", 1e9}, Unit{"s", 1e12},
};

struct Kind {
  std::string_view what;  // "a bandwidth"
  std::string_view hint;
  std::span<const Unit> units;
  double least;
  double most;
  std::string_view least_text;
  std::string_view most_text;
};

constexpr Kind size_kind{"a size",
                         "write a unit: '64 MiB' (2^20 bytes) or '64 MB' (10^6 bytes)",
                         byte_units,
                         0,
                         static_cast<double>(bytes_max.count()),
                         "0 B",
                         "8 PiB"};
constexpr Kind bandwidth_kind{"a bandwidth",
                              "write a unit: '400 Gbps' (bits) or '50 GB/s' (bytes)",
                              bandwidth_units,
                              1,
                              static_cast<double>(bandwidth_max.count()),
                              "1 B/s",
                              "1000 TB/s"};
constexpr Kind duration_kind{"a time", "write a unit: '150 ns', '2 us' or '1 ms'", duration_units,
                             0,        static_cast<double>(duration_max.count()),  "0 ns",
                             "10 s"};

/// The number at the front of `text`; what follows is left in `rest`, without leading spaces.
struct Number {
  std::optional<double> value;
  std::string_view rest;
};

Number leading_number(std::string_view text) {
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (status == std::errc::result_out_of_range) {
    return {std::numeric_limits<double>::infinity(), rest};
  }
  if (status != std::errc{}) {
    return {std::nullopt, rest};
  }
  return {number, rest};
}

/// The quantity in base units, rounded to a whole number of them.
Parsed<std::int64_t> parse_quantity(std::string_view text, const Kind& kind) {
  const auto refuse = [&](std::string_view why, std::string_view hint) {
    return Parsed<std::int64_t>{std::nullopt,
                                fmt::format("expected {}, got '{}'{}", kind.what, text, why),
                                std::string{hint}};
  };
  const Number number = leading_number(text);
  if (!number.value || std::isnan(*number.value)) {
    return refuse("", kind.hint);
  }
  for (const Unit& unit : kind.units) {
    if (unit.name != number.rest) {
      continue;
    }
    const double amount = *number.value * unit.factor;
    if (amount > kind.most) {
      return refuse(fmt::format(": more than {}", kind.most_text), "");
    }
    if (amount < kind.least) {
      return refuse(fmt::format(": less than {}", kind.least_text), "");
    }
    return {std::llround(amount), "", ""};
  }
  return refuse(number.rest.empty() ? ", a number without a unit" : ", an unknown unit", kind.hint);
}

template <class T>
Parsed<T> wrapped(Parsed<std::int64_t> parsed) {
  if (!parsed.value) {
    return {std::nullopt, std::move(parsed.problem), std::move(parsed.hint)};
  }
  return {T{*parsed.value}, "", ""};
}

}  // namespace

Parsed<Bytes> parse_bytes(std::string_view text) {
  return wrapped<Bytes>(parse_quantity(text, size_kind));
}

Parsed<Bandwidth> parse_bandwidth(std::string_view text) {
  return wrapped<Bandwidth>(parse_quantity(text, bandwidth_kind));
}

Parsed<Duration> parse_duration(std::string_view text) {
  return wrapped<Duration>(parse_quantity(text, duration_kind));
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): `end` is the other bound
  const auto [rest, status] = std::from_chars(text.data(), end, number);
  if (status == std::errc::result_out_of_range) {
    return {std::nullopt, fmt::format("expected a whole number, got '{}': too large", text), ""};
  }
  if (status != std::errc{} || rest != end) {
    return {std::nullopt, fmt::format("expected a whole number, got '{}'", text), ""};
  }
  if (digits.size() > 1 && digits.front() == '0') {
    return {std::nullopt, fmt::format("expected a whole number, got '{}'", text),
            "leave out the leading zero: YAML would read it as octal"};
  }
  return {number, "", ""};
}

Parsed<double> parse_number(std::string_view text) {
  const Number number = leading_number(text);
  if (!number.value || !number.rest.empty() || !std::isfinite(*number.value)) {
    return {std::nullopt, fmt::format("expected a finite number, got '{}'", text), ""};
  }
  return {number.value, "", ""};
}

std::string to_text(Bytes size) {
  constexpr std::array binary{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::int64_t count = size.count();
  std::size_t power = 0;
  while (count != 0 && count % 1024 == 0 && power + 1 < binary.size()) {
    count /= 1024;
    ++power;
  }
  constexpr std::int64_t longest = 100'000;  // five digits still read at a glance
  return count < longest ? fmt::format("{} {}", count, binary.at(power))
                         : to_text_si(static_cast<double>(size.count()), "B");
}

std::string to_text_si(double value, std::string_view unit) {
  constexpr std::array prefixes{"p", "n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  constexpr std::ptrdiff_t none = 4;
  if (!(std::abs(value) > 0)) {
    return fmt::format("0 {}", unit);
  }
  // Round to four digits first, so that 999.96 becomes 1.000 k and not 1000.
  const double magnitude = std::floor(std::log10(std::abs(value)) + 0.5e-4);
  const auto power = static_cast<std::ptrdiff_t>(std::floor(magnitude / 3));
  const std::ptrdiff_t index =
      std::clamp<std::ptrdiff_t>(power + none, 0, std::ssize(prefixes) - 1);
  const double scaled = value / std::pow(10.0, 3.0 * static_cast<double>(index - none));
  const int digits =
      std::abs(scaled) >= 999.95
          ? 0
          : 3 - static_cast<int>(std::log10(std::max(std::abs(scaled) + 0.5e-3, 1.0)));
  return fmt::format("{:.{}f} {}{}", scaled, std::max(digits, 0),
                     prefixes.at(static_cast<std::size_t>(index)), unit);
}

std::string to_text(Duration time) {
  return to_text_si(seconds(time), "s");
}

std::string to_text(Bandwidth rate) {
  return to_text_si(static_cast<double>(rate.count()), "B/s");
}

}  // namespace sim
