#include "cli/flow_cases.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/error.hpp"
#include "sim/fabric.hpp"
#include "sim/raw_flows.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

/// Refuses a key given twice; nlohmann would keep the last one.
class DuplicateCheck {
 public:
  explicit DuplicateCheck(std::string label) : label_{std::move(label)} {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    constexpr int depth_max = 64;
    if (depth > depth_max) {
      throw sim::Error{label_, fmt::format("nested deeper than {} levels", depth_max)};
    }
    if (event == Json::parse_event_t::object_start) {
      keys_.resize(std::max(keys_.size(), static_cast<std::size_t>(depth) + 2));
      keys_[static_cast<std::size_t>(depth) + 1].clear();
    } else if (event == Json::parse_event_t::key &&
               !keys_[static_cast<std::size_t>(depth)].insert(parsed.get<std::string>()).second) {
      throw sim::Error{label_,
                       fmt::format("the key '{}' is given twice", parsed.get<std::string>())};
    }
    return true;
  }

 private:
  std::string label_;
  std::vector<std::set<std::string>> keys_;  // of the open objects, by depth
};

/// A place in the document, for errors: "cases.json: error: cases[2].flows[0].size_bytes: ...".
class Place {
 public:
  Place(const std::string& label, std::string path) : label_{&label}, path_{std::move(path)} {}

  [[noreturn]] void fail(const std::string& what) const {
    throw sim::Error{*label_, fmt::format("{}: {}", path_, what)};
  }
  [[nodiscard]] Place at(std::string_view key) const {
    return {*label_, path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key)};
  }
  [[nodiscard]] Place at(std::size_t index) const {
    return {*label_, fmt::format("{}[{}]", path_, index)};
  }

 private:
  const std::string* label_;
  std::string path_;
};

const Json& member(const Json& object, std::string_view key, const Place& place) {
  if (!object.is_object()) {
    place.fail("expected an object");
  }
  const auto found = object.find(std::string{key});
  if (found == object.end()) {
    place.fail(fmt::format("missing key '{}'", key));
  }
  return *found;
}

const Json& list(const Json& object, std::string_view key, const Place& place) {
  const Json& value = member(object, key, place);
  if (!value.is_array()) {
    place.at(key).fail("expected a list");
  }
  return value;
}

/// An unknown key of an edge or a flow is a slip; those of a case, or of the whole, are comments.
void expect_keys(const Json& object, std::span<const std::string_view> allowed,
                 const Place& place) {
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(allowed, key) == allowed.end()) {
      place.fail(fmt::format("unknown key '{}'\n  hint: {}", key, sim::suggestion(key, allowed)));
    }
  }
}

constexpr std::array<std::string_view, 3> edge_keys{"id", "capacity_Bps", "latency_s"};
constexpr std::array<std::string_view, 4> flow_keys{"id", "size_bytes", "start_s", "route"};

double number(const Json& object, std::string_view key, double least, double most,
              const Place& place) {
  const Json& value = member(object, key, place);
  if (!value.is_number() || !std::isfinite(value.get<double>()) || value.get<double>() < least ||
      value.get<double>() > most) {
    place.at(key).fail(
        fmt::format("expected a number from {} to {}, got {}", least, most, value.dump()));
  }
  return value.get<double>();
}

std::int64_t whole(const Json& value, const Place& place) {
  if (!value.is_number_integer()) {
    place.fail(fmt::format("expected a whole number, got {}", value.dump()));
  }
  return value.get<std::int64_t>();
}

sim::Duration picoseconds(double seconds) {
  return sim::Duration{static_cast<std::int64_t>(std::llround(seconds * 1e12))};
}

/// One case: the network and its flows.
class FlowCase {
 public:
  FlowCase(const Json& json, const Place& place) {
    read_edges(json, place);
    const Json& flows = list(json, "flows", place);
    for (std::size_t i = 0; i < flows.size(); ++i) {
      read_flow(flows[i], place.at("flows").at(i));
    }
  }

