#include "collectives/verify.hpp"

#include <array>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "collectives/execute.hpp"
#include "sim/error.hpp"
#include "tests/collectives/support.hpp"
#include "tests/reference/interpret.hpp"

using collectives::After;
using collectives::Collective;
using collectives::Combine;
using collectives::Rank;
using collectives::Schedule;
using collectives::Side;
using collectives::TransferId;

namespace {

/// Two ranks, one chunk: the right all-reduce is "0 reduces into 1, 1 copies back".
Schedule pair() {
  return {Collective::all_reduce, 2, 1, {sim::Bytes{8}, 1}};
}

collectives::Transfer move(int from, int to, Combine combine) {
  return {.from = Rank{from}, .to = Rank{to}, .combine = combine, .chunks = {}};
}

std::string problem_of(const Schedule& schedule) {
  return collectives::verify(schedule).value_or("none");
}

}  // namespace

TEST_CASE("verify: a right schedule of two ranks passes") {
  Schedule schedule = pair();
  const auto up = schedule.add(move(0, 1, Combine::reduce));
  schedule.add(move(1, 0, Combine::copy), std::array{After{up, 0}});
  CHECK(problem_of(schedule) == "none");
}

TEST_CASE("verify: a missing condition is a race") {
  Schedule schedule = pair();
  schedule.add(move(0, 1, Combine::reduce));
  schedule.add(move(1, 0, Combine::copy));  // may leave before the sum is made
  CHECK(problem_of(schedule).find("in no fixed order") != std::string::npos);
}

TEST_CASE("verify: a switch adds what it gets, brings nothing, and must wait like a rank") {
  const auto with_switch = [](bool waits_for_both) {
    Schedule schedule = pair();
    const int middle = static_cast<int>(schedule.add_switch(topology::NodeId{7}));
    CHECK(middle == 2);
    CHECK(schedule.ranks() == 2);
    CHECK(schedule.participants() == 3);
    std::vector<After> summed;
    for (const int rank : {0, 1}) {
      summed.push_back({schedule.add(move(rank, middle, Combine::reduce)), 0});
    }
    if (!waits_for_both) {
      summed.pop_back();
    }
    schedule.add(move(middle, 0, Combine::copy), summed);
    schedule.add(move(middle, 1, Combine::copy), summed);
    return schedule;
  };
  CHECK(problem_of(with_switch(true)) == "none");
  CHECK(reference::interpret(with_switch(true), 1).empty());
  CHECK(problem_of(with_switch(false)) != "none");
}

TEST_CASE("verify: chunks that are not all of the data, or blocks of unequal length, are refused") {
  Schedule half{Collective::all_reduce, 2, 1, {sim::Bytes{8}, 2}};  // the second part is left out
  const auto up = half.add(move(0, 1, Combine::reduce));
  half.add(move(1, 0, Combine::copy), std::array{After{up, 0}});
  CHECK(problem_of(half) == "1 chunks are not the 2 parts of the data");

  Schedule uneven{Collective::reduce_scatter, 2, 3, {sim::Bytes{9}, 3}};  // rank 0 has 2 of 3
  uneven.add({.from = Rank{1}, .to = Rank{0}, .combine = Combine::reduce, .chunks = {}});
  CHECK(problem_of(uneven) == "rank 0 has a block of 2 chunks, the next rank one of 1");

  // The same two blocks, but the ranks have each other's: who ends with what counts.
  Schedule swapped{Collective::reduce_scatter, 2, 2, {sim::Bytes{8}, 2}};
  const auto chunk = [](std::int32_t first) { return collectives::fixed_chunks(first, 1); };
  swapped.add({.from = Rank{0},
               .to = Rank{1},
               .combine = Combine::reduce,
               .messages = 1,
               .chunks = chunk(0)});
  swapped.add({.from = Rank{1},
               .to = Rank{0},
               .combine = Combine::reduce,
               .messages = 1,
               .chunks = chunk(1)});
  CHECK(problem_of(swapped).starts_with("rank 0 ends with 1 of 2 contributions to chunk 0"));
  swapped.set_owners({Rank{1}, Rank{0}});
  CHECK(problem_of(swapped) == "none");
}

TEST_CASE("verify: two copies into one place in no fixed order are a race, sends are not") {
  Schedule schedule{Collective::broadcast, 3, 1, {sim::Bytes{8}, 1}};
  schedule.add(move(0, 1, Combine::copy));
  const auto direct = schedule.add(move(0, 2, Combine::copy));
  CHECK(problem_of(schedule) == "none");  // rank 0 sends twice, in whatever order
  schedule.add(move(0, 2, Combine::copy));
  CHECK(problem_of(schedule).find("chunk 0 at rank 2 is received and received") !=
        std::string::npos);
  CHECK(collectives::index(direct) == 1);
}

TEST_CASE("verify: a race between uses that others stand between is found") {
  // Rank 1 sends its value to 2 (nothing waits for that), then takes in 0's sum, then 2's. The
  // first send and the last arrival are two runs apart; the break is between the first two.
  Schedule schedule{Collective::reduce, 3, 1, {sim::Bytes{8}, 1}};
  schedule.set_root(Rank{1});
  const auto in = schedule.add(move(0, 1, Combine::reduce));
  schedule.add(move(2, 1, Combine::reduce), std::array{After{in, 0, Side::receive}});
  CHECK(problem_of(schedule) == "none");
  schedule.add(move(1, 0, Combine::copy));  // reads what the two above change
  CHECK(problem_of(schedule).find("in no fixed order") != std::string::npos);
}

