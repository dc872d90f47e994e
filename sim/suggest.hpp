#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sim {

/// The candidate closest to `word`, or "" if none is within a third of its letters (at least one)
/// of edits: a swapped pair of letters counts as one.
[[nodiscard]] std::string_view closest(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// "did you mean 'torus'?" if something is close, else "choose one of: ring, torus, mesh".
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> candidates);

}  // namespace sim
