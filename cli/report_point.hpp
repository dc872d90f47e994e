#pragma once
// One point of a sweep, run again for what results do not keep: links, and the timeline.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/link_classes.hpp"
#include "cli/report_timeline.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_results.hpp"
#include "topology/topology.hpp"

namespace cli {

struct PointReport {
  std::size_t point = 0;
  std::string scenario;              // as a YAML file
  std::string hash;                  // of all that it reads
  std::vector<std::string> sources;  // where its costs come from, a line each
  std::string text;                  // tables of at most 80 columns: the step, or the collective
  topology::Topology topology;
  LinkLoad load;
  std::int64_t gpus = 0;              // that take part
  std::int64_t gpus_run = 0;          // of these; they stand for all
  nlohmann::ordered_json timeline{};  // null: it is no training step
};

struct PointChoice {
  std::int32_t stages = 4;  // of a pipeline, in the timeline
  std::optional<TimeWindow> window{};
};

/// The fastest usable point; of collectives, of those with the most bytes. Nothing if none is
/// usable.
[[nodiscard]] std::optional<std::size_t> best_point(const SweepRows& rows);

/// Runs a point as the sweep did, on a small network with all replicas. `row` is its result.
///
/// Throws sim::Error if it cannot be run; sim::Failure if the scenario, or what it reads, is not
/// what it was in the sweep, or if something else comes out.
[[nodiscard]] PointReport run_for_report(const Sweep& sweep, std::size_t point,
                                         const nlohmann::ordered_json& row,
                                         const PointChoice& choice);

}  // namespace cli
