#include "sim/raw_flows.hpp"

#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "tests/reference/max_min.hpp"

using namespace sim::literals;

namespace {

sim::Fabric one_link(sim::Bandwidth capacity, sim::Duration latency, std::size_t lanes) {
  sim::Fabric fabric;
  fabric.add_link(capacity);
  for (std::size_t i = 0; i < lanes; ++i) {
    fabric.add_lane(std::vector<sim::Hop>{{0, 1.0}}, latency);
  }
  return fabric;
}

}  // namespace

TEST_CASE("flow: flows on one link share it, and the rest speed up when one ends") {
  // 1, 2 and 3 MB at 1 MB/s: at a third each, the first ends at 3 s; the second has 1 MB left at a
  // half: 5 s; the third 1 MB left alone: 6 s. One second of latency each.
  const sim::Fabric fabric = one_link(sim::Bandwidth{1'000'000}, 1s, 3);
  const std::vector<sim::RawFlow> flows{{1'000'000_B, {}}, {2'000'000_B, {}}, {3'000'000_B, {}}};
  const auto result = sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::flow});
  CHECK(result.completion_s[0] == doctest::Approx(4).epsilon(1e-12));
  CHECK(result.completion_s[1] == doctest::Approx(6).epsilon(1e-12));
  CHECK(result.completion_s[2] == doctest::Approx(7).epsilon(1e-12));
  CHECK(result.links[0].bytes == 6'000'000);
  CHECK(result.links[0].busy == sim::Duration{6s});  // the latency is not the link's time
}

TEST_CASE("flow: the ideal network does not know contention") {
  const sim::Fabric fabric = one_link(sim::Bandwidth{1'000'000}, 1s, 2);
  const std::vector<sim::RawFlow> flows{{1'000'000_B, {}}, {2'000'000_B, sim::Instant{1s}}};
  const auto result = sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::ideal});
  CHECK(result.completion_s[0] == doctest::Approx(2).epsilon(1e-12));
  CHECK(result.completion_s[1] == doctest::Approx(4).epsilon(1e-12));
}

TEST_CASE("flow: an empty message takes the latency and nothing else") {
  const sim::Fabric fabric = one_link(sim::Bandwidth{1'000'000}, 1s, 2);
  const std::vector<sim::RawFlow> flows{{0_B, {}}, {1'000'000_B, {}}};
  for (const auto model : {sim::NetworkModel::ideal, sim::NetworkModel::flow}) {
    const auto result = sim::simulate_flows(fabric, flows, {.model = model});
    CHECK(result.completion_s[0] == doctest::Approx(1).epsilon(1e-12));
    CHECK(result.completion_s[1] == doctest::Approx(2).epsilon(1e-12));
  }
}

TEST_CASE("flow: random flows end when a solution from scratch at every event says") {
  std::mt19937 random{5};
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const std::size_t links = 3 + random() % 8;
    std::vector<double> capacity(links);
    sim::Fabric fabric;
    for (double& each : capacity) {
      each = 1e9 * (1 + static_cast<double>(random() % 8));
      fabric.add_link(sim::Bandwidth{static_cast<std::int64_t>(each)});
    }
    const std::size_t count = 5 + random() % 25;
    std::vector<reference::Route> routes(count);
    std::vector<double> size(count);
    std::vector<double> start(count);
    std::vector<sim::RawFlow> flows;
    for (std::size_t i = 0; i < count; ++i) {
      const bool splits = random() % 4 == 0;
      for (std::uint32_t link = 0; link < links; ++link) {
        if (random() % 3 == 0 || (link + 1 == links && routes[i].empty())) {
          routes[i].push_back({link, splits ? 0.25 * static_cast<double>(1 + random() % 4) : 1.0});
        }
      }
      fabric.add_lane(routes[i], sim::Duration{0});
      size[i] = 1e6 * (1 + static_cast<double>(random() % 5));
      start[i] = random() % 2 == 0 ? 0 : 1e-3 * static_cast<double>(random() % 4);
      flows.push_back({sim::Bytes{static_cast<std::int64_t>(size[i])},
                       sim::Instant{sim::Duration{static_cast<std::int64_t>(start[i] * 1e12)}}});
    }
    const auto expected = reference::completion_times(capacity, routes, size, start);
    const auto result = sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::flow});
    for (std::size_t i = 0; i < count; ++i) {
      // Milliseconds, rounded to picoseconds at every event: 1e-9 each.
      REQUIRE(result.completion_s[i] == doctest::Approx(expected[i]).epsilon(1e-8));
    }
  }
}