  [[nodiscard]] sim::RawFlowResult run(sim::NetworkModel model) const {
    return sim::simulate_flows(fabric_, flows_, model);
  }

 private:
  static constexpr double seconds_max = 1e6;

  void read_edges(const Json& json, const Place& place) {
    const double shared =
        json.contains("latency_s") ? number(json, "latency_s", 0, seconds_max, place) : 0.0;
    const Json& edges = list(json, "edges", place);
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const Place edge = place.at("edges").at(i);
      const std::int64_t id = whole(member(edges[i], "id", edge), edge.at("id"));
      expect_keys(edges[i], edge_keys, edge);
      const double capacity = number(edges[i], "capacity_Bps", 1, 1e15, edge);
      constexpr double exact_below = 1e6;  // above, a fraction of a byte is rounding
      if (capacity < exact_below && std::floor(capacity) < capacity) {
        edge.at("capacity_Bps")
            .fail(fmt::format("expected a whole number of bytes per second, got {}", capacity));
      }
      const double latency = edges[i].contains("latency_s")
                                 ? number(edges[i], "latency_s", 0, seconds_max, edge)
                                 : shared;
      if (!numbers_.try_emplace(id, numbers_.size()).second) {
        edge.at("id").fail(fmt::format("edge {} is given twice", id));
      }
      fabric_.add_link(sim::Bandwidth{std::llround(capacity)});
      latency_.push_back(latency);
    }
  }

  void read_flow(const Json& json, const Place& place) {
    const double size =
        number(json, "size_bytes", 0, static_cast<double>(sim::bytes_max.count()), place);
    if (std::floor(size) < size) {
      place.at("size_bytes").fail(fmt::format("expected a whole number of bytes, got {}", size));
    }
    const double start =
        json.contains("start_s") ? number(json, "start_s", 0, seconds_max, place) : 0.0;
    expect_keys(json, flow_keys, place);
    const Json& route = list(json, "route", place);
    std::vector<sim::Hop> hops;
    double latency = 0;
    for (std::size_t i = 0; i < route.size(); ++i) {
      const Place hop = place.at("route").at(i);
      const auto found = numbers_.find(whole(route[i], hop));
      if (found == numbers_.end()) {
        hop.fail(fmt::format("there is no edge {}", route[i].dump()));
      }
      const auto link = static_cast<std::uint32_t>(found->second);
      if (std::ranges::find(hops, link, &sim::Hop::link) != hops.end()) {
        hop.fail(fmt::format("edge {} stands twice in the route", route[i].dump()));
      }
      hops.push_back({link, 1.0});
      latency += latency_[found->second];
    }
    if (hops.empty()) {
      place.at("route").fail("expected at least one edge");
    }
    fabric_.add_lane(hops, picoseconds(latency));
    flows_.push_back({sim::Bytes{std::llround(size)}, sim::Instant{picoseconds(start)}});
  }

  sim::Fabric fabric_;
  std::map<std::int64_t, std::size_t> numbers_;  // of the edges, by id
  std::vector<double> latency_;
  std::vector<sim::RawFlow> flows_;
};

}  // namespace

nlohmann::ordered_json run_flow_cases(const std::string& label, const std::string& text,
                                      sim::NetworkModel model) {
  Json document;
  try {
    document = Json::parse(text, DuplicateCheck{label});
  } catch (const Json::exception& bad) {
    throw sim::Error{label, fmt::format("not JSON: {}", bad.what())};
  }
  const Place top{label, ""};
  if (!document.is_object()) {
    throw sim::Error{label, "expected an object with the key 'cases'"};
  }
  list(document, "cases", Place{label, "the document"});
  Json& cases = document["cases"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const FlowCase flow_case{cases[i], top.at("cases").at(i)};
    const sim::RawFlowResult result = flow_case.run(model);
    cases[i]["completion_s"] = result.completion_s;
    cases[i]["makespan_s"] =
        result.completion_s.empty() ? 0.0 : std::ranges::max(result.completion_s);
    cases[i]["initial_rates_Bps"] = result.initial_rate_Bps;
  }
  return document;
}

}  // namespace cli
