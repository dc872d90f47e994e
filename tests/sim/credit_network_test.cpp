#include "sim/credit_network.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "sim/raw_flows.hpp"

using namespace sim::literals;

namespace {

constexpr sim::Bandwidth rate{16'000'000'000};  // a byte takes 62.5 ps, a flit of 16 B a nanosecond

sim::NetworkOptions credits(const sim::PacketOptions& packet) {
  sim::NetworkOptions options{.model = sim::NetworkModel::packet, .packet = packet};
  options.packet.switching = sim::Switching::cut_through;
  return options;
}

/// Packets of 256 B and a head flit of 16 B; 4 virtual channels of 318 flits; routers of 3 ns.
sim::PacketOptions small_packets() {
  return {.payload = 256_B,
          .overhead = 16_B,
          .flit = 16_B,
          .virtual_channels = 4,
          .buffer = sim::Bytes{318 * 16},
          .router_latency = 3ns,
          .credit_latency = 1ns};
}

sim::Fabric chain(std::size_t links, sim::Duration latency, int lanes) {
  sim::Fabric fabric;
  std::vector<sim::Hop> hops;
  for (std::size_t link = 0; link < links; ++link) {
    hops.push_back({fabric.add_link(rate, latency), 1.0});
  }
  for (int lane = 0; lane < lanes; ++lane) {
    fabric.add_lane(hops, latency * links);
  }
  return fabric;
}

double completion_ns(const sim::Fabric& fabric, sim::Bytes size,
                     const sim::PacketOptions& options) {
  return 1e9 * sim::simulate_flows(fabric, std::vector<sim::RawFlow>{{size, {}}}, credits(options))
                   .completion_s.front();
}

}  // namespace

TEST_CASE("cut-through: a packet over h links takes h latencies, h - 1 routers and its length") {
  for (std::size_t hops = 1; hops <= 6; ++hops) {
    CAPTURE(hops);
    // 17 flits, 17 ns; 150 ns a link; 3 ns a router.
    const auto links = static_cast<double>(hops);
    const double expected = 17.0 + (150.0 * links) + (3.0 * (links - 1));
    CHECK(completion_ns(chain(hops, 150ns, 1), 256_B, small_packets()) ==
          doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("cut-through: packets are filled up to flits, and have a head each, or one a message") {
  // 600 B: 256 + 256 + 88 in 17 + 17 + 7 flits (88 B are 5.5 flits); in one message 17 + 16 + 6.
  const auto fabric = chain(1, 0ns, 1);
  sim::PacketOptions options = small_packets();
  CHECK(completion_ns(fabric, 600_B, options) == doctest::Approx(17 + 17 + 7).epsilon(1e-12));
  options.flow_control = sim::FlowControl::message;
  CHECK(completion_ns(fabric, 600_B, options) == doctest::Approx(17 + 16 + 6).epsilon(1e-12));
  const auto use =
      sim::simulate_flows(fabric, std::vector<sim::RawFlow>{{600_B, {}}}, credits(options))
          .links[0];
  CHECK(use.bytes == 600);
  CHECK(use.overhead == 39 * 16 - 600);
}

TEST_CASE("cut-through: a long message fills the link, if buffers cover the way of a credit") {
  // 4 x 318 flits cover 2 x 150 + 3 + 1 + 17. 1000 packets of 17 flits.
  const double time = completion_ns(chain(3, 150ns, 1), sim::Bytes{256 * 1000}, small_packets());
  CHECK(time == doctest::Approx(17 * 1000 + 450 + 6).epsilon(1e-12));
}

TEST_CASE("cut-through: with less room than that, it sends a buffer per round trip of a credit") {
  // One channel with room for 2 packets of 17 flits. Over two links a packet enters the second link
  // 153 ns after it entered the first, has left the buffer 17 ns later, and its credit comes back
  // after 150 + 1 more: 2 packets every 321 ns.
  sim::PacketOptions options = small_packets();
  options.virtual_channels = 1;
  options.buffer = sim::Bytes{2 * 17 * 16};
  const int packets = 200;
  const double time = completion_ns(chain(2, 150ns, 1), sim::Bytes{256 * packets}, options);
  // The last pair starts after 99 rounds, and then takes 34 + 300 + 3.
  CHECK(time == doctest::Approx((99 * 321) + 17 + 17 + 300 + 3).epsilon(1e-12));
}

TEST_CASE("cut-through: a slower link after a faster one, and a faster after a slower") {
  sim::Fabric fabric;
  const std::uint32_t fast = fabric.add_link(rate, 150ns);
  const std::uint32_t slow = fabric.add_link(sim::Bandwidth{4'000'000'000}, 150ns);
  fabric.add_lane(std::vector<sim::Hop>{{fast, 1.0}, {slow, 1.0}}, 300ns);
  fabric.add_lane(std::vector<sim::Hop>{{slow, 1.0}, {fast, 1.0}}, 300ns);
  const auto alone = [&](std::uint32_t lane) {
    std::vector<sim::RawFlow> flows{{0_B, sim::Instant{1s}}, {0_B, sim::Instant{1s}}};
    flows[lane] = {sim::Bytes{2560}, {}};
    return 1e9 * sim::simulate_flows(fabric, flows, credits(small_packets())).completion_s[lane];
  };
  // Ten packets of 68 ns on the slow link. Behind the fast one their heads come after 150 + 3.
  CHECK(alone(0) == doctest::Approx(150 + 3 + (10 * 68) + 150).epsilon(1e-12));
  // Before the fast one: a tail leaves no earlier than it has come, and a router later.
  CHECK(alone(1) == doctest::Approx((10 * 68) + 150 + 3 + 150).epsilon(1e-12));
}

TEST_CASE("cut-through: inputs take turns at an output") {
  // Two sources, 100 packets each, into one link: each gets half of it.
  sim::Fabric fabric;
  const std::uint32_t out = fabric.add_link(rate, 100ns);
  for (int i = 0; i < 2; ++i) {
    const std::uint32_t in = fabric.add_link(rate, 100ns);
    fabric.add_lane(std::vector<sim::Hop>{{in, 1.0}, {out, 1.0}}, 200ns);
  }
  for (const auto arbitration : {sim::Arbitration::round_robin, sim::Arbitration::age}) {
    sim::PacketOptions options = small_packets();
    options.arbitration = arbitration;
    const auto result = sim::simulate_flows(
        fabric, std::vector<sim::RawFlow>{{sim::Bytes{25600}, {}}, {sim::Bytes{25600}, {}}},
        credits(options));
    const double last = std::max(result.completion_s[0], result.completion_s[1]) * 1e9;
    const double first = std::min(result.completion_s[0], result.completion_s[1]) * 1e9;
    CHECK(last == doctest::Approx(100 + 3 + (200 * 17) + 100).epsilon(1e-12));
    CHECK(first == doctest::Approx(last - 17).epsilon(1e-12));
  }
}

namespace {

/// A ring of one-way links on which everyone sends to the second next.
sim::Fabric ring_of_pairs(std::uint32_t nodes, bool dateline) {
  sim::Fabric fabric;
  for (std::uint32_t node = 0; node < nodes; ++node) {
    fabric.add_link(rate, 10ns);
  }
  for (std::uint32_t node = 0; node < nodes; ++node) {
    const std::uint32_t next = (node + 1) % nodes;
    // Past the dateline, which lies behind the last node, the second class.
    const std::uint8_t second = dateline && next < node ? 1 : 0;
    const std::uint32_t third = (node + 2) % nodes;
    fabric.add_lane(
        std::vector<sim::Hop>{
            {node, 1.0, 0},
            {next, 1.0, second},
            {third, 1.0, static_cast<std::uint8_t>(dateline && third < node ? 1 : 0)}},
        30ns);
  }
  return fabric;
}

class Deaf final : public sim::MessageListener {
 public:
  void on_left(sim::Lane /*lane*/, sim::Carry /*carry*/) override {}
  void on_delivered(sim::Lane /*lane*/, sim::Carry /*carry*/) override { ++delivered; }
  int delivered = 0;
};

}  // namespace

TEST_CASE("cut-through: packets that wait for each other in a circle are found; a dateline helps") {
  for (const bool dateline : {false, true}) {
    CAPTURE(dateline);
    const sim::Fabric fabric = ring_of_pairs(4, dateline);
    sim::PacketOptions options = small_packets();
    options.virtual_channels = dateline ? 2 : 1;
    options.buffer = sim::Bytes{17 * 16};
    sim::Engine engine;
    Deaf listener;
    const auto network = sim::make_network(credits(options), engine, fabric, listener);
    for (std::uint32_t lane = 0; lane < 4; ++lane) {
      network->send(sim::Lane{lane}, 4_KiB, 0);
    }
    engine.run();
    const auto circle = network->waiting_circle();
    CHECK(listener.delivered == (dateline ? 4 : 0));
    CHECK(circle.size() == (dateline ? 0 : 4));
    CHECK(std::set(circle.begin(), circle.end()).size() == circle.size());
  }
}

namespace {

/// Notes when messages have left and arrived; sends each lane's next one when the one before has
/// left.
class Sender final : public sim::MessageListener {
 public:
  void start(sim::Engine& engine, sim::Network& network, std::uint32_t lanes, int messages,
             sim::Bytes size) {
    engine_ = &engine;
    network_ = &network;
    size_ = size;
    unsent_.assign(lanes, messages - 1);
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      network.send(sim::Lane{lane}, size, 0);
    }
    engine.run();
  }
  void on_left(sim::Lane lane, sim::Carry /*carry*/) override {
    left_ns.push_back(now_ns());
    if (unsent_[sim::index(lane)]-- > 0) {
      network_->send(lane, size_, 0);
    }
  }
  void on_delivered(sim::Lane /*lane*/, sim::Carry /*carry*/) override {
    delivered_ns.push_back(now_ns());
  }
  std::vector<double> left_ns;
  std::vector<double> delivered_ns;

 private:
  [[nodiscard]] double now_ns() const {
    return sim::seconds(engine_->now().time_since_epoch()) * 1e9;
  }
  sim::Engine* engine_ = nullptr;
  sim::Network* network_ = nullptr;
  sim::Bytes size_;
  std::vector<int> unsent_;
};

}  // namespace

TEST_CASE("cut-through: one message after the other on a lane, all of them arrive") {
  const auto fabric = chain(2, 150ns, 1);
  sim::Engine engine;
  Sender sender;
  const auto network = sim::make_network(credits(small_packets()), engine, fabric, sender);
  sender.start(engine, *network, 1, 3, 512_B);
  CHECK(sender.left_ns == std::vector<double>{34, 68, 102});
  CHECK(sender.delivered_ns == std::vector<double>{34 + 303, 68 + 303, 102 + 303});
  CHECK(network->quiet() > engine.now() - 1ns);
}

TEST_CASE("cut-through: a port takes a message in as far as its queue goes, packet by packet") {
  // 8 packets, a nanosecond each to take in. With room for 10 the message has left after 8 ns. With
  // room for 3 it has when 5 packets have gone onto the link: the fifth does so at 4 * 17 ns.
  for (const auto& [queue, left] : {std::pair{10, 8.0}, std::pair{3, 68.0}}) {
    CAPTURE(queue);
    const auto fabric = chain(1, 100ns, 1);
    sim::PacketOptions options = small_packets();
    options.nic_queue = queue;
    options.nic_step = 1ns;
    sim::Engine engine;
    Sender sender;
    const auto network = sim::make_network(credits(options), engine, fabric, sender);
    sender.start(engine, *network, 1, 1, 2_KiB);
    CHECK(sender.left_ns == std::vector<double>{left});
    CHECK(sender.delivered_ns == std::vector<double>{8 * 17 + 100});
  }
}

TEST_CASE("cut-through: a host gives a message to the first of its ports that takes none in") {
  // Two ports, three lanes from one host, 4 packets each, to hosts of their own. The third message
  // finds both taking and waits 4 ns for the first port; there it stands behind 4 packets.
  sim::Fabric fabric;
  const std::uint32_t down = fabric.add_link(rate, 0ns);
  fabric.add_link(rate, 0ns);
  fabric.add_link(rate, 0ns);
  const std::uint32_t port = fabric.add_link(rate, 0ns);
  fabric.add_link(rate, 0ns);
  fabric.set_ports(port, 2);
  for (std::uint32_t lane = 0; lane < 3; ++lane) {
    fabric.add_lane(std::vector<sim::Hop>{{port, 1.0}, {down + lane, 1.0}}, 0ns);
  }
  sim::PacketOptions options = small_packets();
  options.router_latency = 0ns;
  options.nic_queue = 50;
  options.nic_step = 1ns;
  sim::Engine engine;
  Sender sender;
  const auto network = sim::make_network(credits(options), engine, fabric, sender);
  sender.start(engine, *network, 3, 1, 1_KiB);
  CHECK(sender.left_ns == std::vector<double>{4, 4, 8});
  CHECK(sender.delivered_ns == std::vector<double>{68, 68, 136});
}

TEST_CASE("cut-through: urgency may grow or fall from message to message of a lane") {
  sim::Fabric fabric;
  const std::uint32_t link = fabric.add_link(rate, 1us);
  const auto lane = fabric.add_lane(std::vector<sim::Hop>{{link, 1.0}}, 1us, 5);
  const auto other = fabric.add_lane(std::vector<sim::Hop>{{link, 1.0}}, 1us, 7);
  CHECK(!fabric.has_urgency_strides());
  CHECK(fabric.urgency(lane, 3) == 5);
  fabric.set_urgency_stride(lane, 2);
  CHECK(fabric.urgency(lane, 0) == 5);
  CHECK(fabric.urgency(lane, 3) == 11);
  CHECK(fabric.urgency(other, 3) == 7);
}

TEST_CASE("cut-through: a message arrives by the port that it is sent to") {
  // Two hosts send 10 packets each to a third with two ports; by one port they take turns.
  const auto last_ns = [](const std::vector<std::uint8_t>& first,
                          const std::vector<std::uint8_t>& second) {
    sim::Fabric fabric;
    const std::uint32_t in = fabric.add_link(rate, 10ns);
    fabric.add_link(rate, 10ns);
    const std::uint32_t port = fabric.add_link(rate, 10ns);
    fabric.add_link(rate, 10ns);
    fabric.set_ports(port, 2);
    for (std::uint32_t lane = 0; lane < 2; ++lane) {
      fabric.add_lane(std::vector<sim::Hop>{{in + lane, 1.0}, {port, 1.0}}, 20ns);
    }
    fabric.set_arrivals(sim::Lane{0}, first);
    fabric.set_arrivals(sim::Lane{1}, second);
    const auto result = sim::simulate_flows(
        fabric, std::vector<sim::RawFlow>{{sim::Bytes{2560}, {}}, {sim::Bytes{2560}, {}}},
        credits(small_packets()));
    const double port_bytes = result.links[port].bytes;
    CHECK(port_bytes == 2560.0 * ((first[0] == 0 ? 1 : 0) + (second[0] == 0 ? 1 : 0)));
    return 1e9 * std::max(result.completion_s[0], result.completion_s[1]);
  };
  CHECK(last_ns({0}, {1}) == doctest::Approx(10 + 3 + (10 * 17) + 10).epsilon(1e-12));
  CHECK(last_ns({1}, {1}) == doctest::Approx(10 + 3 + (20 * 17) + 10).epsilon(1e-12));
}

TEST_CASE("cut-through: credits that a slow link gives back late hold up no others") {
  // Two hosts' lanes with channels of their own share a link; one goes on at a hundredth of its
  // rate.
  sim::Fabric fabric;
  const std::uint32_t host = fabric.add_link(rate, 1us);
  const std::uint32_t other_host = fabric.add_link(rate, 1us);
  const std::uint32_t shared = fabric.add_link(rate, 1us);
  const std::uint32_t fast = fabric.add_link(rate, 1us);
  const std::uint32_t slow = fabric.add_link(sim::Bandwidth{rate.count() / 100}, 1us);
  fabric.add_lane(std::vector<sim::Hop>{{host, 1.0, 0}, {shared, 1.0, 0}, {fast, 1.0, 0}}, 3us);
  fabric.add_lane(std::vector<sim::Hop>{{other_host, 1.0, 1}, {shared, 1.0, 1}, {slow, 1.0, 1}},
                  3us);
  const auto time = [&](sim::Bytes second) {
    return sim::simulate_flows(fabric, std::vector<sim::RawFlow>{{1_MiB, {}}, {second, {}}},
                               credits(small_packets()))
        .completion_s[0];
  };
  // The other one takes a hundredth of the link, besides what fills its channels at the start.
  CHECK(time(1_MiB) < 1.1 * time(0_B));
}

TEST_CASE("cut-through: an input that could go on sending to one link also serves another") {
  // Through one port 20 packets to b, then 500 to a; another host sends 500 to b. Those to a meet
  // nobody: if they kept the input from sending to b as well, the 20 would end after the 500 (8,500
  // ns). As it is the 20 get half of b: 40 packet times, and what they wait.
  sim::Fabric fabric;
  const std::uint32_t in = fabric.add_link(rate, 10ns);
  const std::uint32_t other_in = fabric.add_link(rate, 10ns);
  const std::uint32_t a = fabric.add_link(rate, 10ns);
  const std::uint32_t b = fabric.add_link(rate, 10ns);
  fabric.add_lane(std::vector<sim::Hop>{{other_in, 1.0}, {b, 1.0}}, 20ns);
  fabric.add_lane(std::vector<sim::Hop>{{in, 1.0}, {b, 1.0}}, 20ns);
  fabric.add_lane(std::vector<sim::Hop>{{in, 1.0}, {a, 1.0}}, 20ns);
  sim::PacketOptions options = small_packets();
  options.nic_queue = 1000;
  const auto result = sim::simulate_flows(
      fabric,
      std::vector<sim::RawFlow>{
          {sim::Bytes{500 * 256}, {}}, {sim::Bytes{20 * 256}, {}}, {sim::Bytes{500 * 256}, {}}},
      credits(options));
  CHECK(result.completion_s[1] * 1e9 < 3 * 20 * 17);
}

TEST_CASE("cut-through: under random traffic on random networks every byte arrives once") {
  // Lanes only go from links of lower to links of higher number, so that none wait in a circle. The
  // network itself requires that no virtual channel overfills.
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto links = static_cast<std::uint32_t>(2 + random() % 10);
    sim::Fabric fabric;
    for (std::uint32_t link = 0; link < links; ++link) {
      fabric.add_link(
          sim::Bandwidth{1'000'000'000 + static_cast<std::int64_t>(random() % 20) * 1'000'000'000},
          sim::Duration{static_cast<std::int64_t>(random() % 300'000)});
    }
    std::vector<sim::RawFlow> flows;
    std::vector<double> carried(links, 0);
    const std::size_t count = 1 + random() % 25;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<sim::Hop> hops;
      const std::int64_t size = static_cast<std::int64_t>(random() % 30'000);
      for (std::uint32_t link = 0; link < links; ++link) {
        if (random() % 2 == 0 || (link + 1 == links && hops.empty())) {
          hops.push_back({link, 1.0, static_cast<std::uint8_t>(random() % 2)});
          carried[link] += static_cast<double>(size);
        }
      }
      fabric.add_lane(hops, {});
      flows.push_back({sim::Bytes{size}, sim::Instant{sim::Duration{
                                             static_cast<std::int64_t>(random() % 3'000'000)}}});
    }
    sim::PacketOptions options = small_packets();
    options.payload = sim::Bytes{64 + static_cast<std::int64_t>(random() % 500)};
    options.virtual_channels = 2 + static_cast<std::int32_t>(random() % 3);
    options.buffer = sim::Bytes{1000 + static_cast<std::int64_t>(random() % 3000)};
    options.arbitration = random() % 2 == 0 ? sim::Arbitration::age : sim::Arbitration::round_robin;
    options.flow_control = random() % 2 == 0 ? sim::FlowControl::packet : sim::FlowControl::message;
    const auto result = sim::simulate_flows(fabric, flows, credits(options));
    for (std::size_t i = 0; i < flows.size(); ++i) {
      REQUIRE(result.completion_s[i] >= sim::seconds(flows[i].start.time_since_epoch()));
      REQUIRE((result.completion_s[i] > 0 || flows[i].size == 0_B));
      // Nobody is faster than alone on the slowest of its links.
      const double alone = static_cast<double>(flows[i].size.count()) /
                           fabric.lone_rate(sim::Lane{static_cast<std::uint32_t>(i)});
      REQUIRE(result.completion_s[i] - sim::seconds(flows[i].start.time_since_epoch()) >=
              alone - 1e-12);
    }
    for (std::uint32_t link = 0; link < links; ++link) {
      REQUIRE(result.links[link].bytes == carried[link]);
    }
  }
}

TEST_CASE("cut-through: a bottleneck that flows share for long is shared as max-min says") {
  for (const int count : {1, 2, 3, 8}) {
    sim::Fabric fabric;
    const std::uint32_t bottleneck = fabric.add_link(rate, 150ns);
    std::vector<sim::RawFlow> flows;
    for (int i = 0; i < count; ++i) {
      const std::uint32_t own = fabric.add_link(rate, 150ns);
      fabric.add_lane(std::vector<sim::Hop>{{own, 1.0}, {bottleneck, 1.0}}, 300ns);
      flows.push_back({4_MiB, {}});
    }
    sim::PacketOptions options = small_packets();
    options.overhead = 0_B;
    const auto by_packet = sim::simulate_flows(fabric, flows, credits(options));
    const auto by_flow = sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::flow});
    for (std::size_t flow = 0; flow < flows.size(); ++flow) {
      CHECK(std::abs(by_packet.completion_s[flow] / by_flow.completion_s[flow] - 1) < 0.03);
    }
  }
}
