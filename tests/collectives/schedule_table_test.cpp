#include "collectives/schedule_table.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "collectives/reduction_units.hpp"

using collectives::Pace;
using collectives::Rank;
using collectives::Schedule;
using collectives::ScheduleTable;
using collectives::TransferId;
using namespace std::chrono_literals;

namespace {

/// Rank 0 sends to rank 1 in the given steps, one message each.
Schedule sends_in(const std::vector<std::int32_t>& steps) {
  Schedule schedule{collectives::Collective::all_reduce, 2, 1, {sim::Bytes{8}, 1}};
  for (const std::int32_t step : steps) {
    schedule.add({.from = Rank{0}, .to = Rank{1}, .step = step, .chunks = {}});
  }
  return schedule;
}

sim::Instant at(sim::Duration time) {
  return sim::Instant{time};
}

std::vector<TransferId> ids(std::initializer_list<std::int32_t> numbers) {
  std::vector<TransferId> out;
  for (const std::int32_t number : numbers) {
    out.push_back(TransferId{number});
  }
  return out;
}

}  // namespace

TEST_CASE("table: only the sends of the first step may go, whatever else is ready") {
  const Schedule schedule = sends_in({0, 0, 5, 9});
  ScheduleTable table{schedule, std::nullopt};
  table.on_ready(TransferId{2});
  CHECK(table.release(Rank{0}, at(0ns)).empty());
  table.on_ready(TransferId{1});
  CHECK(table.release(Rank{0}, at(1ns)) == ids({1}));
  table.on_ready(TransferId{0});
  CHECK(table.release(Rank{0}, at(2ns)) == ids({0, 2}));  // the step in between is skipped
  CHECK(!table.wake(Rank{0}));
  table.on_ready(TransferId{3});
  CHECK(table.release(Rank{0}, at(3ns)) == ids({3}));
}

TEST_CASE("table: the messages of a train have steps of their own") {
  Schedule schedule{collectives::Collective::all_reduce, 2, 1, {sim::Bytes{8}, 1}};
  schedule.add(
      {.from = Rank{0}, .to = Rank{1}, .messages = 2, .step = 0, .step_stride = 2, .chunks = {}});
  schedule.add({.from = Rank{0}, .to = Rank{1}, .step = 1, .chunks = {}});
  ScheduleTable table{schedule, std::nullopt};
  table.on_ready(TransferId{0});
  table.on_ready(TransferId{0});
  CHECK(table.release(Rank{0}, at(0ns)) == ids({0}));
  table.on_ready(TransferId{1});
  CHECK(table.release(Rank{0}, at(0ns)) == ids({1, 0}));
}

TEST_CASE("table: in lockstep the next step waits until all ports are free, a step fills them") {
  const Schedule schedule = sends_in({0, 0, 0, 1, 1});
  ScheduleTable table{schedule, Pace{.ports = 2, .estimate = 10ns}};
  for (std::int32_t id = 0; id < 5; ++id) {
    table.on_ready(TransferId{id});
  }
  CHECK(table.release(Rank{0}, at(0ns)) == ids({0, 1}));
  table.on_left(TransferId{0});
  CHECK(table.release(Rank{0}, at(1ns)) == ids({2}));
  table.on_left(TransferId{1});
  CHECK(table.release(Rank{0}, at(2ns)).empty());  // a port is free, but transfer 2 is not over
  table.on_left(TransferId{2});
  CHECK(table.release(Rank{0}, at(3ns)) == ids({3, 4}));
}

