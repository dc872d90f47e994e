#include "sim/suggest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sim {
namespace {

// Optimal string alignment distance: insert, delete, substitute, swap two neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> table((a.size() + 1) * width);
  const auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return table[(i * width) + j];
  };
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cell(i, j) = i + j;
        continue;
      }
      const std::size_t substitute = cell(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      cell(i, j) = std::min({cell(i - 1, j) + 1, cell(i, j - 1) + 1, substitute});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cell(i, j) = std::min(cell(i, j), cell(i - 2, j - 2) + 1);
      }
    }
  }
  return table.back();
}

}  // namespace

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t longest_compared = 64;  // a longer word is not a misspelling of ours
  if (word.size() > longest_compared) {
    return {};
  }
  const std::size_t furthest = std::max<std::size_t>(1, word.size() / 3);
  const auto best = std::ranges::min_element(
      candidates, {}, [&](std::string_view candidate) { return edit_distance(word, candidate); });
  return best != candidates.end() && edit_distance(word, *best) <= furthest ? *best
                                                                            : std::string_view{};
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view meant = closest(word, candidates);
  return meant.empty() ? fmt::format("choose one of: {}", fmt::join(candidates, ", "))
                       : fmt::format("did you mean '{}'?", meant);
}

}  // namespace sim
