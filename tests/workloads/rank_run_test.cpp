#include "workloads/rank_run.hpp"

#include <string>

#include <doctest/doctest.h>

#include "collectives/registry.hpp"
#include "collectives/request.hpp"
#include "sim/error.hpp"
#include "topology/registry.hpp"
#include "workloads/pipeline.hpp"

using namespace workloads;
using collectives::Collective;
using Kind = Instruction::Kind;

namespace {

constexpr std::int64_t us = 1'000'000;  // picoseconds

sim::Duration microseconds(std::int64_t count) {
  return sim::Duration{count * us};
}

Instruction compute(std::int64_t count, std::uint8_t category = 0) {
  return {.kind = Kind::compute, .category = category, .time = microseconds(count)};
}

collectives::Group group_of(const topology::Topology& topology,
                            const std::vector<std::int32_t>& ranks) {
  collectives::Group group;
  for (const std::int32_t rank : ranks) {
    group.nodes.push_back(topology.endpoints()[static_cast<std::size_t>(rank)]);
  }
  return group;
}

/// Rings, and messages as they are.
Carrier rings_on(const topology::Topology& topology) {
  return {.operation =
              [&topology](const Communicator& communicator, const Operation& operation) {
                collectives::Group group = group_of(topology, communicator.ranks);
                const collectives::Request request{.topology = &topology,
                                                   .group = &group,
                                                   .collective = operation.collective,
                                                   .bytes = operation.bytes};
                collectives::Schedule schedule =
                    collectives::find_algorithm(operation.collective,
                                                sim::ConfigNode::scalar("test", "ring"))
                        .build(request);
                return Carried{.group = std::move(group), .schedule = std::move(schedule)};
              },
          .message =
              [&topology](std::int32_t from, std::int32_t to, sim::Bytes bytes) {
                collectives::Schedule schedule{Collective::broadcast, 2, 1, {bytes, 1}};
                schedule.add({.from = collectives::Rank{0},
                              .to = collectives::Rank{1},
                              .chunks = collectives::fixed_chunks(0, 1)},
                             {});
                return Carried{.group = group_of(topology, {from, to}),
                               .schedule = std::move(schedule)};
              }};
}

/// One communicator over all ranks, who all have the first program.
RankPrograms all_alike(std::int32_t ranks, std::vector<Instruction> program, Operation operation) {
  RankPrograms all{.programs = {std::move(program)},
                   .program_of = std::vector<std::int32_t>(static_cast<std::size_t>(ranks), 0),
                   .communicators = {{.ranks = {}, .slot = 0}},
                   .communicator_of = {},
                   .peer_of = {},
                   .operations = {{operation}}};
  for (std::int32_t rank = 0; rank < ranks; ++rank) {
    all.communicators[0].ranks.push_back(rank);
    all.communicator_of.push_back({0});
    all.peer_of.push_back({});
  }
  return all;
}

/// A pipeline whose passes take F, B (inputs) and W (weights), messages of no bytes between stages.
RankPrograms pipeline_of(const std::vector<StageOrder>& orders, std::int32_t chunks,
                         std::int64_t forward, std::int64_t inputs, std::int64_t weights) {
  const auto stages = static_cast<std::int32_t>(orders.size());
  enum Slot : std::uint16_t { next, previous };
  RankPrograms all;
  for (std::int32_t stage = 0; stage < stages; ++stage) {
    std::vector<Instruction> program;
    for (const auto& slot : orders[static_cast<std::size_t>(stage)]) {
      const std::int32_t part = (slot.chunk * stages) + stage;
      const bool is_first = part == 0;
      const bool is_last = part == (stages * chunks) - 1;
      const auto add = [&](Kind kind, Slot to) {
        program.push_back({.kind = kind, .category = 1, .slot = to});
      };
      if (slot.work == Work::forward) {
        if (!is_first) {
          add(Kind::receive, previous);
        }
        program.push_back(compute(forward));
        if (!is_last) {
          add(Kind::send, next);
        }
      } else if (slot.work == Work::backward_weights) {
        program.push_back(compute(weights));
      } else {
        if (!is_last) {
          add(Kind::receive, next);
        }
        program.push_back(compute(slot.work == Work::backward ? inputs + weights : inputs));
        if (!is_first) {
          add(Kind::send, previous);
        }
      }
    }
    all.programs.push_back(std::move(program));
    all.program_of.push_back(stage);
    all.communicator_of.emplace_back();
    all.peer_of.push_back({(stage + 1) % stages, (stage + stages - 1) % stages});
  }
  return all;
}

}  // namespace

