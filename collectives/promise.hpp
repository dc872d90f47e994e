#pragma once

#include <optional>
#include <string>

#include "collectives/schedule.hpp"

namespace collectives {

/// Has `rank` a contribution to `chunk` before anything moves?
[[nodiscard]] bool holds_at_start(const Schedule& schedule, std::int32_t chunk, Rank rank);

/// What a rank must hold of a chunk when the collective is over.
struct Promise {
  enum class Kind : std::uint8_t { nothing, sum, copy };
  Kind kind = Kind::nothing;  // a sum is one of every rank's contribution
  Rank from{};                // of a copy: whose contribution
};
[[nodiscard]] Promise promised(const Schedule& schedule, std::int32_t chunk, Rank rank);

/// What is wrong with how the data is cut and handed out, if anything: the chunks must be all of
/// the data, once, and every rank's block must have as many as any other's.
[[nodiscard]] std::optional<std::string> layout_problem(const Schedule& schedule);

}  // namespace collectives
