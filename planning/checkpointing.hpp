#pragma once
// How often to save, and what failures cost, in closed form.
//
// Failures come at random, M apart on average, at any time and whatever the job does: a Poisson
// process. In what follows, tau is the work between two checkpoints, delta how long training stands
// still for one, D how long a failure goes unnoticed and R what a restart takes.
//
// How long does it take to get a segment done, that is tau of work and the delta that saves it,
// L = tau + delta in all, if whatever fails before its end undoes it?
//
//   The job is down, from a failure until it trains again, for X on average. First it waits for D;
//   what fails meanwhile is found with the rest. Then it restarts, which takes R if nothing fails
//   in it: that has the probability p = exp(-R / M). By its end or by a failure, whichever is
//   first, M (1 - p) have passed on average; and after a failure all begins anew, unnoticed. So
//     X = D + M (1 - p) + (1 - p) X,   which gives   X = (M + D) exp(R / M) - M.
//   In the same way, with q = exp(-L / M), the segment takes
//     E = M (1 - q) + (1 - q) (X + E),   so   E = (M + X) (1 / q - 1)
//                                               = (M + D) exp(R / M) (exp(L / M) - 1).
//
// With D = 0 that is Daly's. By hand: M = 100, D = 10, R = 20, tau = 45 and delta = 5 give
// 110 x 1.221403 x 0.648721 = 87.16 for 45 of work: a goodput of 0.516.

#include "planning/seconds.hpp"

namespace planning {

/// What failures do to a job. All are at least 0, `between` is above 0, and infinite if nothing
/// fails.
struct Interruptions {
  Seconds between{};    // M: from one failure to the next, on average
  Seconds detection{};  // D
  Seconds restart{};    // R
};

/// sqrt(2 delta M): loses least as long as delta is far below that. Infinite, as Daly's, if nothing
/// fails. From J. W. Young, "A first order approximation to the optimum checkpoint interval", CACM
/// 17(9), 1974.
[[nodiscard]] Seconds young_interval(Seconds stall, Seconds between_failures);

/// With x = delta / 2M: sqrt(2 delta M) (1 + sqrt(x) / 3 + x / 9) - delta; M from delta = 2M on.
/// From J. T. Daly, "A higher order estimate of the optimum checkpoint interval for restart dumps",
/// Future Generation Computer Systems 22(3), 2006.
[[nodiscard]] Seconds daly_interval(Seconds stall, Seconds between_failures);

/// Daly's complete model: M exp(R / M) (exp((tau + delta) / M) - 1) T / tau, for T of work. It has
/// no detection, and takes any number of segments, whole or not. Requires an `interval` above 0.
[[nodiscard]] Seconds daly_duration(Seconds work, Seconds interval, Seconds stall,
                                    const Interruptions& interruptions);

/// The mean duration of a run that saves after every `interval` and at its end, as derived above: a
/// sum over its segments, of which the last one may be shorter. Exact if checkpoints block training
/// and there is always a server to go on with.
[[nodiscard]] Seconds expected_duration(Seconds work, Seconds interval, Seconds stall,
                                        const Interruptions& interruptions);

/// Useful work by duration, to the first order: 1 - delta / tau - (tau / 2 + D + R) / M. A failure
/// undoes half an interval on average. Good while each of the terms is small; never below 0.
[[nodiscard]] double first_order_goodput(Seconds interval, Seconds stall,
                                         const Interruptions& interruptions);

}  // namespace planning