TEST_CASE("rank run: a collective begins when the last rank has come, and takes its time") {
  const auto network = topology::load("test", "ring:4,link=50GB/s,0ns");
  // A ring's all-gather of 4 MB among four: 60 us.
  RankPrograms all = all_alike(
      4, {compute(10), {.kind = Kind::begin}, {.kind = Kind::wait, .category = 1}, compute(5)},
      {Collective::all_gather, sim::Bytes{4'000'000}});
  all.programs.push_back(all.programs.front());
  all.programs[1].front().time = microseconds(30);
  all.program_of[2] = 1;  // one is late
  const RunResult result = run_ranks(all, network, {}, rings_on(network), 2);
  CHECK(result.time == microseconds(95));
  for (std::size_t rank = 0; rank < 4; ++rank) {
    CHECK(result.ranks[rank].end == microseconds(95));
    CHECK(result.ranks[rank].by_category[0] == microseconds(rank == 2 ? 35 : 15));
    CHECK(result.ranks[rank].by_category[1] == microseconds(rank == 2 ? 60 : 80));
  }
  // Known to be alone, it takes what is said, without the network.
  Carrier carrier = rings_on(network);
  carrier.operation = [inner = carrier.operation](const Communicator& communicator,
                                                  const Operation& operation) {
    Carried carried = inner(communicator, operation);
    carried.alone = microseconds(60);
    return carried;
  };
  const RunResult alone = run_ranks(all, network, {}, carrier, 2);
  CHECK(alone.time == result.time);
  CHECK(alone.ranks[0].by_category == result.ranks[0].by_category);
  CHECK(alone.links.empty());
}

TEST_CASE("rank run: what runs beside a kernel is waited for only later") {
  const auto network = topology::load("test", "ring:4,link=50GB/s,0ns");
  const std::vector<Instruction> program{compute(10), {.kind = Kind::begin},
                                         compute(40), {.kind = Kind::begin},
                                         compute(15), {.kind = Kind::wait, .category = 1}};
  const RunResult result =
      run_ranks(all_alike(4, program, {Collective::all_gather, sim::Bytes{4'000'000}}), network, {},
                rings_on(network), 2);
  // The second begins when the first is over: 10 + 60 + 60, of which 65 are computed through.
  CHECK(result.time == microseconds(130));
  CHECK(result.ranks[0].by_category[1] == microseconds(65));
}

TEST_CASE("rank run: groups that share links slow each other down") {
  // Two rings over the same cables of a ring of four, at once: twice as long.
  const auto network = topology::load("test", "ring:4,link=50GB/s,0ns");
  RankPrograms all = all_alike(4,
                               {{.kind = Kind::begin},
                                {.kind = Kind::begin, .slot = 1},
                                {.kind = Kind::wait},
                                {.kind = Kind::wait, .slot = 1}},
                               {Collective::all_gather, sim::Bytes{4'000'000}});
  all.communicators.push_back(all.communicators.front());
  all.communicators[1].slot = 1;
  all.operations.push_back(all.operations.front());
  for (auto& own : all.communicator_of) {
    own.push_back(1);
  }
  CHECK(run_ranks(all, network, {}, rings_on(network), 1).time == microseconds(120));
  CHECK(run_ranks(all, network, {.network = sim::NetworkModel::ideal}, rings_on(network), 1).time ==
        microseconds(60));
}

