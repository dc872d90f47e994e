#pragma once
// MultiTree: one spanning tree per rank, all built together, level by level, over links that no two
// trees use in the same time step (Huang et al., "Communication algorithm-architecture co-design
// for distributed deep learning", ISCA 2021).
//
// The data is cut in one chunk per rank; chunk r belongs to the tree rooted at rank r. Trees grow
// from the root on (the order of the all-gather): in each time step every link of a fresh copy of
// the network can be taken once, and a tree takes the links of a shortest free way from a member to
// a rank it lacks. The all-gather sends chunk r down tree r, step by step; the reduce-scatter is
// the same backwards. With T steps it takes 2 T (S / (n B)) and some latencies: T is at least n (n
// - 1) / links, and the construction comes close (17 against 16 on an 8 x 8 torus).

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

[[nodiscard]] Schedule multitree_all_reduce(const Request& request);
[[nodiscard]] Schedule multitree_reduce_scatter(const Request& request);
[[nodiscard]] Schedule multitree_all_gather(const Request& request);

}  // namespace collectives
