#include "sim/ethernet_network.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "sim/raw_flows.hpp"

using namespace sim::literals;

namespace {

constexpr sim::Bandwidth rate = 100_Gbps;  // 4096 B take 327.68 ns

sim::NetworkOptions ethernet(const sim::EthernetOptions& options, sim::Bytes overhead = 0_B) {
  sim::NetworkOptions network{.model = sim::NetworkModel::packet};
  network.packet.switching = sim::Switching::ethernet;
  network.packet.payload = 4096_B;
  network.packet.overhead = overhead;
  network.packet.ethernet = options;
  if (options.retry_after == sim::Duration{0}) {
    network.packet.ethernet.retry_after = options.loss == sim::Loss::drop ? 320us : 67ms;
  }
  return network;
}

constexpr double packet_s = 327.68e-9;

/// Hosts behind one switch: host i sends by link i; one more link leads to the last host.
sim::Fabric star(std::uint32_t senders, sim::Duration latency) {
  sim::Fabric fabric;
  for (std::uint32_t i = 0; i < senders; ++i) {
    fabric.add_link(rate, latency);
  }
  fabric.add_link(rate, latency, 7);
  for (std::uint32_t i = 0; i < senders; ++i) {
    fabric.add_lane(std::vector<sim::Hop>{{i, 1.0}, {senders, 1.0}}, 2 * latency);
  }
  return fabric;
}

std::vector<sim::RawFlow> same(std::size_t count, sim::Bytes size) {
  return std::vector<sim::RawFlow>(count, sim::RawFlow{size, {}});
}

double last(const sim::RawFlowResult& result) {
  return *std::ranges::max_element(result.completion_s);
}

std::int64_t dropped(const sim::RawFlowResult& result) {
  return std::accumulate(
      result.ports.begin(), result.ports.end(), std::int64_t{0},
      [](std::int64_t sum, const sim::PortReport& port) { return sum + port.dropped; });
}

const std::vector<sim::EthernetOptions> all_ways = [] {
  std::vector<sim::EthernetOptions> out;
  for (const sim::Loss loss : {sim::Loss::pause, sim::Loss::drop}) {
    for (const auto control : {sim::CongestionControl::none, sim::CongestionControl::dcqcn,
                               sim::CongestionControl::dctcp}) {
      sim::EthernetOptions options{.loss = loss, .control = control};
      options.dctcp.first_window = 1000;
      out.push_back(options);
    }
  }
  return out;
}();

}  // namespace

TEST_CASE("ethernet: n packets over h links take n + h - 1 packet times and the latencies") {
  for (const sim::EthernetOptions& options : all_ways) {
    for (std::size_t hops = 1; hops <= 5; ++hops) {
      sim::Fabric fabric;
      std::vector<sim::Hop> way;
      for (std::size_t i = 0; i < hops; ++i) {
        way.push_back({fabric.add_link(rate, 1us), 1.0});
      }
      fabric.add_lane(way, 1us * hops);
      for (const std::int64_t packets : {1, 2, 50}) {
        const auto result =
            sim::simulate_flows(fabric, same(1, sim::Bytes{packets * 4096}), ethernet(options));
        const auto times = static_cast<double>(packets + static_cast<std::int64_t>(hops) - 1);
        CHECK(last(result) ==
              doctest::Approx((times * packet_s) + (static_cast<double>(hops) * 1e-6))
                  .epsilon(1e-12));
        CHECK(result.links[hops - 1].bytes == static_cast<double>(packets * 4096));
      }
    }
  }
}

