#pragma once
// A collective as a profile says it is done, run on a network.

#include <cstdint>
#include <optional>

#include "calibration/collective_fit.hpp"
#include "collectives/execute.hpp"
#include "collectives/registry.hpp"
#include "topology/topology.hpp"

namespace workloads {

/// The same collective in the words of the schedules, and of profiles; those know no gather, and no
/// scatter.
[[nodiscard]] collectives::Collective collective_of(calibration::Operation operation);
[[nodiscard]] std::optional<calibration::Operation> operation_of(
    collectives::Collective collective);

/// The schedule's algorithm for a method.
[[nodiscard]] const collectives::Algorithm& algorithm_of(calibration::Pattern pattern,
                                                         collectives::Collective collective);

/// The pattern that this algorithm is the schedule of, if any.
[[nodiscard]] std::optional<calibration::Pattern> pattern_of(
    const collectives::Algorithm& algorithm);

/// What the library does where there is nothing to measure: for a single rank, or without bytes.
[[nodiscard]] const collectives::Algorithm& plain_algorithm(collectives::Collective collective);

/// The network that profiles are checked on: servers with their GPUs around one switch each, with
/// cables of the line rate, and a NIC per GPU on a rail of its own. Without latencies: those are in
/// what a message costs.
[[nodiscard]] topology::Topology servers_of(const calibration::NodeKind& node,
                                            const calibration::CollectiveShape& shape);

/// A collective of that size and of `number`s for this group.
[[nodiscard]] calibration::CollectiveShape shape_of(const topology::Topology& topology,
                                                    const collectives::Group& group,
                                                    calibration::Operation operation,
                                                    sim::Bytes bytes, calibration::Number number);

/// A network, and the conditions under which schedules run on it.
struct Conditions {
  topology::Topology network;
  collectives::ExecuteOptions options;
  std::int32_t pieces = 0;  // of a pipelined schedule; 0: its own choice
};

/// `options` with the start and the latencies of messages that `cost` gives, and `topology` with
/// its rate as a limit on what leaves, and reaches, a GPU. What a message takes is reached with
/// what the links on its way take, and is not less than that.
[[nodiscard]] Conditions with_cost(const topology::Topology& topology,
                                   const collectives::Group& group,
                                   const calibration::CollectiveCost& cost,
                                   const calibration::CollectiveShape& shape,
                                   const collectives::ExecuteOptions& options);

/// Seconds of a collective over all GPUs of `topology`: the schedule of its method, under the
/// conditions of `cost`.
[[nodiscard]] double simulate(const topology::Topology& topology,
                              const calibration::CollectiveCost& cost,
                              const calibration::CollectiveShape& shape);

}  // namespace workloads
