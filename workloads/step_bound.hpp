#pragma once
// A time that a training step cannot be faster than, worked out much faster than the step.
//
// One pipeline alone, one rank of each stage, each waiting for nobody but its neighbours. Kernels
// take what they take; a collective inside a server takes what it takes alone, one over several
// servers what its bytes take into a rank, or into its server, at least; messages what they cost
// without a link.
//
// Ranks do what they do in an order that never changes, and go on when the last of what they wait
// for is over: whatever takes less, or is not waited for, can only make all that follows earlier.
// So it is a bound, as long as nothing takes less than is said here.

#include "workloads/training_step.hpp"

namespace workloads {

struct StepBound {
  sim::Duration time{};
  double busy_s =
      0;  // what a GPU computes, as the mean over stages: that is no bound, but as it is
};

/// Throws sim::Error like run_step.
[[nodiscard]] StepBound step_lower_bound(const Training& training, StepCosts& costs);

}  // namespace workloads
