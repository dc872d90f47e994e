#include "sim/fifo_network.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "sim/raw_flows.hpp"

using namespace sim::literals;

namespace {

constexpr sim::Bandwidth rate{12'500'000'000};  // 100 Gb/s: a byte takes 80 ps

sim::NetworkOptions packets(sim::Bytes payload, sim::Bytes overhead,
                            sim::Pacing pacing = sim::Pacing::when_sent) {
  return {.model = sim::NetworkModel::packet,
          .packet = {.payload = payload, .overhead = overhead, .pacing = pacing}};
}

/// A chain of links, and lanes all along it.
sim::Fabric chain(const std::vector<sim::Bandwidth>& rates, sim::Duration latency, int lanes) {
  sim::Fabric fabric;
  std::vector<sim::Hop> hops;
  for (const sim::Bandwidth each : rates) {
    hops.push_back({fabric.add_link(each, latency), 1.0});
  }
  for (int lane = 0; lane < lanes; ++lane) {
    fabric.add_lane(hops, latency * rates.size());
  }
  return fabric;
}

double completion(const sim::Fabric& fabric, sim::Bytes size, const sim::NetworkOptions& options) {
  return sim::simulate_flows(fabric, std::vector<sim::RawFlow>{{size, {}}}, options)
      .completion_s.front();
}

}  // namespace

TEST_CASE("fifo: a packet over h links takes h times its length, and the latencies, exactly") {
  for (std::size_t hops = 1; hops <= 7; ++hops) {
    const auto fabric = chain(std::vector(hops, rate), 1us, 1);
    // 1000 B and 24 B of header: 81,920 ps a link.
    const auto expected = static_cast<std::int64_t>(hops) * (81'920 + 1'000'000);
    CHECK(completion(fabric, 1000_B, packets(4096_B, 24_B)) ==
          static_cast<double>(expected) * 1e-12);
  }
}

TEST_CASE("fifo: a train of packets fills the slowest link, and the others like a pipe") {
  // n packets over links of 80, 200 and 80 ps a byte: the first packet crosses all three, each
  // other one follows a slow packet time later.
  const auto fabric = chain({rate, sim::Bandwidth{5'000'000'000}, rate}, 1us, 1);
  for (const std::int64_t n : {1, 2, 3, 100}) {
    const std::int64_t packet = 4096 + 10;
    const std::int64_t expected = (packet * (80 + 200 + 80)) + 3'000'000 + ((n - 1) * packet * 200);
    CHECK(completion(fabric, sim::Bytes{n * 4096}, packets(4096_B, 10_B)) ==
          doctest::Approx(static_cast<double>(expected) * 1e-12).epsilon(1e-12));
  }
}

TEST_CASE("fifo: rounding of a packet time does not add up") {
  // 4096 B at 3 GB/s take 1365333.33 ps; a thousand of them 1365333333.33.
  const auto fabric = chain({sim::Bandwidth{3'000'000'000}}, {}, 1);
  CHECK(completion(fabric, sim::Bytes{1000 * 4096}, packets(4096_B, 0_B)) * 1e12 ==
        doctest::Approx(1'365'333'333.33).epsilon(1e-9));
}

TEST_CASE("fifo: an empty message is a header, and takes its way") {
  const auto fabric = chain({rate, rate}, 1us, 1);
  CHECK(completion(fabric, 0_B, packets(4096_B, 100_B)) ==
        doctest::Approx(2 * (8000 + 1'000'000) * 1e-12).epsilon(1e-12));
  CHECK(completion(fabric, 0_B, packets(4096_B, 0_B)) == doctest::Approx(2e-6).epsilon(1e-12));
}

TEST_CASE("fifo: lanes that begin at one link take turns, a packet each") {
  // 3 and 1 packets: A B A A. B ends after 2 packet times, A after 4; each a latency later.
  const auto fabric = chain({rate}, 1us, 2);
  const std::vector<sim::RawFlow> flows{{sim::Bytes{3 * 4096}, {}}, {4096_B, {}}};
  for (const auto pacing : {sim::Pacing::when_sent, sim::Pacing::line_rate}) {
    const auto result = sim::simulate_flows(fabric, flows, packets(4096_B, 0_B, pacing));
    CHECK(result.completion_s[0] == doctest::Approx(4 * 327.68e-9 + 1e-6).epsilon(1e-12));
    CHECK(result.completion_s[1] == doctest::Approx(2 * 327.68e-9 + 1e-6).epsilon(1e-12));
    CHECK(result.links[0].bytes == 4 * 4096);
    CHECK(result.links[0].busy == sim::Duration{4 * 327'680});
  }
}

TEST_CASE(
    "fifo: a late source waits behind all that others have made, if they make it at line rate") {
  // Two sources make packets from 0 on, at twice what the link carries: 8 packets by 4 packet
  // times, of which 4 have left. The third one comes then, with one packet: it is the 9th, or, if
  // sources make packets only when they are sent, the 5th or 6th.
  const auto fabric = chain({rate}, {}, 3);
  const sim::Duration packet{327'680};
  const std::vector<sim::RawFlow> flows{
      {sim::Bytes{8 * 4096}, {}}, {sim::Bytes{8 * 4096}, {}}, {4096_B, sim::Instant{4 * packet}}};
  const auto end = [&](sim::Pacing pacing) {
    return sim::simulate_flows(fabric, flows, packets(4096_B, 0_B, pacing)).completion_s[2] /
           sim::seconds(packet);
  };
  CHECK(end(sim::Pacing::line_rate) >= 9 - 1e-9);
  CHECK(end(sim::Pacing::line_rate) <= 11 + 1e-9);
  CHECK(end(sim::Pacing::when_sent) <= 7 + 1e-9);
}

namespace {

/// The same by scanning: at every step the packet that can join a queue first does so.
std::vector<double> slow_twin(const std::vector<double>& ps_per_byte,
                              const std::vector<double>& latency,
                              const std::vector<std::vector<std::uint32_t>>& routes,
                              const std::vector<std::int64_t>& size,
                              const std::vector<double>& start, std::int64_t payload,
                              std::int64_t overhead) {
  struct Packet {
    double joins;
    std::size_t order;
    std::size_t flow;
    std::size_t hop;
    double bytes;
  };
  std::vector<Packet> packets;
  std::vector<double> end(size.size(), 0);
  for (std::size_t flow = 0; flow < size.size(); ++flow) {
    double made = start[flow];
    for (std::int64_t left = size[flow]; left > 0; left -= payload) {
      const auto bytes = static_cast<double>(std::min(left, payload) + overhead);
      packets.push_back({made, packets.size(), flow, 0, bytes});
      made += bytes * ps_per_byte[routes[flow][0]];
    }
  }
  std::vector<double> free(ps_per_byte.size(), 0);
  while (!packets.empty()) {
    const auto next = std::ranges::min_element(
        packets, {}, [](const Packet& packet) { return std::tuple{packet.joins, packet.order}; });
    const std::uint32_t link = routes[next->flow][next->hop];
    free[link] = std::max(free[link], next->joins) + (next->bytes * ps_per_byte[link]);
    next->joins = free[link] + latency[link];
    if (++next->hop == routes[next->flow].size()) {
      end[next->flow] = std::max(end[next->flow], next->joins);
      packets.erase(next);
    }
  }
  return end;
}

}  // namespace

TEST_CASE("fifo: random flows end when the slow twin says, and every byte is carried once a link") {
  std::mt19937 random{17};
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    const std::size_t links = 2 + random() % 8;
    sim::Fabric fabric;
    std::vector<double> ps_per_byte;
    std::vector<double> latency;
    for (std::size_t link = 0; link < links; ++link) {
      ps_per_byte.push_back(static_cast<double>(10 + random() % 200));
      latency.push_back(static_cast<double>(random() % 2'000'003));
      fabric.add_link(sim::Bandwidth{std::llround(1e12 / ps_per_byte.back())},
                      sim::Duration{static_cast<std::int64_t>(latency.back())});
      ps_per_byte.back() = 1e12 / fabric.capacity(static_cast<std::uint32_t>(link));
    }
    std::vector<std::vector<std::uint32_t>> routes(1 + random() % 10);
    std::vector<std::int64_t> size;
    std::vector<double> start;
    std::vector<sim::RawFlow> flows;
    std::vector<double> carried(links, 0);
    for (auto& route : routes) {
      std::vector<std::uint32_t> all(links);
      for (std::uint32_t link = 0; link < links; ++link) {
        all[link] = link;
      }
      std::ranges::shuffle(all, random);
      route.assign(all.begin(), all.begin() + 1 + static_cast<std::ptrdiff_t>(random() % links));
      std::vector<sim::Hop> hops;
      sim::Duration way{};
      size.push_back(1 + static_cast<std::int64_t>(random() % 20'000));
      start.push_back(static_cast<double>(random() % 1'000'003));  // so that hardly any two tie
      for (const std::uint32_t link : route) {
        hops.push_back({link, 1.0});
        way += fabric.link_latency(link);
        carried[link] += static_cast<double>(size.back());
      }
      fabric.add_lane(hops, way);
      flows.push_back({sim::Bytes{size.back()},
                       sim::Instant{sim::Duration{static_cast<std::int64_t>(start.back())}}});
    }
    const auto result =
        sim::simulate_flows(fabric, flows, packets(500_B, 7_B, sim::Pacing::line_rate));
    const auto expected = slow_twin(ps_per_byte, latency, routes, size, start, 500, 7);
    for (std::size_t flow = 0; flow < flows.size(); ++flow) {
      // The twin does not round: up to half a picosecond per packet and link here.
      CHECK(result.completion_s[flow] * 1e12 == doctest::Approx(expected[flow]).epsilon(1e-6));
    }
    for (std::size_t link = 0; link < links; ++link) {
      CHECK(result.links[link].bytes == carried[link]);
    }
  }
}

TEST_CASE("fifo: a bottleneck that flows share for long is shared as max-min says") {
  // Three flows over one link: equal thirds. Packets and flow agree within 3 %.
  for (const int count : {1, 2, 3, 8}) {
    sim::Fabric fabric;
    const std::uint32_t bottleneck = fabric.add_link(rate, 1us);
    std::vector<sim::RawFlow> flows;
    for (int i = 0; i < count; ++i) {
      const std::uint32_t own = fabric.add_link(rate, 1us);
      fabric.add_lane(std::vector<sim::Hop>{{own, 1.0}, {bottleneck, 1.0}}, 2us);
      flows.push_back({16_MiB, {}});
    }
    const auto by_packet = sim::simulate_flows(fabric, flows, packets(4096_B, 0_B));
    const auto by_flow = sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::flow});
    for (int i = 0; i < count; ++i) {
      const auto flow = static_cast<std::size_t>(i);
      CHECK(std::abs(by_packet.completion_s[flow] / by_flow.completion_s[flow] - 1) < 0.03);
    }
  }
}
