#pragma once
// Quantities as people write them ("16 GB/s", "150ns", "32KiB") and as they like to read them.
//
// G is 10^9 and Gi is 2^30, everywhere; `bps` counts bits and `B/s` counts bytes. A number without
// a unit is refused: 400 could be Gb/s or GB/s.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/units.hpp"

namespace sim {

/// A value, or why the text is none.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string problem;  // "expected a size, got '12 GX'"; empty when there is a value
  std::string hint;     // the likely fix; may be empty
};

/// "32KiB", "1.5 GB", "0 B": 0 to `bytes_max`, a whole number of bytes.
[[nodiscard]] Parsed<Bytes> parse_bytes(std::string_view text);

/// "400 Gbps" (bits), "50GB/s" (bytes): 1 B/s to `bandwidth_max`.
[[nodiscard]] Parsed<Bandwidth> parse_bandwidth(std::string_view text);

/// "150ns", "1.5 us": 0 to `duration_max`.
[[nodiscard]] Parsed<Duration> parse_duration(std::string_view text);

/// A whole number in decimal, without sign tricks or octal: "8", "-1", not "010", not "8.0".
[[nodiscard]] Parsed<std::int64_t> parse_integer(std::string_view text);

/// A finite number: "0.5", "1e-3"; not "nan", not "inf".
[[nodiscard]] Parsed<double> parse_number(std::string_view text);

/// "64 MiB" where a binary unit fits exactly, else "1000 B" or "1.234 MB".
[[nodiscard]] std::string to_text(Bytes size);

/// Four significant digits with a unit that suits: "1.049 ms", "12.50 GB/s".
[[nodiscard]] std::string to_text(Duration time);
[[nodiscard]] std::string to_text(Bandwidth rate);

/// Four significant digits and a decimal prefix before `unit`: (2.5e9, "B/s") is "2.500 GB/s".
[[nodiscard]] std::string to_text_si(double value, std::string_view unit);

}  // namespace sim
