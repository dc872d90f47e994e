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

/// What the messages of a collective cost on a network, beyond what its links take.
struct MessageCosts {
  sim::Duration start{};            // before the first one
  sim::Duration message_latency{};  // before each
  sim::Duration far_latency{};      // more for each to another server
  sim::Bandwidth rate;              // the most that leaves, or reaches, a rank
  std::int32_t pieces = 0;          // of a pipelined schedule; 0: it is none
};

/// What the links on the shortest way from the first GPU of a group to one of its server, or of
/// another one, take; the most that there is, if there is none.
struct WayLatency {
  sim::Duration inside{};
  sim::Duration far{};
};
[[nodiscard]] WayLatency way_latency(const topology::Topology& topology,
                                     const collectives::Group& group);

/// So that, links included, a message takes what `cost` says, and not less than its links.
[[nodiscard]] MessageCosts costs_on(const WayLatency& on_links,
                                    const calibration::CollectiveCost& cost,
                                    const calibration::CollectiveShape& shape);

/// A network, and the conditions under which schedules run on it.
struct Conditions {
  topology::Topology network;
  collectives::ExecuteOptions options;
  std::int32_t pieces = 0;  // of a pipelined schedule; 0: its own choice
};

/// `options` and `topology` with what messages cost: with the start and their latencies, and with
/// the rate as a limit on what leaves, and reaches, a GPU.
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
