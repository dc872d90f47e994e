// Whole collectives on the flow model, every message simulated: no symmetry is used.

#include <sys/resource.h>

#include <string>

#include <benchmark/benchmark.h>

#include "collectives/execute.hpp"
#include "collectives/registry.hpp"
#include "collectives/verify.hpp"
#include "topology/registry.hpp"

namespace {

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// Builds the schedule, routes it and runs it.
void run_collective(benchmark::State& state, const std::string& topology_text,
                    collectives::Collective collective, const std::string& algorithm,
                    sim::Bytes bytes, const collectives::ExecuteOptions& options) {
  const auto topology = topology::load("bench", topology_text);
  const auto group = collectives::whole_group(topology);
  const auto& chosen =
      collectives::find_algorithm(collective, sim::ConfigNode::scalar("bench", algorithm));
  collectives::Request request;
  request.topology = &topology;
  request.group = &group;
  request.collective = collective;
  request.bytes = bytes;
  std::int64_t messages = 0;
  double seconds = 0;
  for (auto _ : state) {
    const auto schedule = chosen.build(request);
    const auto run = collectives::execute(topology, group, schedule, options);
    messages += run.messages;
    seconds = run.time_s;
  }
  state.SetItemsProcessed(messages);
  state.counters["simulated_us"] = seconds * 1e6;
  state.counters["peak_rss_MB"] = peak_megabytes();
}

void ring_1024_on_a_ring(benchmark::State& state) {
  run_collective(state, "ring:1024,link=50GB/s,500ns", collectives::Collective::all_reduce, "ring",
                 sim::Bytes{1 << 30}, {});
}
BENCHMARK(ring_1024_on_a_ring)->Unit(benchmark::kMillisecond);

void ring_1024_on_a_star(benchmark::State& state) {
  run_collective(state, "switch:1024,link=100Gbps,1us", collectives::Collective::all_reduce, "ring",
                 sim::Bytes{1 << 30}, {});
}
BENCHMARK(ring_1024_on_a_star)->Unit(benchmark::kMillisecond);

void ring_1024_on_dgx_servers(benchmark::State& state) {
  collectives::ExecuteOptions options;
  run_collective(state, "gpu-cluster:128x8", collectives::Collective::all_reduce, "ring",
                 sim::Bytes{1 << 30}, options);
}
BENCHMARK(ring_1024_on_dgx_servers)->Unit(benchmark::kMillisecond)->Iterations(1);

/// 1 MiB per ordered pair of 128 hosts, 16 leaves of 8, one hashed path per pair: 16,256 flows.
void all_to_all_128_ecmp(benchmark::State& state) {
  collectives::ExecuteOptions options;
  options.routing = topology::Routing::ecmp;
  run_collective(state, "fat-tree:16x8,link=100Gbps,1us", collectives::Collective::all_to_all,
                 "direct", sim::Bytes{128LL << 20}, options);
}
BENCHMARK(all_to_all_128_ecmp)->Unit(benchmark::kMillisecond);

void all_to_all_256_ecmp(benchmark::State& state) {
  collectives::ExecuteOptions options;
  options.routing = topology::Routing::ecmp;
  run_collective(state, "fat-tree:16x16,link=100Gbps,1us", collectives::Collective::all_to_all,
                 "direct", sim::Bytes{256LL << 20}, options);
}
BENCHMARK(all_to_all_256_ecmp)->Unit(benchmark::kMillisecond);

void verify_ring_512(benchmark::State& state) {
  const auto topology = topology::load("bench", "ring:512");
  const auto group = collectives::whole_group(topology);
  collectives::Request request;
  request.topology = &topology;
  request.group = &group;
  request.bytes = sim::Bytes{1 << 30};
  const auto schedule = collectives::find_algorithm(collectives::Collective::all_reduce,
                                                    sim::ConfigNode::scalar("bench", "ring"))
                            .build(request);
  for (auto _ : state) {
    benchmark::DoNotOptimize(collectives::verify(schedule));
  }
  state.SetItemsProcessed(state.iterations() * schedule.messages());
}
BENCHMARK(verify_ring_512)->Unit(benchmark::kMillisecond);

}  // namespace
