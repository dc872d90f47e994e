#pragma once
// Raw flows on raw links, in the JSON form of published max-min test cases:
//
//     { "cases": [ { "name": "parking_lot",
//         "edges": [ {"id": 0, "capacity_Bps": 1.25e9, "latency_s": 0} ],       directed
//         "flows": [ {"id": 0, "size_bytes": 1000, "start_s": 0.0, "route": [0]} ] } ] }
//
// Latencies may be left out, or stand once per case. Other keys of a case or of the document are
// kept as they are; of an edge or a flow they are refused.

#include <nlohmann/json_fwd.hpp>

#include "cli/json_input.hpp"
#include "sim/network.hpp"

namespace cli {

/// Runs every case of `document`, which was read from `source`, on a network model and returns it
/// with `completion_s`, `makespan_s` and `initial_rates_Bps` of each case set to what was found;
/// packets have no rates. How large packets are, `payload_bytes` and `wire_overhead_bytes` of the
/// document say.
///
/// Throws sim::Error naming the file, the case and the key for anything that is missing or wrong.
[[nodiscard]] nlohmann::ordered_json run_flow_cases(const JsonSource& source,
                                                    nlohmann::ordered_json document,
                                                    sim::NetworkModel model);

}  // namespace cli
