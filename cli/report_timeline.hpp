#pragma once
// The timeline of a training step for a page: all of it, and a part of it in full detail.

#include <cstddef>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "sim/units.hpp"
#include "workloads/training_step.hpp"

namespace cli {

/// A part of a step.
struct TimeWindow {
  sim::Duration begin{};
  sim::Duration end{};
};

/// How many bars a page may have in a window, and as many besides.
inline constexpr std::size_t bars_most = 5000;

/// What the recorded ranks did, as bars in rows. Bars that begin in the window are as they were.
/// Others are drawn together with what follows closely, until there are few enough of them; so is
/// memory. Without a window, it is everything, or else the middle of the step, up to `most` bars.
///
/// Times are in nanoseconds. A row's `bars` are four numbers each: how long after the beginning of
/// the bar before, for how long, what (an index of `names`), and of how many.
[[nodiscard]] nlohmann::ordered_json timeline_json(const workloads::Timeline& timeline,
                                                   sim::Duration step,
                                                   const std::optional<TimeWindow>& window,
                                                   std::size_t most);

}  // namespace cli
