#include "workloads/pipeline.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <doctest/doctest.h>

#include "sim/error.hpp"

using namespace workloads;

namespace {

/// What passes take, in whole units of time.
struct Costs {
  std::int64_t forward;
  std::int64_t inputs;
  std::int64_t weights;
};

/// When the last stage is done, with passes handed on for free: a slow twin of a step.
std::int64_t makespan(const std::vector<StageOrder>& orders, const Costs& costs) {
  const auto stages = static_cast<std::int32_t>(orders.size());
  std::map<std::tuple<bool, std::int32_t, std::int32_t>, std::int64_t> over;  // forward, mb, part
  std::int32_t parts = stages;
  for (const StageOrder& order : orders) {
    for (const Slot& slot : order) {
      parts = std::max(parts, (slot.chunk + 1) * stages);
    }
  }
  std::vector<std::size_t> next(orders.size(), 0);
  std::vector<std::int64_t> now(orders.size(), 0);
  for (bool moves = true; moves;) {
    moves = false;
    for (std::int32_t s = 0; s < stages; ++s) {
      const auto at = static_cast<std::size_t>(s);
      while (next[at] < orders[at].size()) {
        const Slot& slot = orders[at][next[at]];
        const std::int32_t part = (slot.chunk * stages) + s;
        const bool forward = slot.work == Work::forward;
        const std::int32_t from = forward ? part - 1 : part + 1;
        std::int64_t start = now[at];
        if (slot.work != Work::backward_weights && from >= 0 && from < parts) {
          const auto found = over.find({forward, slot.micro_batch, from});
          if (found == over.end()) {
            break;
          }
          start = std::max(start, found->second);
        }
        std::int64_t takes = costs.forward;
        if (slot.work == Work::backward) {
          takes = costs.inputs + costs.weights;
        } else if (!forward) {
          takes = slot.work == Work::backward_inputs ? costs.inputs : costs.weights;
        }
        now[at] = start + takes;
        if (slot.work != Work::backward_weights) {
          over[{forward, slot.micro_batch, part}] = now[at];
        }
        ++next[at];
        moves = true;
      }
    }
  }
  for (std::size_t s = 0; s < orders.size(); ++s) {
    REQUIRE(next[s] == orders[s].size());
  }
  return std::ranges::max(now);
}

}  // namespace

TEST_CASE("pipeline: bubbles are those of the published closed forms, exactly") {
  for (const Costs& cost : {Costs{1, 1, 1}, Costs{10, 12, 9}, Costs{7, 7, 6}}) {
    const std::int64_t all = cost.forward + cost.inputs + cost.weights;
    for (const std::int32_t p : {1, 2, 3, 4, 8}) {
      for (const std::int32_t m : {p, 2 * p, 5 * p}) {
        CAPTURE(p);
        CAPTURE(m);
        CHECK(makespan(gpipe(p, m), cost) == (m + p - 1) * all);
        CHECK(makespan(one_f_one_b(p, m), cost) == (m + p - 1) * all);
        CHECK(makespan(zero_bubble(p, m), cost) ==
              (m * all) + ((p - 1) * (cost.forward + cost.inputs - cost.weights)));
        for (const std::int32_t v : {2, 3}) {
          CAPTURE(v);
          // Passes through one of v chunks take a v-th: everything times v stays whole.
          CHECK(makespan(interleaved(p, m, v), cost) == (((m * v) + p - 1) * all));
        }
      }
    }
  }
}

TEST_CASE("pipeline: a stage holds as many micro-batches as its schedule is known for") {
  const std::int32_t p = 4;
  const std::int32_t m = 16;
  for (std::int32_t s = 0; s < p; ++s) {
    const auto at = static_cast<std::size_t>(s);
    CHECK(most_in_flight(gpipe(p, m)[at]) == m);
    CHECK(most_in_flight(one_f_one_b(p, m)[at]) == p - s);
  }
  // Interleaved, the first stage: v p + p - 1 chunks, (1 + (p - 1) / (p v)) times those of 1F1B
  // (V. Korthikanti et al., 2022, section 4.2.3).
  CHECK(most_in_flight(interleaved(p, m, 3)[0]) == (3 * p) + p - 1);
  CHECK(most_in_flight(zero_bubble(p, m)[0]) == p);
}

TEST_CASE("pipeline: orders are right, or what is wrong with them is said") {
  for (const std::int32_t p : {1, 2, 5}) {
    CHECK(fault_of(gpipe(p, 7), 7, 1).empty());
    CHECK(fault_of(one_f_one_b(p, 7), 7, 1).empty());
    CHECK(fault_of(zero_bubble(p, 7), 7, 1).empty());
    CHECK(fault_of(interleaved(p, 2 * p, 3), 2 * p, 3).empty());
  }
  const auto parse = [](std::string_view text) { return parse_order("order", text); };
  CHECK(fault_of(std::vector<StageOrder>{parse("F0 B0 F1")}, 2, 1) ==
        "stage 0: micro-batch 1, chunk 0 goes forward 1 times, backward 0 times in one, 0 and 0 "
        "times in halves");
  CHECK(fault_of(std::vector<StageOrder>{parse("F0 I0 W0 F2 B2")}, 2, 1) ==
        "stage 0: F2.0 is beyond 2 micro-batches and 1 chunks");
  CHECK(fault_of(std::vector<StageOrder>{parse("B0 F0"), parse("F0 B0")}, 1, 1) ==
        "stage 0 waits at B0.0, stage 1 waits at F0.0");
  CHECK(fault_of(std::vector<StageOrder>{parse("F0 F1 I0 W0 B1"), parse("F0 B0 F1 B1")}, 2, 1)
            .empty());
  CHECK(parse("F3.1  W12") == StageOrder{{Work::forward, 3, 1}, {Work::backward_weights, 12, 0}});
  CHECK_THROWS_WITH_AS(parse("F0 X1"), doctest::Contains("got 'X1'"), sim::Error);
  CHECK_THROWS_WITH_AS(parse("F0.x"), doctest::Contains("got 'F0.x'"), sim::Error);
}
