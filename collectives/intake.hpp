#pragma once

#include <vector>

#include "collectives/schedule.hpp"

namespace collectives {

/// Lets a rank take in what several transfers bring one after the other, in the order in which they
/// are noted: message k of one after message k of the one before. The last one then stands for all.
///
/// Sums get a fixed order, and whatever waits for all of n arrivals needs one condition, not n: a
/// star over 1,024 ranks would have 10^9 of them.
class Intake {
 public:
  /// The condition that the next transfer to be noted must have.
  [[nodiscard]] std::vector<After> before_next() const {
    return last_.empty() ? last_ : std::vector{After{last_.front().transfer, 0, Side::receive}};
  }

  void note(TransferId id) { last_.assign(1, {id, 0}); }

  /// The condition under which message k of everything noted is in; none if nothing was.
  [[nodiscard]] const std::vector<After>& all() const { return last_; }

 private:
  std::vector<After> last_;  // one at most
};

}  // namespace collectives
