#pragma once
// What a comparison of algorithms found, ready to be printed, written and drawn.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/units.hpp"

namespace cli {

/// How a link was used in one run.
struct LinkReport {
  std::string from;  // names of the nodes
  std::string to;
  sim::Bandwidth bandwidth;
  double bytes = 0;
  double busy_s = 0;
  double utilisation = 0;                  // bytes, with headers, / (bandwidth * time), 0 to 1
  std::optional<sim::PortReport> queue{};  // in front of it, on Ethernet
};

/// The queues of one run together.
struct QueueSummary {
  std::int64_t max_bytes = 0;
  std::string deepest;  // the link behind the longest one: "leaf0 -> gpu3"; empty if none was
  double paused_s = 0;  // over all links
  std::int64_t pauses = 0;
  std::int64_t marked = 0;  // packets
  std::int64_t dropped = 0;
};

/// One algorithm at one size.
struct Row {
  std::string algorithm;
  std::string method{};  // by which messages went, with a profile: "ring ll128"
  sim::Bytes bytes;
  double time_s = 0;
  double quiet_s = 0;        // until the network is quiet too: credits that return included
  double algbw_Bps = 0;      // S / time
  double busbw_Bps = 0;      // algbw times the factor of nccl-tests
  double speedup = 0;        // over the first algorithm at this size
  double lower_bound_s = 0;  // no algorithm can be faster
  double above_bound = 0;    // time / lower bound
  std::string busiest_link;  // "gpu0 -> gpu1"; empty if nothing moved
  double busiest_utilisation = 0;
  std::int64_t messages = 0;
  std::optional<QueueSummary> queues{};  // on Ethernet
  std::vector<double> steps_s{};         // see collectives::Execution
  // In the order of the topology's links; then, if that limits injection, what each GPU sends
  // ("gpu0 -> injection") and receives ("injection -> gpu0") over all its links.
  std::vector<LinkReport> links;
};

/// Everything that was asked, and what came out.
struct Comparison {
  std::string collective;  // "all-reduce"
  std::string topology;    // "torus:8x8", or the file
  std::string summary;     // "torus of 64 GPUs, 256 links"
  std::int32_t ranks = 0;
  std::string network;  // "flow"
  std::string routing;  // "dimension-order"
  std::uint64_t seed = 0;
  std::string scenario_hash;  // 16 hex digits
  std::string profile;        // where costs come from: "none (latencies and bandwidths as given)"
  std::string provenance;     // "datasheet", "measured", ... or "none"
  std::vector<Row> rows;      // by size, then in the order of the algorithms asked for
};

}  // namespace cli