TEST_CASE("ethernet: pauses keep an incast within the room, lose nothing and waste nothing") {
  // 16 hosts, 1 MiB each, into one link. A switch holds of each what it pauses at, and what comes
  // until the host has heard of it: a packet that was on its way in, one that the host had begun,
  // and two latencies of the link.
  const auto fabric = star(16, 1us);
  sim::EthernetOptions options{.loss = sim::Loss::pause,
                               .pause_above = 20_KiB,
                               .resume_below = 10_KiB,
                               .control = sim::CongestionControl::none};
  const auto result = sim::simulate_flows(fabric, same(16, 1_MiB), ethernet(options));
  CHECK(dropped(result) == 0);
  const std::int64_t headroom = (2 * 4096) + (2 * 12'500);
  CHECK(result.ports[16].max_queue <= 16 * ((20 << 10) + headroom));
  CHECK(result.ports[16].max_queue > 16 * (20 << 10));
  for (std::uint32_t host = 0; host < 16; ++host) {
    CHECK(result.ports[host].pauses > 0);
    CHECK(result.ports[host].paused > 0us);
  }
  // The link is never idle: 16 * 256 packets behind the first, which comes after a packet time.
  CHECK(last(result) == doctest::Approx((16 * 256 + 1) * packet_s + 2e-6).epsilon(1e-9));
}

TEST_CASE("ethernet: a pause holds up those who send elsewhere: head-of-line blocking") {
  // Host 0 sends to a free host (lane 0) and, like three others, to a busy one; its own link is
  // paused for the busy one's sake.
  sim::Fabric fabric;
  for (int host = 0; host < 4; ++host) {
    fabric.add_link(rate, 1us);
  }
  const std::uint32_t to_free = fabric.add_link(rate, 1us, 9);
  const std::uint32_t to_busy = fabric.add_link(rate, 1us, 9);
  fabric.add_lane(std::vector<sim::Hop>{{0, 1.0}, {to_free, 1.0}}, 2us);
  for (std::uint32_t host = 0; host < 4; ++host) {
    fabric.add_lane(std::vector<sim::Hop>{{host, 1.0}, {to_busy, 1.0}}, 2us);
  }
  const sim::EthernetOptions paused{
      .pause_above = 20_KiB, .resume_below = 10_KiB, .control = sim::CongestionControl::none};
  sim::EthernetOptions roomy = paused;
  roomy.pause_above = roomy.resume_below = 16_MiB;
  const auto blocked = sim::simulate_flows(fabric, same(5, 1_MiB), ethernet(paused));
  const auto free = sim::simulate_flows(fabric, same(5, 1_MiB), ethernet(roomy));
  // With room the two lanes of host 0 take turns: 512 packet times.
  CHECK(free.completion_s[0] == doctest::Approx((2 * 256) * packet_s + 2e-6).epsilon(0.01));
  // Paused, lane 0 goes no faster than the quarter of the busy link that lane 1 gets.
  CHECK(blocked.completion_s[0] > 0.9 * 4 * 256 * packet_s);
}

TEST_CASE("ethernet: what is dropped is sent again, and every byte counts once") {
  const auto fabric = star(4, 1us);
  const sim::EthernetOptions options{
      .buffer = 64_KiB, .loss = sim::Loss::drop, .control = sim::CongestionControl::dctcp};
  const auto result = sim::simulate_flows(fabric, same(4, 1_MiB), ethernet(options));
  CHECK(dropped(result) > 0);
  CHECK(result.given_up == 0);
  CHECK(result.links[4].bytes == 4 * (1 << 20));
  CHECK(std::ranges::any_of(result.links, [](const auto& link) { return link.overhead > 0; }));
  CHECK(result.ports[4].max_queue <= 64 << 10);
  CHECK(last(result) >= 4 * 256 * packet_s);
}

TEST_CASE("ethernet: a queue takes no more than its share of the free memory") {
  // With share 1 a queue q of B - q free is at most half of B: 8 packets of 16.
  const auto fabric = star(4, 1us);
  const sim::EthernetOptions options{.buffer = sim::Bytes{16 * 4096},
                                     .share = 1,
                                     .loss = sim::Loss::drop,
                                     .control = sim::CongestionControl::none,
                                     .retry_after = 50us};
  const auto result = sim::simulate_flows(fabric, same(4, 64_KiB), ethernet(options));
  CHECK(result.ports[4].max_queue == 8 * 4096);
}

TEST_CASE("ethernet: senders in step with a full queue all find places in it") {
  // Of equal senders without congestion control none is shut out for good: all get through, though
  // it takes them many goes.
  for (std::uint32_t senders = 2; senders <= 8; ++senders) {
    CAPTURE(senders);
    const auto fabric = star(senders, 600ns);
    sim::EthernetOptions options{.buffer = 512_KiB,
                                 .loss = sim::Loss::drop,
                                 .control = sim::CongestionControl::none,
                                 .retry_after = 67ms};
    const auto result = sim::simulate_flows(fabric, same(senders, 8_MiB), ethernet(options));
    CHECK(dropped(result) > 0);
    CHECK(result.given_up == 0);
    // With it they share the link, and waste little.
    options.retry_after = 320us;
    for (const auto control : {sim::CongestionControl::dcqcn, sim::CongestionControl::dctcp}) {
      options.control = control;
      const auto fair = sim::simulate_flows(fabric, same(senders, 8_MiB), ethernet(options));
      CHECK(fair.given_up == 0);
      CHECK(last(fair) < 3 * senders * 2048 * packet_s);
    }
  }
}

TEST_CASE("ethernet: small packets and shallow queues do not keep senders going back") {
  const auto fabric = star(2, 1us);
  sim::NetworkOptions options = ethernet({.buffer = sim::Bytes{150'000},
                                          .loss = sim::Loss::drop,
                                          .control = sim::CongestionControl::none});
  options.packet.payload = 256_B;
  const auto result = sim::simulate_flows(fabric, same(2, sim::Bytes{512 << 10}), options);
  CHECK(result.given_up == 0);
  CHECK(last(result) < 20 * 2 * (512 << 10) / 12.5e9);
}

TEST_CASE("ethernet: a sender that never gets through gives up") {
  const auto fabric = star(2, 1us);
  // No packet of the queue fits; the two first ones meet, one does not wait, the other is dropped.
  const sim::EthernetOptions options{.buffer = 1000_B,
                                     .loss = sim::Loss::drop,
                                     .control = sim::CongestionControl::none,
                                     .retry_after = 100us,
                                     .retries = 3};
  auto network = ethernet(options);
  const std::vector<sim::RawFlow> flows{{64_MiB, {}}, {4096_B, {}}};
  const auto result = sim::simulate_flows(fabric, flows, network);
  CHECK(result.given_up == 1);
}

TEST_CASE(
    "ethernet: queues above the upper threshold mark everything, those below the lower none") {
  const auto marked = [](sim::Bytes from, sim::Bytes all) {
    const auto fabric = star(8, 1us);
    sim::EthernetOptions options{.mark_from = from, .mark_all = all};
    return sim::simulate_flows(fabric, same(8, 64_KiB), ethernet(options)).ports[8].marked;
  };
  CHECK(marked(16_MiB, 32_MiB) == 0);
  CHECK(marked(0_B, 1_B) > 100);
}

TEST_CASE("ethernet: marks make senders slow down before switches must pause") {
  const auto fabric = star(8, 1us);
  const auto pauses = [&](sim::CongestionControl control) {
    sim::EthernetOptions options{.control = control};
    const auto result = sim::simulate_flows(fabric, same(8, 8_MiB), ethernet(options));
    std::int64_t count = 0;
    for (const sim::PortReport& port : result.ports) {
      count += port.pauses;
    }
    return count;
  };
  CHECK(pauses(sim::CongestionControl::dctcp) < pauses(sim::CongestionControl::none) / 4);
  CHECK(pauses(sim::CongestionControl::dcqcn) < pauses(sim::CongestionControl::none) / 4);
}

TEST_CASE("ethernet: long flows over one link get equal shares, as in the flow model to 3 %") {
  const auto fabric = star(3, 1us);
  for (const sim::EthernetOptions& options : all_ways) {
    if (options.control == sim::CongestionControl::dcqcn || options.loss == sim::Loss::drop) {
      continue;  // there the network is not all that decides
    }
    const auto flows = same(3, 16_MiB);
    const auto by_packet = sim::simulate_flows(fabric, flows, ethernet(options));
    const auto by_flow =
        sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::flow, .packet = {}});
    for (std::size_t flow = 0; flow < flows.size(); ++flow) {
      CHECK(by_packet.completion_s[flow] ==
            doctest::Approx(by_flow.completion_s[flow]).epsilon(0.03));
    }
  }
}