TEST_CASE("table: a step without a send lasts as long as it is estimated to") {
  // Steps 0, 3 and 4. The table begins with a send; two NOPs follow, the first one timed from that
  // send on, for its step and for the NOP: 20 ns, and 10 ns for the second.
  const Schedule schedule = sends_in({0, 3, 4});
  ScheduleTable table{schedule, Pace{.ports = 1, .estimate = 10ns}};
  for (std::int32_t id = 0; id < 3; ++id) {
    table.on_ready(TransferId{id});
  }
  CHECK(table.release(Rank{0}, at(100ns)) == ids({0}));
  CHECK(table.wake(Rank{0}) == at(120ns));
  table.on_left(TransferId{0});
  CHECK(table.release(Rank{0}, at(119ns)).empty());
  CHECK(table.release(Rank{0}, at(120ns)).empty());
  CHECK(table.wake(Rank{0}) == at(130ns));
  CHECK(table.release(Rank{0}, at(130ns)) == ids({1}));
  table.on_left(TransferId{1});
  CHECK(table.release(Rank{0}, at(131ns)) == ids({2}));

  // A NOP at the start takes one estimate.
  const Schedule late = sends_in({1});
  ScheduleTable waits{late, Pace{.ports = 1, .estimate = 10ns}};
  waits.on_ready(TransferId{0});
  CHECK(waits.release(Rank{0}, at(0ns)).empty());
  CHECK(waits.wake(Rank{0}) == at(10ns));
  CHECK(waits.release(Rank{0}, at(10ns)) == ids({0}));
}

TEST_CASE("table: what reaches a rank in one step is spread over its ports by flow") {
  Schedule schedule{collectives::Collective::all_reduce, 4, 3, {sim::Bytes{12}, 3}};
  // Flows 2, 0 and 1 reach rank 3 in step 0; then the train of flow 2 alone in step 1.
  const auto chunk = [](std::int32_t flow) { return collectives::fixed_chunks(flow, 1); };
  schedule.add({.from = Rank{2},
                .to = Rank{3},
                .messages = 2,
                .step = 0,
                .step_stride = 1,
                .chunks = chunk(2)});
  schedule.add({.from = Rank{0}, .to = Rank{3}, .step = 0, .chunks = chunk(0)});
  schedule.add({.from = Rank{1}, .to = Rank{3}, .step = 0, .chunks = chunk(1)});
  const std::vector<std::vector<std::uint8_t>> two{{0, 0}, {0}, {1}};
  CHECK(collectives::arrival_ports(schedule, 2) == two);
  const std::vector<std::vector<std::uint8_t>> three{{2, 0}, {0}, {1}};
  CHECK(collectives::arrival_ports(schedule, 3) == three);
}

TEST_CASE("table: the sends of a step go in the order of their flows") {
  Schedule schedule{collectives::Collective::all_reduce, 3, 2, {sim::Bytes{8}, 2}};
  schedule.add({.from = Rank{0},
                .to = Rank{1},
                .step = 0,
                .chunks = {},
                .flow = collectives::fixed_chunks(7, 1)});
  schedule.add({.from = Rank{0},
                .to = Rank{2},
                .step = 0,
                .chunks = {},
                .flow = collectives::fixed_chunks(3, 1)});
  ScheduleTable table{schedule, std::nullopt};
  table.on_ready(TransferId{0});
  table.on_ready(TransferId{1});
  CHECK(table.release(Rank{0}, at(0ns)) == ids({1, 0}));
}

namespace {

class Reduced final : public collectives::ReductionListener {
 public:
  explicit Reduced(const sim::Engine& engine) : engine_{&engine} {}
  void on_reduced(TransferId id, sim::Carry /*carry*/) override {
    order.push_back(id);
    when.push_back(engine_->now());
  }
  std::vector<TransferId> order;
  std::vector<sim::Instant> when;

 private:
  const sim::Engine* engine_;
};

}  // namespace

TEST_CASE("reduction: messages that come at one instant are reduced in the order of flows") {
  Schedule schedule{collectives::Collective::all_reduce, 3, 2, {sim::Bytes{6000}, 2}};
  schedule.add({.from = Rank{0}, .to = Rank{2}, .chunks = collectives::fixed_chunks(1, 1)});
  schedule.add({.from = Rank{1}, .to = Rank{2}, .chunks = collectives::fixed_chunks(0, 1)});
  sim::Engine engine;
  Reduced heard{engine};
  // 3000 B are two granules: 1 + 2 * 16 ns.
  collectives::ReductionUnits units{
      engine,
      schedule,
      {.bandwidth = sim::Bandwidth{128'000'000'000}, .granule = sim::Bytes{2048}, .start = 1ns},
      heard};
  units.take(TransferId{0}, 0);
  units.take(TransferId{1}, 0);
  engine.run();
  CHECK(heard.order == ids({1, 0}));
  CHECK(heard.when == std::vector{at(33ns), at(66ns)});
}
