#include "planning/search.hpp"

#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

#include "planning/bill.hpp"
#include "tests/workloads/support.hpp"
#include "topology/registry.hpp"
#include "workloads/training_step.hpp"

using namespace planning;
using workloads::Layout;
using workloads::Recompute;
using workloads::Sharding;

namespace {

const std::string cluster = "gpu-cluster:2x8,nvlink=300GB/s,500ns,nic=100Gbps,500ns";

double seconds_of(double seconds, double /*busy_s*/) {
  return seconds;
}

/// A small model on 16 A100, with what a search needs.
struct Case {
  workloads::Transformer model = workloads::model_of(
      "{style: gpt, layers: 8, hidden: 2048, heads: 16, vocabulary: 51200, sequence: 1024}");
  workloads::Software software{};
  topology::Topology topology = topology::load("test", cluster);
  collectives::ExecuteOptions options{};
  Layout base{.sequence_parallel = true, .global_batch = 32};

  [[nodiscard]] SearchProblem problem(sim::Bytes memory) const {
    return {.model = &model,
            .software = &software,
            .profile = &workloads::a100(),
            .topology = &topology,
            .options = &options,
            .memory = memory,
            .objective = seconds_of};
  }
  [[nodiscard]] std::vector<Candidate> all() const {
    return candidates(usual_space(model, software, 16, 8), model, base, 16);
  }
  [[nodiscard]] workloads::StepReport run(const Candidate& candidate) const {
    return workloads::run_step(training_of(candidate, model, software), workloads::a100(), topology,
                               options);
  }
  [[nodiscard]] double memory(const Candidate& candidate) const {
    double most = 0;
    for (const auto& each : workloads::memory_of(training_of(candidate, model, software))) {
      most = std::max(most, each.total());
    }
    return most;
  }
};

constexpr sim::Bytes plenty{80'000'000'000};

}  // namespace

TEST_CASE("search space: layers as equal as can be, fewer at the ends") {
  CHECK(workloads::balanced_layers(8, 4) == std::vector<std::int32_t>{2, 2, 2, 2});
  CHECK(workloads::balanced_layers(7, 4) == std::vector<std::int32_t>{1, 2, 2, 2});
  CHECK(workloads::balanced_layers(6, 4) == std::vector<std::int32_t>{1, 2, 2, 1});
  CHECK(workloads::balanced_layers(5, 4) == std::vector<std::int32_t>{1, 1, 2, 1});
  // Llama 3 405B: 126 layers in 128 parts, of which the first and the last one have none.
  const auto llama = workloads::balanced_layers(126, 128);
  CHECK(llama.front() == 0);
  CHECK(llama.back() == 0);
  CHECK(std::ranges::count(llama, 1) == 126);
}

TEST_CASE("search space: all that goes together, once") {
  const Case small;
  SearchSpace space{
      .tensor = {1, 3, 8},
      .context = {1},
      .pipeline = {1, 2},
      .expert = {1},
      .expert_tensor = {1},
      .chunks = {1, 2},
      .micro_batch = {1, 4},
      .schedules = {workloads::PipelineKind::gpipe, workloads::PipelineKind::one_f_one_b},
      .recompute = {Recompute::none, Recompute::full},
      .sharding = {Sharding::optimizer, Sharding::weights}};
  // TP 3 divides neither 16 GPUs nor 16 heads. TP 1, DP 16: micro-batch 1 and not 4. PP 2, DP 8:
  // both, but with 4 a single micro-batch is left, of which there is no interleaving. TP 8: DP 2
  // and, with PP 2, 1. Of one stage there is one schedule; sharding is of more than one replica.
  //   TP 1: PP 1: 1 micro-batch x 2 shardings x 2;  PP 2: (2 x 2 + 1) x 2 x 2
  //   TP 8: PP 1: 2 x 2 x 2;  PP 2: 3 schedules x 2 x 1 x 2
  const auto all = candidates(space, small.model, small.base, 16);
  CHECK(all.size() == 4 + 20 + 8 + 12);
  for (const Candidate& candidate : all) {
    CHECK(candidate.layout.ranks() == 16);
    CHECK(candidate.layout.sequence_parallel == (candidate.layout.tensor > 1));
    CHECK(workloads::clash_of(candidate.layout, small.model).empty());
  }
}

TEST_CASE("search: the best ones are those of simulating everything") {
  const Case small;
  const std::vector<Candidate> all = small.all();
  REQUIRE(all.size() > 100);
  // Memory for about half of them.
  std::vector<double> memories;
  std::ranges::transform(all, std::back_inserter(memories),
                         [&](const Candidate& each) { return small.memory(each); });
  std::vector<double> sorted = memories;
  std::ranges::sort(sorted);
  const sim::Bytes memory{static_cast<std::int64_t>(sorted[sorted.size() / 2])};
  std::vector<double> seconds;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (memories[i] <= static_cast<double>(memory.count())) {
      seconds.push_back(small.run(all[i]).seconds);
    }
  }
  const SearchResult result = search(small.problem(memory), all, {.wanted = 5});
  CHECK(result.candidates == all.size());
  CHECK(result.fitting == seconds.size());
  CHECK(result.least_memory == sorted.front());
  CHECK(result.found.size() < seconds.size() / 2);
  std::ranges::sort(seconds);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(result.found[i].value == seconds[i]);
    CHECK(result.found[i].bound <= result.found[i].value);
    CHECK(result.found[i].memory <= static_cast<double>(memory.count()));
  }
}

