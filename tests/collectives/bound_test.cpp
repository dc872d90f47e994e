#include "collectives/bound.hpp"

#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "collectives/execute.hpp"
#include "tests/collectives/support.hpp"

using collectives::Collective;
using collectives::Rank;

namespace {

double bound_of(const std::string& name, Collective collective, sim::Bytes bytes) {
  const Machine machine{name};
  return collectives::LowerBound{machine.topology, machine.group, collective, Rank{0},
                                 sim::Duration{0}}
      .seconds(bytes);
}

bool is_close(double a, double b) {
  return std::abs(a - b) <= 1e-9 * b;
}

}  // namespace

TEST_CASE("bound: all-reduce sends 2 (n - 1) S through the ports, whatever the algorithm") {
  // 16 ports of 4 links of 1 GB/s, S = 32 MB: 2 * 15 * 32 MB / 64 GB/s = 15 ms, and 1 us more.
  CHECK(
      is_close(bound_of("torus:4x4,link=1GB/s,1us", Collective::all_reduce, sim::Bytes{32'000'000}),
               15e-3 + 1e-6));
  // A star: one link per port; the last byte leaves a port a link before it arrives.
  CHECK(
      is_close(bound_of("switch:16,link=1GB/s,1us", Collective::all_reduce, sim::Bytes{32'000'000}),
               60e-3 + 1e-6));
}

TEST_CASE("bound: a small message is held by the longest way") {
  // Torus 8 x 8: 4 + 4 hops of 150 ns.
  CHECK(is_close(bound_of("torus:8x8,link=16GB/s,150ns", Collective::all_reduce, sim::Bytes{64}),
                 8 * 150e-9));
}

TEST_CASE("bound: what leaves a server goes through its NICs") {
  // 4 servers of 4 GPUs, one NIC of 1 GB/s each, S = 4 MB: 2 * 3 * 4 MB / 4 GB/s = 6 ms.
  CHECK(is_close(bound_of("gpu-cluster:4x4,nvlink=100GB/s,0ns,pcie=100GB/s,0ns,nic=1GB/s,0ns,"
                          "nics=1",
                          Collective::all_reduce, sim::Bytes{4'000'000}),
                 6e-3));
}

TEST_CASE("bound: the published optimum of all-gather on A100 pods is no better than ours") {
  // ForestColl's cut theorem, evaluated for 2, 4 and 8 servers of 8 A100 (300 GB/s NVLink, 25 GB/s
  // InfiniBand each): 346.7, 266.7 and 228.6 GB/s of algorithm bandwidth. A bound may be looser
  // than the optimum, never tighter; on these cuts it is the same.
  for (const auto& [servers, gbps] :
       {std::pair{2, 346.7}, std::pair{4, 266.7}, std::pair{8, 228.6}}) {
    CAPTURE(servers);
    const double seconds =
        bound_of("gpu-cluster:" + std::to_string(servers) +
                     "x8,nvlink=300GB/s,0ns,pcie=25GB/s,0ns,nic=25GB/s,0ns,fabric_link=25GB/s,0ns",
                 Collective::all_gather, sim::Bytes{1'000'000'000});
    CHECK(1 / seconds == doctest::Approx(gbps).epsilon(0.001));
  }
}

TEST_CASE("bound: roots and pairs") {
  const std::string star = "switch:8,link=1GB/s,0ns";
  const sim::Bytes bytes{8'000'000};
  CHECK(is_close(bound_of(star, Collective::broadcast, bytes), 8e-3));
  // Blocks may be a byte longer or shorter than S / n: a nanosecond here, 8 for an all-to-all.
  CHECK(bound_of(star, Collective::gather, bytes) == doctest::Approx(7e-3 - 1e-9).epsilon(1e-9));
  CHECK(bound_of(star, Collective::scatter, bytes) == doctest::Approx(7e-3 - 1e-9).epsilon(1e-9));
  CHECK(std::abs(bound_of(star, Collective::all_to_all, bytes) - 7e-3) <= 8e-9);
  CHECK(is_close(bound_of(star, Collective::reduce_scatter, bytes), 7e-3));
  CHECK(is_close(bound_of(star, Collective::send_receive, bytes), 8e-3));
}

TEST_CASE("bound: holds to the byte, where blocks are uneven and nothing but bytes takes time") {
  // 5 bytes over 4 ranks: the root of a gather owns 2 of them and gets 3, not 3.75.
  for (const std::string name :
       {"switch:4,link=1B/s,0ns", "ring:3,link=1B/s,0ns", "ring:2,link=1B/s,0ns"}) {
    const Machine machine{name};
    for (const auto& each : collectives::algorithms()) {
      if (collectives::misfit(each, machine.topology, machine.group)) {
        continue;
      }
      for (const std::int64_t bytes : {1, 2, 3, 5, 7}) {
        CAPTURE(name);
        CAPTURE(each.name);
        CAPTURE(bytes);
        const auto schedule = each.build(machine.request(each.collective, sim::Bytes{bytes}));
        const double time =
            collectives::execute(machine.topology, machine.group, schedule, {}).time_s;
        const collectives::LowerBound bound{machine.topology, machine.group, each.collective,
                                            Rank{0}, sim::Duration{0}};
        const auto adders = schedule.switches().empty() ? collectives::Adders::ranks
                                                        : collectives::Adders::switches;
        CHECK(time >= bound.seconds(sim::Bytes{bytes}, adders) * (1 - 1e-12));
      }
    }
  }
}

TEST_CASE("bound: a reduce waits for the way to the root, a broadcast for the way from it") {
  topology::Topology net{"custom"};
  const auto a = net.add_node({"a", topology::NodeKind::gpu, topology::Relay::no});
  const auto b = net.add_node({"b", topology::NodeKind::gpu, topology::Relay::no});
  net.add_link(a, b, {sim::Bandwidth{1'000'000'000}, std::chrono::milliseconds{1}});
  net.add_link(b, a, {sim::Bandwidth{1'000'000'000}, std::chrono::microseconds{1}});
  const auto group = collectives::whole_group(net);
  const auto latency = [&](Collective collective) {
    return collectives::LowerBound{net, group, collective, Rank{0}, sim::Duration{0}}
        .latency_seconds();
  };
  CHECK(latency(Collective::reduce) == doctest::Approx(1e-6).epsilon(1e-9));
  CHECK(latency(Collective::broadcast) == doctest::Approx(1e-3).epsilon(1e-9));
}
