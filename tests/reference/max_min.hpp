#pragma once

#include <vector>

#include "sim/fabric.hpp"

namespace reference {

using Route = std::vector<sim::Hop>;

/// Max-min fair rates by the textbook: all flows grow together; the link that fills first freezes
/// its flows; repeat. Scans everything in every round.
///
///   capacity  per link
///   routes    per flow, the links it crosses, and the share of it that crosses each
std::vector<double> max_min_rates(const std::vector<double>& capacity,
                                  const std::vector<Route>& routes);

/// When each flow ends, with rates solved anew from scratch at every start and end. Seconds.
std::vector<double> completion_times(const std::vector<double>& capacity,
                                     const std::vector<Route>& routes,
                                     const std::vector<double>& size,
                                     const std::vector<double>& start);

}  // namespace reference