TEST_CASE("rank run: with free messages bubbles are those of the closed forms, to the picosecond") {
  const auto network = topology::load("test", "fully-connected:8,link=400GB/s,0ns");
  for (const std::int32_t p : {2, 4, 8}) {
    for (const std::int32_t m : {p, 3 * p}) {
      const auto time_of = [&](const std::vector<StageOrder>& orders, std::int32_t chunks) {
        return run_ranks(pipeline_of(orders, chunks, 10, 12, 9), network, {}, rings_on(network), 2);
      };
      const std::int64_t all = 10 + 12 + 9;
      CAPTURE(p);
      CAPTURE(m);
      CHECK(time_of(gpipe(p, m), 1).time == microseconds((m + p - 1) * all));
      const RunResult result = time_of(one_f_one_b(p, m), 1);
      CHECK(result.time == microseconds((m + p - 1) * all));
      // Each stage computes for m passes and waits for the rest: until its first one, and, of the
      // others, while later stages fill and drain.
      for (std::int32_t stage = 0; stage < p; ++stage) {
        CHECK(result.ranks[static_cast<std::size_t>(stage)].by_category[0] ==
              microseconds(m * all));
      }
      CHECK(time_of(zero_bubble(p, m), 1).time ==
            microseconds((m * all) + ((p - 1) * (10 + 12 - 9))));
      CHECK(time_of(interleaved(p, m, 2), 2).time == microseconds(((2 * m) + p - 1) * all));
    }
  }
}

TEST_CASE("rank run: messages take their time, and those of one pair follow each other") {
  const auto network = topology::load("test", "ring:2,link=50GB/s,0ns");
  // 5 MB at 50 GB/s: 100 us each. (A ring of two has two cables: routing takes one.)
  RankPrograms all{.programs = {{{.kind = Kind::send, .what = 5'000'000},
                                 {.kind = Kind::send, .what = 5'000'000}},
                                {{.kind = Kind::receive, .category = 1},
                                 compute(30),
                                 {.kind = Kind::receive, .category = 1}}},
                   .program_of = {0, 1},
                   .communicators = {},
                   .communicator_of = {{}, {}},
                   .peer_of = {{1}, {0}},
                   .operations = {}};
  const RunResult result = run_ranks(all, network, {}, rings_on(network), 2);
  CHECK(result.time == microseconds(200));
  CHECK(result.ranks[0].end == microseconds(0));  // sending holds nobody up
  CHECK(result.ranks[1].by_category[1] == microseconds(170));
}

TEST_CASE("rank run: ranks that wait for each other are named, with what they wait for") {
  const auto network = topology::load("test", "ring:4,link=50GB/s,0ns");
  RankPrograms all = all_alike(4, {{.kind = Kind::begin}, {.kind = Kind::wait}},
                               {Collective::all_gather, sim::Bytes{4'000'000}});
  all.programs.push_back({{.kind = Kind::receive}});
  all.program_of[3] = 1;
  all.peer_of[3] = {1};
  CHECK_THROWS_WITH_AS(run_ranks(all, network, {}, rings_on(network), 1),
                       "the step cannot go on:\n"
                       "  rank 0 waits for ranks that do not take part in a collective: 3\n"
                       "  rank 1 waits for ranks that do not take part in a collective: 3\n"
                       "  rank 2 waits for ranks that do not take part in a collective: 3\n"
                       "  rank 3 waits for a message from rank 1",
                       sim::Failure);
}

namespace {

/// Two ranks, the second of which receives what the first sends after 5 us; then the first goes on.
RankPrograms sender(std::vector<Instruction> then) {
  RankPrograms all{.programs = {{compute(5), {.kind = Kind::send, .slot = 0, .what = 1'000'000}},
                                {{.kind = Kind::receive, .slot = 0}}},
                   .program_of = {0, 1},
                   .communicators = {},
                   .communicator_of = {{}, {}},
                   .peer_of = {{1}, {0}},
                   .operations = {}};
  all.programs[0].insert(all.programs[0].end(), then.begin(), then.end());
  return all;
}

Instruction kernel(std::int64_t time, std::int64_t launch) {
  return {.kind = Kind::compute,
          .time = microseconds(time),
          .host = microseconds(launch),
          .late = microseconds(launch + time)};
}

}  // namespace

TEST_CASE("rank run: who waits for what it has sent waits until it has arrived") {
  // 1 MB at 100 GB/s through two cables of 1 us: 10 + 2 us from 5 us on.
  const auto network = topology::load("test", "gpu-cluster:1x2,nvlink=100GB/s,1us");
  const Carrier carrier = rings_on(network);
  const auto end = [&](std::vector<Instruction> then) {
    return run_ranks(sender(std::move(then)), network, {}, carrier, 1).ranks[0].end;
  };
  CHECK(end({compute(1)}) == microseconds(6));
  const sim::Duration drained = end({{.kind = Kind::drain, .slot = 0}, compute(1)});
  CHECK(drained >= microseconds(5 + 10 + 1));
  CHECK(drained <= microseconds(5 + 10 + 2 + 1 + 10));
  CHECK(
      run_ranks(sender({{.kind = Kind::drain, .slot = 0}}), network, {}, carrier, 1).ranks[0].end ==
      run_ranks(sender({}), network, {}, carrier, 1).ranks[1].end);
}