TEST_CASE("search: the front has all that nothing beats in time and memory") {
  const Case small;
  const std::vector<Candidate> all = small.all();
  std::vector<std::pair<double, double>> points;  // memory, seconds
  for (const Candidate& each : all) {
    points.emplace_back(small.memory(each), small.run(each).seconds);
  }
  const SearchResult result =
      search(small.problem(plenty), all, {.wanted = 1, .wants_front = true});
  CHECK(result.found.size() < all.size());
  for (const auto& [memory, seconds] : points) {
    if (memory > static_cast<double>(plenty.count())) {
      continue;
    }
    CHECK(std::ranges::any_of(result.found, [&, m = memory, s = seconds](const Found& found) {
      return found.memory <= m && found.value <= s;
    }));
  }
}

TEST_CASE("search: with a cost, the front has all that nothing beats in time and cost") {
  const Case small;
  const std::vector<Candidate> all = small.all();
  SearchProblem problem = small.problem(plenty);
  // Computing is dear: it pays to keep activations, even where that takes longer.
  problem.cost = [](double seconds, double busy_s) { return seconds + (20 * busy_s); };
  const SearchResult result = search(problem, all, {.wanted = 1, .wants_front = true});
  CHECK(result.found.size() < all.size());
  for (const Candidate& each : all) {
    if (small.memory(each) > static_cast<double>(plenty.count())) {
      continue;
    }
    const workloads::StepReport report = small.run(each);
    const double cost = problem.cost(report.seconds, busy_seconds(report));
    CHECK(std::ranges::any_of(result.found, [&](const Found& found) {
      return found.report.seconds <= report.seconds &&
             problem.cost(found.report.seconds, found.busy_s) <= cost;
    }));
  }
}

TEST_CASE("search: CP and EP too: the best one is that of simulating everything") {
  Case mixture;
  mixture.model = workloads::model_of(
      "{layers: 4, hidden: 1024, heads: 16, key_value_heads: 4, feed_forward: 2048,"
      " vocabulary: 32000, sequence: 4096, experts: {count: 8, per_token: 2}}");
  SearchSpace space = usual_space(mixture.model, mixture.software, 16, 8);
  space.context = {1, 2, 4};
  space.chunks = {1, 2};
  space.micro_batch = {1, 2};
  space.recompute = {Recompute::none};
  space.sharding = {Sharding::optimizer};
  const std::vector<Candidate> all = candidates(space, mixture.model, mixture.base, 16);
  CHECK(std::ranges::any_of(all, [](const Candidate& each) {
    return each.layout.context > 1 && each.layout.expert > 1 && each.layout.pipeline > 1;
  }));
  double least = std::numeric_limits<double>::infinity();
  for (const Candidate& each : all) {
    least = std::min(least, mixture.run(each).seconds);
  }
  const SearchResult result = search(mixture.problem(plenty), all, {.wanted = 1});
  CHECK(result.fitting == all.size());
  CHECK(result.found.front().value == least);
}

TEST_CASE("search: threads decide nothing") {
  const Case small;
  const std::vector<Candidate> all = small.all();
  const SearchResult one = search(small.problem(plenty), all, {.wanted = 3, .threads = 1});
  const SearchResult three = search(small.problem(plenty), all, {.wanted = 3, .threads = 3});
  REQUIRE(one.found.size() == three.found.size());
  for (std::size_t i = 0; i < one.found.size(); ++i) {
    CHECK(one.found[i].value == three.found[i].value);
    CHECK(one.found[i].memory == three.found[i].memory);
    CHECK(one.found[i].candidate.layout.tensor == three.found[i].candidate.layout.tensor);
  }
}

TEST_CASE("search: another objective finds another one") {
  // Energy as if computing cost a hundred times of waiting: no recomputation then.
  const Case small;
  SearchProblem problem = small.problem(plenty);
  problem.objective = [](double seconds, double busy_s) { return seconds + (100 * busy_s); };
  const std::vector<Candidate> all = small.all();
  const SearchResult result = search(problem, all, {.wanted = 1});
  double least = 1e9;
  for (const Candidate& each : all) {
    const workloads::StepReport report = small.run(each);
    least = std::min(least, report.seconds + (100 * busy_seconds(report)));
  }
  CHECK(result.found.front().value == least);
  CHECK(result.found.front().candidate.recompute == Recompute::none);
}

TEST_CASE("search: where nothing fits it says what the leanest would need") {
  const Case small;
  const SearchResult result = search(small.problem(sim::Bytes{1'000'000}), small.all(), {});
  CHECK(result.found.empty());
  CHECK(result.fitting == 0);
  CHECK(result.least_memory > 1e6);
  CHECK(result.least_memory < 80e9);
}
