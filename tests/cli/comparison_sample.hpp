#pragma once
// A comparison with numbers that are easy to follow, for the tests of what prints it.

#include <vector>

#include "cli/result.hpp"

namespace cli {

/// Two algorithms on a ring of two GPUs, at each of `sizes`: the first at twice the lower bound,
/// the second at 1.25 times. The bound is 2^40 B/s. Only the first link is used.
inline Comparison sample(const std::vector<sim::Bytes>& sizes) {
  Comparison comparison{.collective = "all-reduce",
                        .topology = "ring:2",
                        .summary = "ring of 2 GPUs, 2 links",
                        .ranks = 2,
                        .network = "flow",
                        .routing = "shortest",
                        .seed = 7,
                        .scenario_hash = "0123456789abcdef",
                        .profile = "none: as given",
                        .provenance = "none",
                        .rows = {}};
  // A power of two, so that the numbers are exact: 1 MiB takes 2^-20 s, about 0.95 us.
  constexpr double bound_rate = 1048576.0 * 1048576.0;
  struct Choice {
    const char* name;
    double above;
  };
  for (const sim::Bytes size : sizes) {
    const double bound_s = static_cast<double>(size.count()) / bound_rate;
    for (const Choice& choice : {Choice{"ring", 2}, Choice{"multitree", 1.25}}) {
      const double time_s = bound_s * choice.above;
      const double rate = static_cast<double>(size.count()) / time_s;
      comparison.rows.push_back({.algorithm = choice.name,
                                 .bytes = size,
                                 .time_s = time_s,
                                 .algbw_Bps = rate,
                                 .busbw_Bps = rate,  // 2 (n - 1) / n is 1
                                 .speedup = 2 / choice.above,
                                 .lower_bound_s = bound_s,
                                 .above_bound = choice.above,
                                 .busiest_link = "gpu0 -> gpu1",
                                 .busiest_utilisation = 0.5,
                                 .messages = 4,
                                 .links = {{.from = "gpu0",
                                            .to = "gpu1",
                                            .bandwidth = sim::Bandwidth{std::int64_t{1} << 40},
                                            .bytes = 0.5 * bound_rate * time_s,
                                            .busy_s = time_s,
                                            .utilisation = 0.5},
                                           {.from = "gpu1",
                                            .to = "gpu0",
                                            .bandwidth = sim::Bandwidth{std::int64_t{1} << 40}}}});
    }
  }
  return comparison;
}

}  // namespace cli
