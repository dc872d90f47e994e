#pragma once
// What a key is called on an axis, and in which unit: its end says so, as in `step_s`, `memory_B`,
// `busbw_Bps`, `tokens_per_s`, `cost_usd`.

#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// A unit as it stands after a number.
struct Unit {
  std::string symbol{};  // "s", "B/s", "tokens/s", "%"; empty for a mere number
  double factor = 1;     // of what is shown to what a row says: 100 for a share in per cent
};

[[nodiscard]] Unit unit_of(std::string_view key);

/// Is it a word, which no prefix is put before: "k tokens/s", but "kB"?
[[nodiscard]] bool is_word(const Unit& unit);

/// "step time" of step_s, "bus bandwidth" of busbw_Bps; without the unit.
[[nodiscard]] std::string name_of_key(std::string_view key);

/// A decimal prefix.
struct Prefix {
  double factor = 1;
  std::string_view letter{};
};

/// The prefix that suits values up to `largest`: at most G for bytes per second, as people say
/// 1800 GB/s, none above 1 for seconds, none at all for per cent.
[[nodiscard]] Prefix prefix_for(double largest, const Unit& unit);

/// "step time (ms)", "GPUs": what an axis is called whose numbers were divided by the prefix.
[[nodiscard]] std::string axis_label(std::string_view key, const Unit& unit, const Prefix& prefix);

/// "12.5 ms", "4 k", "38 %": up to `digits` digits, no zeros at the end, and no words.
[[nodiscard]] std::string short_text(double value, const Unit& unit, int digits = 4);

/// "5.140 s", "12.50 GB": four digits, so that numbers below each other look alike.
[[nodiscard]] std::string four_digits(double value, const Unit& unit);

/// A quantity that was written with its unit, such as an axis of a sweep has.
struct Measure {
  double value = 0;
  std::string_view ending{};  // of a key of that unit: "_B", "_Bps", "_s"
};

/// "100 Gbps", "1 MiB", "500 ns"; nothing for any other text.
[[nodiscard]] std::optional<Measure> measure_of(std::string_view text);

}  // namespace cli
