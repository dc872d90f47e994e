#include "collectives/bound.hpp"

#include <cmath>
#include <string>

#include <doctest/doctest.h>

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
  CHECK(is_close(bound_of(star, Collective::gather, bytes), 7e-3));
  CHECK(is_close(bound_of(star, Collective::scatter, bytes), 7e-3));
  CHECK(is_close(bound_of(star, Collective::all_to_all, bytes), 7e-3));
  CHECK(is_close(bound_of(star, Collective::reduce_scatter, bytes), 7e-3));
  CHECK(is_close(bound_of(star, Collective::send_receive, bytes), 8e-3));
}
