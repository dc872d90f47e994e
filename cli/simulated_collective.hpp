#pragma once
// A collective as a profile says it is done, run on a network.

#include <cstdint>
#include <optional>

#include "calibration/collective_fit.hpp"
#include "collectives/execute.hpp"
#include "collectives/registry.hpp"
#include "topology/topology.hpp"

namespace cli {

/// The same collective in the words of the schedules, and of profiles; those know no gather, and no
/// scatter.
[[nodiscard]] collectives::Collective collective_of(calibration::Operation operation);
[[nodiscard]] std::optional<calibration::Operation> operation_of(
    collectives::Collective collective);

/// The schedule's algorithm for a method.
[[nodiscard]] const collectives::Algorithm& algorithm_of(calibration::Pattern pattern,
                                                         collectives::Collective collective);

/// GPUs around one switch, each with a cable of the server's line rate: what `profile`s of one
/// server are checked on. Latencies are in what a message costs, not in the cables.
[[nodiscard]] topology::Topology server_of(const calibration::NodeKind& node, std::int32_t gpus);

/// Seconds of a collective over all GPUs of `topology`: the schedule of its method, with the
/// start, the latency per message and the rate that `cost` gives.
[[nodiscard]] double simulate(topology::Topology topology, const calibration::CollectiveCost& cost,
                              const calibration::CollectiveShape& shape);

}  // namespace cli
