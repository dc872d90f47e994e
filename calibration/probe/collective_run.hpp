#pragma once
// Measuring collectives: in this process, and in children of their own.
//
// NCCL reads NCCL_ALGO and NCCL_PROTO once, and what they force may not work on a machine. So each
// variant has a process: this program again, with those variables set, appending to the same file.
// What goes wrong in it, a crash or a wait without end, ends with it.

#include <string>
#include <vector>

#include "calibration/probe/nccl_library.hpp"
#include "calibration/probe/plan.hpp"
#include "calibration/probe/program_options.hpp"
#include "calibration/probe/run.hpp"
#include "calibration/probe/world.hpp"

namespace probe {

/// "auto", or what the environment forces: NCCL_ALGO=Ring and NCCL_PROTO=LL are "ring_ll".
[[nodiscard]] std::string variant_of_environment();

/// The environment that forces a variant, as "NAME=value": nothing for "auto".
[[nodiscard]] std::vector<std::string> environment_of(const std::string& variant);

/// Measures the points of one variant in this process and those started with it.
[[nodiscard]] Outcome run_collectives(const World& world, const Gpu& gpu, const NcclLibrary& nccl,
                                      const Group& group, const GroupRules& rules,
                                      const RunTools& tools);

/// Starts a child for each variant of the group, one after another, and waits for it; one that
/// takes a minute longer than its time is killed. What the children measured they tell themselves.
[[nodiscard]] Outcome run_collective_children(const Group& group, const GroupRules& rules,
                                              const ProgramOptions& options, const RunTools& tools);

}  // namespace probe
