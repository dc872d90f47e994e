#pragma once

#include <optional>
#include <string>

#include "collectives/request.hpp"
#include "collectives/schedule.hpp"

namespace collectives {

/// Recursive halving and doubling all-reduce (Thakur, Rabenseifner and Gropp, "Optimization of
/// collective communication operations in MPICH", IJHPCA 19(1), 2005), nearest partner first: in
/// step s of the reduce-scatter rank r exchanges S / 2^(s+1) with rank r xor 2^s; the all-gather
/// runs the same steps backwards.
///
///   time   2 log2 n alpha + 2 (n - 1) / n S / B without contention
///
/// Any number of ranks: with 2^k < n < 2^(k+1), the first n - 2^k even ranks hand their data to the
/// odd rank next to them and get the sum from it at the end.
[[nodiscard]] Schedule halving_doubling_all_reduce(const Request& request);

/// The two phases alone, for powers of two.
[[nodiscard]] Schedule halving_reduce_scatter(const Request& request);
[[nodiscard]] Schedule doubling_all_gather(const Request& request);
[[nodiscard]] std::optional<std::string> power_of_two_misfit(const topology::Topology& topology,
                                                             const Group& group);

/// Halving-doubling with the rank mapping of EFLOPS (Dong et al., HPCA 2020) for BiGraph: every
/// exchange of every step joins an upper and a lower switch, and no two of one step join the same
/// pair. The mapping is for M GPUs on each of N switches, both powers of two, M <= N / 2.
[[nodiscard]] Schedule hdrm_all_reduce(const Request& request);
[[nodiscard]] std::optional<std::string> hdrm_misfit(const topology::Topology& topology,
                                                     const Group& group);

/// The GPU (position in the group) of each rank of the EFLOPS mapping.
[[nodiscard]] std::vector<std::int32_t> hdrm_positions(std::int32_t gpus_per_switch,
                                                       std::int32_t switches);

}  // namespace collectives
