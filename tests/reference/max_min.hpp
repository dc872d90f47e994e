#pragma once

#include <cstdint>
#include <vector>

namespace reference {

/// Max-min fair rates by the textbook: all flows grow together; the link that fills first freezes
/// its flows; repeat. Scans everything in every round.
///
///   capacity  per link
///   routes    per flow, the links it crosses
std::vector<double> max_min_rates(const std::vector<double>& capacity,
                                  const std::vector<std::vector<std::uint32_t>>& routes);

/// When each flow ends, with rates solved anew from scratch at every start and end. Seconds.
std::vector<double> completion_times(const std::vector<double>& capacity,
                                     const std::vector<std::vector<std::uint32_t>>& routes,
                                     const std::vector<double>& size,
                                     const std::vector<double>& start);

}  // namespace reference
