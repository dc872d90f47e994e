#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace collectives {

/// A set of small numbers, as bits in a row of a table.
using Word = std::uint64_t;
inline constexpr std::size_t word_bits = 64;

inline void insert(std::span<Word> set, std::size_t element) {
  set[element / word_bits] |= Word{1} << (element % word_bits);
}

[[nodiscard]] inline bool contains(std::span<const Word> set, std::size_t element) {
  return (set[element / word_bits] >> (element % word_bits) & 1U) != 0;
}

[[nodiscard]] inline bool is_empty(std::span<const Word> set) {
  return std::ranges::all_of(set, [](Word word) { return word == 0; });
}

[[nodiscard]] inline std::size_t count(std::span<const Word> set) {
  std::size_t sum = 0;
  for (const Word word : set) {
    sum += static_cast<std::size_t>(std::popcount(word));
  }
  return sum;
}

/// Adds the elements of `more`.
inline void merge(std::span<Word> set, std::span<const Word> more) {
  for (std::size_t w = 0; w < set.size(); ++w) {
    set[w] |= more[w];
  }
}

/// Rows of bits, all of one width.
class BitTable {
 public:
  void reset(std::size_t rows, std::size_t bits) {
    width_ = (bits + word_bits - 1) / word_bits;
    words_.assign(rows * width_, 0);
  }
  [[nodiscard]] std::span<Word> row(std::size_t i) {
    return std::span{words_}.subspan(i * width_, width_);
  }

 private:
  std::size_t width_ = 0;
  std::vector<Word> words_;
};

}  // namespace collectives
