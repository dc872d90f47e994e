#pragma once

#include <optional>
#include <string>

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

/// Hierarchical all-reduce in blocks of g ranks (the topology's innermost partition: servers,
/// leaves, groups), m of them: a direct reduce-scatter inside each block, a ring all-reduce of
/// every g-th part among the ranks with the same place in their blocks, a direct all-gather inside.
///
///   time   2 (g - 1) / g S / B_in + 2 (m - 1) / m S / (g B_out), and 2 m alpha_out
///
/// The parts go on inside as they come from outside.
[[nodiscard]] Schedule hierarchical_all_reduce(const Request& request);

[[nodiscard]] std::optional<std::string> hierarchical_misfit(const topology::Topology& topology,
                                                             const Group& group);

}  // namespace collectives
