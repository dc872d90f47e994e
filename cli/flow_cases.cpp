#include "cli/flow_cases.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/fabric.hpp"
#include "sim/raw_flows.hpp"

namespace cli {
namespace {

// An unknown key of an edge or a flow is a slip; those of a case, or of the whole, are comments.
constexpr std::array<std::string_view, 3> edge_keys{"id", "capacity_Bps", "latency_s"};
constexpr std::array<std::string_view, 4> flow_keys{"id", "size_bytes", "start_s", "route"};

sim::Duration picoseconds(double seconds) {
  return sim::Duration{static_cast<std::int64_t>(std::llround(seconds * 1e12))};
}

/// What the document says of packets. Each flow is a source of its own.
sim::PacketOptions read_packets(const JsonPlace& document) {
  sim::PacketOptions packet{.pacing = sim::Pacing::line_rate};
  const auto size = [&](std::string_view key, sim::Bytes least, sim::Bytes otherwise) {
    if (!document.has(key)) {
      return otherwise;
    }
    const std::int64_t bytes = document.at(key).integer();
    const sim::Bytes most{sim::packet_max.count() / 2};
    if (bytes < least.count() || bytes > most.count()) {
      document.at(key).fail(fmt::format("expected a number of bytes from {} to {}, got {}",
                                        least.count(), most.count(), bytes));
    }
    return sim::Bytes{bytes};
  };
  packet.payload = size("payload_bytes", sim::Bytes{1}, packet.payload);
  packet.overhead = size("wire_overhead_bytes", sim::Bytes{0}, packet.overhead);
  return packet;
}

/// One case: the network and its flows.
class FlowCase {
 public:
  explicit FlowCase(const JsonPlace& place) {
    read_edges(place);
    const JsonPlace flows = place.at("flows");
    for (std::size_t i = 0; i < flows.size(); ++i) {
      read_flow(flows.at(i));
    }
  }

  [[nodiscard]] sim::RawFlowResult run(const sim::NetworkOptions& network) const {
    return sim::simulate_flows(fabric_, flows_, network);
  }

 private:
  static constexpr double seconds_max = 1e6;

  static double seconds_or(const JsonPlace& place, std::string_view key, double otherwise) {
    return place.has(key) ? place.at(key).number(0, seconds_max) : otherwise;
  }

  void read_edges(const JsonPlace& place) {
    const double shared = seconds_or(place, "latency_s", 0);
    const JsonPlace edges = place.at("edges");
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const JsonPlace edge = edges.at(i);
      const std::int64_t id = edge.at("id").integer();
      edge.expect_keys(edge_keys);
      const double capacity = edge.at("capacity_Bps").number(1, 1e15);
      constexpr double exact_below = 1e6;  // above, a fraction of a byte is rounding
      if (capacity < exact_below && std::floor(capacity) < capacity) {
        edge.at("capacity_Bps")
            .fail(fmt::format("expected a whole number of bytes per second, got {}", capacity));
      }
      if (!numbers_.try_emplace(id, numbers_.size()).second) {
        edge.at("id").fail(fmt::format("edge {} is given twice", id));
      }
      fabric_.add_link(sim::Bandwidth{std::llround(capacity)},
                       picoseconds(seconds_or(edge, "latency_s", shared)));
    }
  }

  void read_flow(const JsonPlace& flow) {
    const double size =
        flow.at("size_bytes").number(0, static_cast<double>(sim::bytes_max.count()));
    if (std::floor(size) < size) {
      flow.at("size_bytes").fail(fmt::format("expected a whole number of bytes, got {}", size));
    }
    const double start = seconds_or(flow, "start_s", 0);
    flow.expect_keys(flow_keys);
    const JsonPlace route = flow.at("route");
    std::vector<sim::Hop> hops;
    sim::Duration latency{};
    for (std::size_t i = 0; i < route.size(); ++i) {
      const JsonPlace hop = route.at(i);
      const std::int64_t id = hop.integer();
      const auto found = numbers_.find(id);
      if (found == numbers_.end()) {
        hop.fail(fmt::format("there is no edge {}", id));
      }
      const auto link = static_cast<std::uint32_t>(found->second);
      if (std::ranges::find(hops, link, &sim::Hop::link) != hops.end()) {
        hop.fail(fmt::format("edge {} stands twice in the route", id));
      }
      hops.push_back({link, 1.0});
      latency += fabric_.link_latency(link);
    }
    if (hops.empty()) {
      route.fail("expected at least one edge");
    }
    fabric_.add_lane(hops, latency);
    flows_.push_back({sim::Bytes{std::llround(size)}, sim::Instant{picoseconds(start)}});
  }

  sim::Fabric fabric_;
  std::map<std::int64_t, std::size_t> numbers_;  // of the edges, by id
  std::vector<sim::RawFlow> flows_;
};

}  // namespace

nlohmann::ordered_json run_flow_cases(const JsonSource& source, nlohmann::ordered_json document,
                                      sim::NetworkModel model) {
  const JsonPlace top{source, document};
  const sim::NetworkOptions network{.model = model, .packet = read_packets(top)};
  const JsonPlace cases = top.at("cases");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const sim::RawFlowResult result = FlowCase{cases.at(i)}.run(network);
    nlohmann::ordered_json& json = document["cases"][i];
    json["completion_s"] = result.completion_s;
    json["makespan_s"] = result.completion_s.empty() ? 0.0 : std::ranges::max(result.completion_s);
    if (model != sim::NetworkModel::packet) {
      json["initial_rates_Bps"] = result.initial_rate_Bps;
    }
  }
  return document;
}

}  // namespace cli