TEST_CASE("verify: a missing contribution is found") {
  Schedule schedule = pair();
  schedule.add(move(0, 1, Combine::reduce));
  CHECK(problem_of(schedule).starts_with("rank 0 ends with 1 of 2 contributions to chunk 0"));
}

TEST_CASE("verify: a contribution that is counted twice is found") {
  Schedule schedule = pair();
  const auto up = schedule.add(move(0, 1, Combine::reduce));
  schedule.add(move(1, 0, Combine::reduce), std::array{After{up, 0}});
  CHECK(problem_of(schedule).starts_with(
      "chunk 0 from rank 1 reduces the contribution of rank 0 a second time at rank 0"));
}

TEST_CASE("verify: sending what has not arrived is found") {
  Schedule schedule{Collective::broadcast, 3, 1, {sim::Bytes{8}, 1}};
  schedule.add(move(1, 2, Combine::copy));
  schedule.add(move(0, 1, Combine::copy));
  CHECK(problem_of(schedule).starts_with("rank 1 sends chunk 0 to rank 2 before it holds it"));
}

TEST_CASE("verify: messages that wait for each other are found, and named by the executor too") {
  Schedule schedule = pair();
  schedule.add(move(0, 1, Combine::reduce), std::array{After{TransferId{1}, 0}});
  schedule.add(move(1, 0, Combine::copy), std::array{After{TransferId{0}, 0}});
  const std::string problem = problem_of(schedule);
  CHECK(
      problem.starts_with("messages wait for each other:\n  rank 0 waits to send message 0 of 1 "
                          "to rank 1 (transfer 0): transfer 1, rank 1 to rank 0, must come "
                          "first\n"));
  CHECK(problem.find("in a circle: rank") != std::string::npos);
  const Machine machine{"switch:2"};
  CHECK_THROWS_AS(
      static_cast<void>(collectives::execute(machine.topology, machine.group, schedule, {})),
      sim::Failure);
}

TEST_CASE("verify: a receiver's condition orders what a sender cannot know") {
  // Rank 1 first passes its own value on to rank 2, then takes in rank 0's. Without the condition
  // at the receiver the two race.
  for (const bool ordered : {false, true}) {
    Schedule schedule{Collective::reduce, 3, 1, {sim::Bytes{8}, 1}};
    schedule.set_root(Rank{2});
    const auto own = schedule.add(move(1, 2, Combine::reduce));
    std::vector<After> after;
    if (ordered) {
      after.push_back({own, 0, Side::receive});
    }
    const auto in = schedule.add(move(0, 1, Combine::copy), after);
    schedule.add(move(1, 2, Combine::reduce), std::array{After{in, 0}, After{own, 0}});
    CHECK((problem_of(schedule) == "none") == ordered);
  }
}

TEST_CASE("verify: whatever order events happen to take, the slow interpreter agrees") {
  // Every algorithm, small; 20 random orders that the conditions allow.
  for (const std::string name : {"torus:2x3", "gpu-cluster:2x3", "switch:5", "bigraph:2x4"}) {
    const Machine machine{name};
    for (const auto& algorithm : collectives::algorithms()) {
      if (collectives::misfit(algorithm, machine.topology, machine.group)) {
        continue;
      }
      CAPTURE(name);
      CAPTURE(algorithm.name);
      auto request = machine.request(algorithm.collective, sim::Bytes{1 << 10});
      request.pieces = 3;
      const Schedule schedule = algorithm.build(request);
      for (std::uint32_t seed = 0; seed < 20; ++seed) {
        CHECK(reference::interpret(schedule, seed) == "");
      }
    }
  }
}

TEST_CASE("verify: and it disagrees where the verifier does, on schedules broken at random") {
  // Take one condition away. Where some order of events then gives a wrong result, the verifier
  // must have said so; a condition that was not needed may go unnoticed by both.
  const Machine machine{"switch:4"};
  std::mt19937 random{3};
  int wrong = 0;
  for (const std::string name : {"ring", "double-binary-tree", "halving-doubling", "multitree"}) {
    auto request = machine.request(Collective::all_reduce, sim::Bytes{64});
    request.pieces = 2;
    const Schedule good = algorithm(Collective::all_reduce, name).build(request);
    for (std::size_t victim = 0; victim < good.transfers().size(); ++victim) {
      Schedule bad{Collective::all_reduce, good.ranks(), good.chunks(), good.layout()};
      for (std::size_t t = 0; t < good.transfers().size(); ++t) {
        const TransferId id{static_cast<std::int32_t>(t)};
        std::vector<After> after{good.after(id).begin(), good.after(id).end()};
        if (t == victim && !after.empty()) {
          after.erase(after.begin() + static_cast<std::ptrdiff_t>(random() % after.size()));
        }
        bad.add(good.transfer(id), after);
      }
      bool interpreted_wrong = false;
      for (std::uint32_t seed = 0; seed < 50 && !interpreted_wrong; ++seed) {
        interpreted_wrong = !reference::interpret(bad, seed).empty();
      }
      wrong += interpreted_wrong ? 1 : 0;
      if (interpreted_wrong) {
        CHECK(collectives::verify(bad).has_value());
      }
    }
  }
  CHECK(wrong > 20);  // the test has teeth
}