TEST_CASE("ethernet: two DCTCP senders share a link evenly, and use it") {
  const auto fabric = star(2, 1us);
  const sim::EthernetOptions options{.control = sim::CongestionControl::dctcp};
  const auto result = sim::simulate_flows(fabric, same(2, 64_MiB), ethernet(options));
  const double alone = 2 * 16384 * packet_s;
  CHECK(last(result) < 1.02 * alone);
  CHECK(std::ranges::min(result.completion_s) > 0.95 * alone);
}

TEST_CASE("ethernet: pauses that wait for each other in a circle are found") {
  // A ring of three switches; the hosts of each send over two of its links.
  sim::Fabric fabric;
  constexpr std::uint32_t nodes = 3;
  for (std::uint32_t node = 0; node < nodes; ++node) {
    fabric.add_link(rate, 1us, node);
  }
  for (std::uint32_t node = 0; node < nodes; ++node) {
    const std::uint32_t in = fabric.add_link(sim::Bandwidth{2 * rate.count()}, 1us);
    const std::uint32_t out = fabric.add_link(rate, 1us, (node + 2) % nodes);
    fabric.add_lane(
        std::vector<sim::Hop>{{in, 1.0}, {node, 1.0}, {(node + 1) % nodes, 1.0}, {out, 1.0}}, 4us);
  }
  sim::EthernetOptions options{.pause_above = 16_KiB,
                               .resume_below = 8_KiB,
                               .control = sim::CongestionControl::none,
                               .retry_after = 1ms,
                               .retries = 1};
  const auto result = sim::simulate_flows(fabric, same(nodes, 4_MiB), ethernet(options));
  CHECK(result.completion_s == std::vector<double>(nodes, 0.0));
  CHECK(result.waiting_circle.size() == nodes);
  // With room there is no circle.
  options.pause_above = options.resume_below = 16_MiB;
  CHECK(sim::simulate_flows(fabric, same(nodes, 4_MiB), ethernet(options)).waiting_circle.empty());
}

