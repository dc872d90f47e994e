#pragma once

#include <functional>

#include "cli/result.hpp"
#include "cli/scenario.hpp"

namespace cli {

/// Runs every algorithm of the scenario at every size.
///
/// `on_row` hears of each finished row: how many there are, of how many.
[[nodiscard]] Comparison compare(const Scenario& scenario,
                                 const std::function<void(std::size_t, std::size_t)>& on_row);

/// What algbw is multiplied with for busbw, as nccl-tests defines it.
[[nodiscard]] double busbw_factor(collectives::Collective collective, std::int32_t ranks);

}  // namespace cli
