// The event queue and the max-min solver alone.

#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "sim/event_queue.hpp"
#include "sim/fabric.hpp"
#include "sim/max_min.hpp"
#include "sim/raw_flows.hpp"

namespace {

/// The hold model: a queue of n events; take the first, put one back at a random later time.
void event_queue_hold(benchmark::State& state) {
  const auto size = static_cast<std::uint64_t>(state.range(0));
  std::mt19937_64 random{1};
  std::vector<std::int64_t> delays(1 << 16);
  for (auto& delay : delays) {
    delay = static_cast<std::int64_t>(random() % 1'000'000);
  }
  sim::EventQueue queue;
  std::uint64_t order = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    queue.push({sim::Instant{sim::Duration{delays[i % delays.size()]}}, order++, i});
  }
  for (auto _ : state) {
    const sim::Event event = queue.pop();
    queue.push({event.when + sim::Duration{delays[order % delays.size()]}, order, event.payload});
    ++order;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(event_queue_hold)->RangeMultiplier(16)->Range(16, 1 << 20);

/// Random pairs on a star of 64 hosts with n flows: one ends, one starts, solve.
void max_min_churn(benchmark::State& state) {
  constexpr std::uint32_t hosts = 64;
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  std::mt19937_64 random{1};
  sim::Fabric fabric;
  for (std::uint32_t link = 0; link < 2 * hosts; ++link) {
    fabric.add_link(sim::Bandwidth{12'500'000'000});
  }
  for (std::uint32_t lane = 0; lane < 2 * flows; ++lane) {
    const auto from = static_cast<std::uint32_t>(random() % hosts);
    const auto to = static_cast<std::uint32_t>((from + 1 + random() % (hosts - 1)) % hosts);
    fabric.add_lane(std::vector<sim::Hop>{{from, 1.0}, {hosts + to, 1.0}}, sim::Duration{0});
  }
  sim::MaxMin solver{fabric};
  std::vector<std::uint32_t> active;
  std::vector<std::uint32_t> idle;
  for (std::uint32_t lane = 0; lane < 2 * flows; ++lane) {
    (lane < flows ? active : idle).push_back(lane);
    if (lane < flows) {
      solver.add(sim::Lane{lane});
    }
  }
  solver.solve();
  std::int64_t changed = 0;
  for (auto _ : state) {
    std::uint32_t& out = active[random() % flows];
    std::uint32_t& in = idle[random() % flows];
    solver.remove(sim::Lane{out});
    solver.add(sim::Lane{in});
    std::swap(out, in);
    changed += static_cast<std::int64_t>(solver.solve().size());
  }
  state.SetItemsProcessed(changed);  // flows that got a new rate
}
BENCHMARK(max_min_churn)->Arg(64)->Arg(1024)->Unit(benchmark::kMicrosecond);

/// 10,000 flows of 1 to 64 MB between random pairs, starting over 5 ms.
void flow_churn_10k(benchmark::State& state) {
  constexpr std::uint32_t hosts = 128;
  constexpr std::uint32_t count = 10'000;
  std::mt19937_64 random{1};
  sim::Fabric fabric;
  for (std::uint32_t link = 0; link < 2 * hosts; ++link) {
    fabric.add_link(sim::Bandwidth{12'500'000'000});
  }
  std::vector<sim::RawFlow> flows;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto from = static_cast<std::uint32_t>(random() % hosts);
    const auto to = static_cast<std::uint32_t>((from + 1 + random() % (hosts - 1)) % hosts);
    fabric.add_lane(std::vector<sim::Hop>{{from, 1.0}, {hosts + to, 1.0}}, sim::Duration{0});
    flows.push_back(
        {sim::Bytes{static_cast<std::int64_t>(10'000 + random() % 1'000'000)},
         sim::Instant{sim::Duration{static_cast<std::int64_t>(random() % 5'000'000'000)}}});
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::flow}).completion_s);
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(flow_churn_10k)->Unit(benchmark::kMillisecond);

/// All-to-all of 1 MiB a pair in packets of 4 KiB: 64 hosts, 8 leaf and 8 spine switches, 100 Gb/s
/// and 1 us a link, the spine chosen by the destination. Items are packets times links.
void packet_all_to_all(benchmark::State& state) {
  constexpr std::uint32_t hosts = 64;
  constexpr std::uint32_t leaves = 8;
  constexpr std::uint32_t spines = 8;
  constexpr sim::Bandwidth rate{12'500'000'000};
  constexpr sim::Duration latency{1'000'000};
  sim::Fabric fabric;
  for (std::uint32_t link = 0; link < 2 * hosts + 2 * leaves * spines; ++link) {
    fabric.add_link(rate, latency);
  }
  const auto up = [](std::uint32_t host) { return host; };
  const auto down = [](std::uint32_t host) { return hosts + host; };
  const auto leaf_to_spine = [](std::uint32_t leaf, std::uint32_t spine) {
    return 2 * hosts + leaf * spines + spine;
  };
  const auto spine_to_leaf = [&](std::uint32_t spine, std::uint32_t leaf) {
    return leaves * spines + leaf_to_spine(leaf, spine);
  };
  std::vector<sim::RawFlow> flows;
  std::int64_t hops = 0;
  constexpr std::int64_t size = 1 << 20;
  for (std::uint32_t from = 0; from < hosts; ++from) {
    for (std::uint32_t k = 1; k < hosts; ++k) {
      const std::uint32_t to = (from + k) % hosts;
      std::vector<sim::Hop> way{{up(from), 1.0}};
      if (from % leaves != to % leaves) {
        way.push_back({leaf_to_spine(from % leaves, to % spines), 1.0});
        way.push_back({spine_to_leaf(to % spines, to % leaves), 1.0});
      }
      way.push_back({down(to), 1.0});
      hops += static_cast<std::int64_t>(way.size());
      fabric.add_lane(way, latency * way.size());
      flows.push_back({sim::Bytes{size}, sim::Instant{}});
    }
  }
  const sim::PacketOptions packet{
      .switching = static_cast<sim::Switching>(state.range(0)),
      .virtual_channels = 2,
      .buffer = sim::Bytes{1 << 16},
      .router_latency = sim::Duration{300'000},
      .ethernet = {.retry_after = std::chrono::milliseconds{67}},
  };
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        sim::simulate_flows(fabric, flows, {.model = sim::NetworkModel::packet, .packet = packet})
            .completion_s);
  }
  state.SetItemsProcessed(state.iterations() * hops * (size / 4096));
}
BENCHMARK(packet_all_to_all)
    ->ArgName("switching")
    ->Arg(static_cast<int>(sim::Switching::fifo))
    ->Arg(static_cast<int>(sim::Switching::cut_through))
    ->Arg(static_cast<int>(sim::Switching::ethernet))
    ->Unit(benchmark::kMillisecond);

}  // namespace
