#include "cli/result_json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "cli/json_document.hpp"
#include "sim/contract.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no word for infinity; the library would write null.
double finite(double value) {
  sim::require(std::isfinite(value), "to_json: finite numbers");
  return value;
}

Json queue_json(const sim::PortReport& queue) {
  Json out = {{"max_bytes", queue.max_queue},
              {"mean_bytes", finite(queue.mean_queue)},
              {"paused_s", sim::seconds(queue.paused)},
              {"pauses", queue.pauses},
              {"marked", queue.marked},
              {"dropped", queue.dropped}};
  if (!queue.intervals.empty()) {
    Json& max_bytes = out["max_bytes_by_interval"] = Json::array();
    Json& paused_s = out["paused_s_by_interval"] = Json::array();
    for (const sim::PortReport::Interval& interval : queue.intervals) {
      max_bytes.push_back(interval.max_queue);
      paused_s.push_back(sim::seconds(interval.paused));
    }
  }
  return out;
}

Json link_json(const LinkReport& link) {
  Json out = {{"from", link.from},
              {"to", link.to},
              {"bandwidth_Bps", link.bandwidth.count()},
              {"bytes", finite(link.bytes)},
              {"busy_s", finite(link.busy_s)},
              {"utilisation", finite(link.utilisation)}};
  if (link.queue) {
    out["queue"] = queue_json(*link.queue);
  }
  return out;
}

Json row_json(const Row& row, Links links) {
  Json out = {{"algorithm", row.algorithm},
              {"bytes", row.bytes.count()},
              {"time_s", finite(row.time_s)},
              {"quiet_s", finite(row.quiet_s)},
              {"algbw_Bps", finite(row.algbw_Bps)},
              {"busbw_Bps", finite(row.busbw_Bps)},
              {"speedup", finite(row.speedup)},
              {"lower_bound_s", finite(row.lower_bound_s)},
              {"above_lower_bound", finite(row.above_bound)},
              {"busiest_link", row.busiest_link},
              {"busiest_utilisation", finite(row.busiest_utilisation)},
              {"messages", row.messages}};
  if (!row.method.empty()) {
    out["method"] = row.method;
  }
  if (row.queues) {
    out["queues"] = {{"max_bytes", row.queues->max_bytes}, {"deepest", row.queues->deepest},
                     {"paused_s", row.queues->paused_s},   {"pauses", row.queues->pauses},
                     {"marked", row.queues->marked},       {"dropped", row.queues->dropped}};
  }
  if (!row.steps_s.empty()) {
    out["steps_s"] = row.steps_s;
  }
  if (links == Links::listed) {
    Json& list = out["links"] = Json::array();
    for (const LinkReport& link : row.links) {
      list.push_back(link_json(link));
    }
  }
  return out;
}

}  // namespace

std::string to_json(const Comparison& comparison, Links links) {
  Json out = {{"seed", comparison.seed},
              {"scenario_hash", comparison.scenario_hash},
              {"profile", {{"name", comparison.profile}, {"provenance", comparison.provenance}}},
              {"collective", comparison.collective},
              {"topology", comparison.topology},
              {"summary", comparison.summary},
              {"ranks", comparison.ranks},
              {"network", comparison.network},
              {"routing", comparison.routing}};
  Json& results = out["results"] = Json::array();
  for (const Row& row : comparison.rows) {
    results.push_back(row_json(row, links));
  }
  return json_document(out);
}

}  // namespace cli
