#include "calibration/probe/time_shares.hpp"

#include <algorithm>

namespace probe {

TimeShares::TimeShares(Seconds now, Seconds budget, const std::vector<Group>& plan)
    : end_{now + budget},
      expected_left_{expected_seconds(plan)},
      scale_{expected_left_ > budget ? budget / expected_left_ : 1.0} {}

Seconds TimeShares::deadline_of(const Group& group, Seconds now) {
  const Seconds expected = expected_seconds(group);
  const double share = expected < expected_left_ ? expected / expected_left_ : 1.0;
  expected_left_ -= expected;
  return now + (std::max(end_ - now, Seconds{0}) * share);
}

}  // namespace probe