TEST_CASE(
    "rank run: a message that is never taken in still arrives, one that never comes is named") {
  const auto network = topology::load("test", "gpu-cluster:1x2,nvlink=100GB/s,1us");
  RankPrograms all = sender({{.kind = Kind::receive, .slot = 0}});
  all.programs[1].clear();
  all.endpoint_of = {4, 12};  // what users call them
  CHECK_THROWS_WITH_AS(run_ranks(all, network, {}, rings_on(network), 1),
                       "the step cannot go on:\n  rank 4 waits for a message from rank 12",
                       sim::Failure);
}

TEST_CASE("rank run: kernels start when the host has issued them") {
  const auto network = topology::load("test", "gpu-cluster:1x2");
  const auto time_of = [&](std::vector<Instruction> program, bool joins) {
    if (joins) {
      for (std::size_t i = 1; i < program.size(); ++i) {
        join(program[0], program[i]);
      }
      program.resize(1);
    }
    RankPrograms all = all_alike(2, std::move(program), {Collective::all_reduce, sim::Bytes{8}});
    return run_ranks(all, network, {}, rings_on(network), 1).time;
  };
  // Issued at 10, 20, 30 us: 1 us each, the last one ends at 31. One of 25 us ends at 35, behind
  // which those issued by then wait: 36, 37. Long ones hide the host: 10 + 3 * 20.
  for (const bool joins : {false, true}) {
    CHECK(time_of({kernel(1, 10), kernel(1, 10), kernel(1, 10)}, joins) == microseconds(31));
    CHECK(time_of({kernel(25, 10), kernel(1, 10), kernel(1, 10)}, joins) == microseconds(37));
    CHECK(time_of({kernel(20, 10), kernel(20, 10), kernel(20, 10)}, joins) == microseconds(70));
  }
  // A host that waits for the GPU at 30 us issues the next one from then on: 30 + 10 + 1.
  CHECK(time_of({kernel(20, 10), {.kind = Kind::synchronise}, kernel(1, 10)}, false) ==
        microseconds(41));
}

TEST_CASE("rank run: kernels beside a collective take longer, for as long as that takes") {
  const auto network = topology::load("test", "gpu-cluster:1x2,nvlink=100GB/s,1us");
  const std::vector<Instruction> program{
      {.kind = Kind::begin, .slot = 0}, compute(1000), {.kind = Kind::wait, .slot = 0}};
  const Operation operation{Collective::all_reduce, sim::Bytes{10'000'000}};
  RankPrograms all = all_alike(2, program, operation);
  RankPrograms alone = all;
  alone.programs[0].erase(alone.programs[0].begin() + 1);
  const Carrier carrier = rings_on(network);
  const sim::Duration collective = run_ranks(alone, network, {}, carrier, 1).time;
  REQUIRE(collective < microseconds(500));
  all.slowdown = 1.25;
  // While it runs, kernels do 1 / 1.25 of their work: a fifth of its time is missing.
  CHECK(run_ranks(all, network, {}, carrier, 1).time == microseconds(1000) + (collective / 5));
  all.slowdown = 1;
  CHECK(run_ranks(all, network, {}, carrier, 1).time == microseconds(1000));
}

TEST_CASE("rank run: a rank can wait for some of what it has begun") {
  const auto network = topology::load("test", "gpu-cluster:1x2,nvlink=100GB/s,1us");
  const Operation operation{Collective::all_reduce, sim::Bytes{10'000'000}};
  const auto time_of = [&](std::int32_t count) {
    const std::vector<Instruction> program{{.kind = Kind::begin, .slot = 0},
                                           {.kind = Kind::begin, .slot = 0},
                                           {.kind = Kind::wait, .slot = 0, .what = count}};
    return run_ranks(all_alike(2, program, operation), network, {}, rings_on(network), 1)
        .ranks[0]
        .end;
  };
  CHECK(time_of(2) == time_of(0));
  CHECK(time_of(1) * 2 == time_of(2));
}
