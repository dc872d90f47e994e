// Runs whose time a formula gives exactly.

#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "collectives/bound.hpp"
#include "collectives/execute.hpp"
#include "tests/collectives/support.hpp"

using collectives::Collective;

namespace {

double time_of(const Machine& machine, Collective collective, const std::string& name,
               sim::Bytes bytes, const collectives::ExecuteOptions& options = {}) {
  const auto schedule = algorithm(collective, name).build(machine.request(collective, bytes));
  return collectives::execute(machine.topology, machine.group, schedule, options).time_s;
}

// doctest's epsilon scales with the larger of the two values plus one: useless for microseconds.
bool is_close(double a, double b, double relative) {
  return std::abs(a - b) <= relative * b;
}

}  // namespace

TEST_CASE("ring all-reduce around one ring of links: 2 (N - 1) (latency + S / (N B)), to 1e-9") {
  // Bandwidths that do not divide a second's picoseconds, and many steps: rounding must not add up.
  for (const std::string link : {"16GB/s,150ns", "450GB/s,300ns", "3GB/s,1ns", "7777777B/s,0ns"}) {
    for (const int n : {2, 3, 5, 8, 27, 64, 200}) {
      const Machine machine{"ring:" + std::to_string(n) + ",link=" + link};
      const auto spec = machine.topology.links()[0].spec;
      for (const std::int64_t share : {1, 1000, 12'345, 1 << 20}) {
        CAPTURE(link);
        CAPTURE(n);
        CAPTURE(share);
        const double step =
            sim::seconds(spec.latency) +
            static_cast<double>(share) / static_cast<double>(spec.bandwidth.count());
        const double expected = 2.0 * (n - 1) * step;
        CHECK(is_close(time_of(machine, Collective::all_reduce, "ring", sim::Bytes{share * n}),
                       expected, 1e-9));
        CHECK(is_close(time_of(machine, Collective::all_gather, "ring", sim::Bytes{share * n}),
                       expected / 2, 1e-9));
      }
    }
  }
}

TEST_CASE("direct exchanges on a star are bound by the ports") {
  // 8 ranks, ports of 1 GB/s, two links of 1 us: one step of n - 1 messages through one port.
  const Machine machine{"switch:8,link=1GB/s,1us"};
  const sim::Bytes bytes{8'000'000};
  // One-shot: 7 * 8 MB through each port. All-to-all: 7 * 1 MB. Both: 2 us on the way.
  CHECK(is_close(time_of(machine, Collective::all_reduce, "direct", bytes), 56e-3 + 2e-6, 1e-9));
  CHECK(is_close(time_of(machine, Collective::all_to_all, "direct", bytes), 7e-3 + 2e-6, 1e-9));
  CHECK(is_close(time_of(machine, Collective::all_to_all, "pairwise", bytes), 7 * (1e-3 + 2e-6),
                 1e-9));
  CHECK(is_close(time_of(machine, Collective::all_reduce, "two-shot", bytes), 14e-3 + 4e-6, 1e-9));
  // Star: 7 * 8 MB into the root, as much out of it.
  CHECK(is_close(time_of(machine, Collective::all_reduce, "star", bytes), 112e-3 + 4e-6, 1e-9));
  CHECK(is_close(time_of(machine, Collective::gather, "direct", bytes), 7e-3 + 2e-6, 1e-9));
  CHECK(is_close(time_of(machine, Collective::broadcast, "direct", bytes), 56e-3 + 2e-6, 1e-9));
  CHECK(is_close(time_of(machine, Collective::broadcast, "binomial", bytes), 3 * (8e-3 + 2e-6),
                 1e-9));
  // Halving-doubling: 3 steps of S/2, S/4, S/8, and back.
  CHECK(is_close(time_of(machine, Collective::all_reduce, "halving-doubling", bytes), 14e-3 + 12e-6,
                 1e-9));
  CHECK(is_close(time_of(machine, Collective::send_receive, "direct", bytes), 8e-3 + 2e-6, 1e-9));
}

TEST_CASE("two rings in opposite directions take half the time of one, but for the latency") {
  const Machine machine{"ring:8,link=1GB/s,1us"};
  const sim::Bytes bytes{16'000'000};
  // Each ring has 8 MB in 8 chunks of 1 MB: 14 steps.
  CHECK(is_close(time_of(machine, Collective::all_reduce, "bidirectional-ring", bytes),
                 14 * (1e-3 + 1e-6), 1e-9));
}

TEST_CASE("2D ring: two phases of (k - 1) / k S / B each over half of the links") {
  // 4 x 4, S = 16 MB: quarters of 4 MB, each in 4 chunks of 1 MB; 6 steps a phase, 2 phases.
  const Machine machine{"torus:4x4,link=1GB/s,1us"};
  CHECK(is_close(time_of(machine, Collective::all_reduce, "ring2d", sim::Bytes{16'000'000}),
                 12 * (1e-3 + 1e-6), 1e-9));
}

TEST_CASE("bucket: every part of S / 4 crosses its links once each way: (N - 1) / N S / (2 B)") {
  // 4 x 4, S = 16 MB: quarters of 4 MB. Along rows 3 steps of 1 MB, along columns 3 of 250 kB; and
  // back.
  const Machine machine{"torus:4x4,link=1GB/s,1us"};
  CHECK(is_close(time_of(machine, Collective::all_reduce, "bucket", sim::Bytes{16'000'000}),
                 2 * ((3 * (1e-3 + 1e-6)) + (3 * (0.25e-3 + 1e-6))), 1e-9));
}

TEST_CASE("MultiTree: 2 T steps of S / (n B), and the latency of each step") {
  // T = 5 on 4 x 4 and 17 on 8 x 8 (published). Every message of a step waits for one of the step
  // before it, so that each step pays its latency.
  const Machine small{"torus:4x4,link=16GB/s,150ns"};
  CHECK(time_of(small, Collective::all_reduce, "multitree", sim::Bytes{16 << 20}) <=
        10 * ((1 << 20) / 16e9 + 150e-9) * (1 + 1e-9));
  const Machine large{"torus:8x8,link=16GB/s,150ns"};
  CHECK(time_of(large, Collective::all_reduce, "multitree", sim::Bytes{64 << 20}) <=
        34 * ((1 << 20) / 16e9 + 150e-9) * (1 + 1e-9));
}

TEST_CASE("hierarchical: inside, across, inside, each at its own bandwidth") {
  // 2 servers of 4 GPUs, NVLink 4 GB/s, NICs 1 GB/s per GPU, no latency but NVLink's: S = 8 MB.
  // Inside: 3 messages of 2 MB through a 4 GB/s port: 1.5 ms. Across: a ring of 2 with 2 MB: each
  // way 1 MB: 1 + 1 ms. Inside again: the own half goes out while the other is on its way (3 * 1 MB
  // at 4 GB/s = 0.75 ms < 1 ms), then the other: 0.75 ms. In all 1.5 + 2 + 0.75.
  const Machine machine{
      "gpu-cluster:2x4,nvlink=4GB/s,0ns,pcie=1GB/s,0ns,nic=1GB/s,0ns,fabric_link=8GB/s,0ns"};
  CHECK(is_close(time_of(machine, Collective::all_reduce, "hierarchical", sim::Bytes{8'000'000}),
                 4.25e-3, 1e-9));
}

TEST_CASE("the software latency comes before each message, the reduction after") {
  // Ring of 4: 3 reducing steps and 3 copying ones, 1 MB each at 1 GB/s, 10 us of software before
  // each, 1 MB at 4 GB/s = 0.25 ms of reduction after each of the first 3.
  const Machine machine{"ring:4,link=1GB/s,1us"};
  collectives::ExecuteOptions options;
  options.message_latency = std::chrono::microseconds{10};
  options.reduction = collectives::Reduction{.bandwidth = sim::Bandwidth{4'000'000'000}};
  CHECK(is_close(time_of(machine, Collective::all_reduce, "ring", sim::Bytes{4'000'000}, options),
                 6 * (10e-6 + 1e-3 + 1e-6) + 3 * 0.25e-3, 1e-9));
}

TEST_CASE("the reduction unit of a rank is one: what arrives together is reduced in turn") {
  // 3 ranks send 1 MB each to a root with ports of 1 GB/s: all there at 3 ms + 2 us; then 3 times
  // 1 ms of reduction.
  const Machine machine{"switch:4,link=1GB/s,1us"};
  collectives::ExecuteOptions options;
  options.reduction = collectives::Reduction{.bandwidth = sim::Bandwidth{1'000'000'000}};
  CHECK(is_close(time_of(machine, Collective::reduce, "direct", sim::Bytes{1'000'000}, options),
                 3e-3 + 2e-6 + 3e-3, 1e-9));
}

TEST_CASE("a limit on injection binds what a rank sends over all its links together") {
  // A node of a fully connected 4 sends over 3 links of 1 GB/s; 1.5 GB/s of injection halve that.
  const sim::Bytes bytes{4'000'000};
  const Machine open{"fully-connected:4,link=1GB/s,0ns"};
  const Machine limited{"fully-connected:4,link=1GB/s,0ns,injection=1.5GB/s"};
  CHECK(is_close(time_of(open, Collective::all_to_all, "direct", bytes), 1e-3, 1e-9));
  CHECK(is_close(time_of(limited, Collective::all_to_all, "direct", bytes), 2e-3, 1e-9));
}

TEST_CASE("the published order on a 2D torus at 64 MiB: MultiTree, then 2D ring, then ring") {
  for (const std::string shape : {"4x4", "5x5", "6x6", "8x8"}) {
    CAPTURE(shape);
    const Machine machine{"torus:" + shape + ",link=16GB/s,150ns"};
    const sim::Bytes bytes{64 << 20};
    const double tree = time_of(machine, Collective::all_reduce, "multitree", bytes);
    const double grid = time_of(machine, Collective::all_reduce, "ring2d", bytes);
    const double ring = time_of(machine, Collective::all_reduce, "ring", bytes);
    CHECK(tree < grid);
    CHECK(grid < ring);
    if (shape == "8x8") {
      CHECK(ring / tree >= 2);
    }
  }
}

TEST_CASE("ring all-reduce and all-to-all on leaf/spine reproduce an independent fluid model") {
  // Links of 100 Gb/s and 1 us. Ring: 64 MiB on a star of N, closed form 2(N-1)(S/N/B + 2 us),
  // which SimGrid 3.32 gives to all printed digits: 10126.3296 us for 16, 10821.6461 us for 64.
  // Incast of 32 x 4 MiB: 10739.4182 us (SimGrid).
  for (const auto& [n, microseconds] : {std::pair{16, 10126.3296}, std::pair{64, 10821.6461}}) {
    const Machine machine{"switch:" + std::to_string(n) + ",link=100Gbps,1us"};
    CHECK(is_close(time_of(machine, Collective::all_reduce, "ring", sim::Bytes{64 << 20}),
                   microseconds * 1e-6, 1e-8));
  }
  const Machine incast{"switch:33,link=100Gbps,1us"};
  CHECK(is_close(time_of(incast, Collective::reduce, "direct", sim::Bytes{4 << 20}), 10739.4182e-6,
                 1e-8));
  // All-to-all of 1 MiB a pair with static routes by destination, as published: 5284.8230 us of
  // flow time on 8 leaves of 8, with 4 us of latency on top.
  const Machine pod{"fat-tree:8x8,link=100Gbps,1us"};
  CHECK(is_close(time_of(pod, Collective::all_to_all, "direct", sim::Bytes{64 << 20}),
                 5284.8230e-6 + 4e-6, 1e-6));
}

TEST_CASE("nvls: S / B (1 + 1 / n + 2 (1 - 1 / n) / P) where ports are what is slow") {
  for (const int n : {2, 3, 4, 8, 16}) {
    for (const int pieces : {4, 32}) {
      const Machine machine{"gpu-cluster:1x" + std::to_string(n) +
                            ",nvlink=1000000GB/s,0ns,injection=100GB/s"};
      CAPTURE(n);
      CAPTURE(pieces);
      auto request = machine.request(Collective::all_reduce, sim::Bytes{1'000'000LL * n * pieces});
      request.pieces = pieces;
      const auto schedule = algorithm(Collective::all_reduce, "nvls").build(request);
      const double time =
          collectives::execute(machine.topology, machine.group, schedule, {}).time_s;
      const double once = static_cast<double>(request.bytes.count()) / 100e9;
      CHECK(is_close(time, once * (1 + (1.0 / n) + (2 * (1 - (1.0 / n)) / pieces)), 1e-3));
    }
  }
}

TEST_CASE("nvls: beats the bound of ranks that pass on, and not that of a switch that adds") {
  const Machine machine{"gpu-cluster:1x8"};
  const sim::Bytes bytes{1 << 30};
  const double time = time_of(machine, Collective::all_reduce, "nvls", bytes);
  const collectives::LowerBound bound{machine.topology, machine.group, Collective::all_reduce,
                                      collectives::Rank{0}, sim::Duration{0}};
  CHECK(time < bound.seconds(bytes));
  CHECK(time > bound.seconds(bytes, collectives::Adders::switches));
}

TEST_CASE("start: nothing is sent before it") {
  const Machine machine{"switch:4,link=1GB/s,1us"};
  const double at_once = time_of(machine, Collective::all_reduce, "ring", sim::Bytes{4000});
  const double later = time_of(machine, Collective::all_reduce, "ring", sim::Bytes{4000},
                               {.start = sim::Duration{7'000'000}});
  CHECK(is_close(later, at_once + 7e-6, 1e-9));
}