TEST_CASE("ethernet: the history of a queue adds up to its sums") {
  const auto fabric = star(8, 1us);
  const sim::EthernetOptions options{.pause_above = 20_KiB,
                                     .resume_below = 10_KiB,
                                     .control = sim::CongestionControl::none,
                                     .statistics_interval = 10us};
  const auto result = sim::simulate_flows(fabric, same(8, 1_MiB), ethernet(options));
  for (const sim::PortReport& port : result.ports) {
    sim::Duration paused{};
    std::int64_t deepest = 0;
    for (const auto& interval : port.intervals) {
      CHECK(interval.paused <= 10us);
      paused += interval.paused;
      deepest = std::max(deepest, interval.max_queue);
    }
    CHECK(paused == port.paused);
    CHECK(deepest == port.max_queue);
  }
  // A queue that is full all the time is as long on average as at its longest.
  CHECK(result.ports[8].mean_queue > 0.5 * static_cast<double>(result.ports[8].max_queue));
  CHECK(result.ports[8].intervals.size() == 1 + static_cast<std::size_t>(last(result) / 10e-6));
}

TEST_CASE("ethernet: under random traffic on random networks every byte arrives once") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto links = static_cast<std::uint32_t>(2 + random() % 10);
    sim::Fabric fabric;
    for (std::uint32_t link = 0; link < links; ++link) {
      fabric.add_link(
          sim::Bandwidth{1'000'000'000 + static_cast<std::int64_t>(random() % 20) * 1'000'000'000},
          sim::Duration{static_cast<std::int64_t>(random() % 3'000'000)},
          random() % 2 == 0 ? std::optional<std::uint32_t>{random() % 3} : std::nullopt);
    }
    std::vector<sim::RawFlow> flows;
    std::vector<double> carried(links, 0);
    const std::size_t count = 1 + random() % 25;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<sim::Hop> hops;
      const auto size = static_cast<std::int64_t>(random() % 300'000);
      for (std::uint32_t link = 0; link < links; ++link) {
        if (random() % 2 == 0 || (link + 1 == links && hops.empty())) {
          hops.push_back({link, 1.0});
          carried[link] += static_cast<double>(size);
        }
      }
      sim::Duration latency{};
      for (const sim::Hop& hop : hops) {
        latency += fabric.link_latency(hop.link);
      }
      fabric.add_lane(hops, latency);
      flows.push_back({sim::Bytes{size}, sim::Instant{sim::Duration{
                                             static_cast<std::int64_t>(random() % 1'000'000)}}});
    }
    sim::EthernetOptions options = all_ways[seed % all_ways.size()];
    options.buffer = options.loss == sim::Loss::drop ? 256_KiB : 64_MiB;
    options.pause_above = 30_KiB;
    options.resume_below = 20_KiB;
    options.retries = 1000;
    const auto result = sim::simulate_flows(fabric, flows, ethernet(options, 64_B));
    CHECK(result.given_up == 0);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(result.completion_s[i] > 0);
    }
    for (std::uint32_t link = 0; link < links; ++link) {
      CHECK(result.links[link].bytes == carried[link]);
      CHECK(result.links[link].overhead >= 0);
    }
  }
}
