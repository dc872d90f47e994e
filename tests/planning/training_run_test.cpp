#include "planning/training_run.hpp"

#include <doctest/doctest.h>

#include "tests/planning/sample_run.hpp"

using namespace planning;
using namespace planning_test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t last_server = 1;  // of two: in its place unless both are out

}  // namespace

TEST_CASE("training run: without failures, steps and checkpoints add up, the last one too") {
  // 10 steps of 7 s, saved after 3, 6, 9 and 10 of them for 5 s: 70 + 20.
  TrainingRun run = small_run();
  run.step = 7s;
  run.steps = 10;
  run.checkpointing = {.interval = 21s, .stall = 5s, .beside = 0s};
  const Replication result = play(run, listed({}));
  CHECK(result.duration == 90s);
  CHECK(result.spent == TimeSpent{.useful = 70s, .checkpoints = 20s});
  CHECK(result.checkpoints == 4);
  CHECK(result.interruptions == 0);
  CHECK(result.failures == std::vector<std::int64_t>{0, 0});
  CHECK(result.goodput() == 70.0 / 90.0);
}

TEST_CASE("training run: intervals are whole steps, from one to all") {
  TrainingRun run = small_run();
  const auto steps_at = [&](Seconds interval) {
    run.checkpointing.interval = interval;
    return checkpoint_steps(run);
  };
  CHECK(steps_at(0s) == 1);
  CHECK(steps_at(24s) == 2);
  CHECK(steps_at(26s) == 3);
  CHECK(steps_at(1h) == 4);
  CHECK(steps_at(Seconds{std::numeric_limits<double>::infinity()}) == 4);
}

TEST_CASE("training run: beside training, only the stall stops it, and the last write ends it") {
  // Steps until 20, stall until 22, written at 30 while steps go on until 42; stall until 44, and
  // nothing is left to do until that is written, at 52.
  TrainingRun run = small_run();
  run.checkpointing = {.interval = 20s, .stall = 2s, .beside = 8s};
  const Replication result = play(run, listed({}));
  CHECK(result.duration == 52s);
  CHECK(result.spent == TimeSpent{.useful = 40s, .checkpoints = 12s});
  CHECK(result.checkpoints == 2);
}

TEST_CASE("training run: a checkpoint waits until the one before is written") {
  // Saved after every step, written in 15 s beside: stall until 12, written at 27; the second step
  // ends at 22 and waits for 5 s, stall until 29; so the third until 46, the fourth until 63,
  // written at 78.
  TrainingRun run = small_run();
  run.checkpointing = {.interval = 10s, .stall = 2s, .beside = 15s};
  const Replication result = play(run, listed({}));
  CHECK(result.duration == 78s);
  CHECK(result.spent == TimeSpent{.useful = 40s, .checkpoints = 38s});
  CHECK(result.checkpoints == 4);
}

TEST_CASE("training run: one failure, the header's example") {
  // Steps until 20, saved at 23; fails at 30, 7 s of work lost; found at 35, running at 42; steps
  // until 62, saved at 65.
  const Replication result = play(small_run(), listed({{30s, gpu, last_server}}));
  CHECK(result.duration == 65s);
  CHECK(result.spent == TimeSpent{.useful = 40s,
                                  .checkpoints = 6s,
                                  .lost = 7s,
                                  .detection = 5s,
                                  .waiting = 0s,
                                  .restart = 7s});
  CHECK(result.failures == std::vector<std::int64_t>{1, 0});
  CHECK(result.interruptions == 1);
  CHECK(result.checkpoints == 2);
}

TEST_CASE("training run: a failure during a checkpoint loses it, one at its end does not") {
  // At 22 two steps are lost, and 2 s of a checkpoint in vain; running from 34, which is 46 of the
  // run to go. At 23 nothing is lost; running from 35, with 23 to go.
  const Replication during = play(small_run(), listed({{22s, gpu, last_server}}));
  CHECK(during.duration == 80s);
  CHECK(during.spent.lost == 20s);
  CHECK(during.spent.checkpoints == 8s);
  const Replication after = play(small_run(), listed({{23s, gpu, last_server}}));
  CHECK(after.duration == 58s);
  CHECK(after.spent.lost == 0s);
}

TEST_CASE("training run: a checkpoint beside training counts from when all of it is written") {
  // Stall until 22, written at 30. A failure at 29 loses 20 and 7 s of work; running from 41, with
  // all 52 to go. One at 30 loses 8 s of work; running from 42, with 20 + 2 + 8 to go.
  TrainingRun run = small_run();
  run.checkpointing = {.interval = 20s, .stall = 2s, .beside = 8s};
  const Replication before = play(run, listed({{29s, gpu, last_server}}));
  CHECK(before.duration == 93s);
  CHECK(before.spent.lost == 27s);
  CHECK(before.checkpoints == 2);
  const Replication after = play(run, listed({{30s, gpu, last_server}}));
  CHECK(after.duration == 72s);
  CHECK(after.spent.lost == 8s);
}

TEST_CASE("training run: a failure during a restart begins it anew, detection and all") {
  // Fails at 30, found at 35, fails again at 40 after 5 s of the restart, found at 45; running at
  // 52, 23 to go. A switch takes no server, so the one spare is enough.
  const Replication result =
      play(small_run(), listed({{30s, gpu, last_server}, {40s, network_switch, 0}}));
  CHECK(result.duration == 75s);
  CHECK(result.spent.detection == 10s);
  CHECK(result.spent.restart == 12s);
  CHECK(result.spent.waiting == 0s);
  CHECK(result.failures == std::vector<std::int64_t>{1, 1});
  CHECK(result.interruptions == 2);
}

TEST_CASE("training run: a failure during detection is found with the first") {
  // Both servers are found at 35. One is replaced at once; the other's place is empty until both
  // come back from repair, at 135. Running at 142, 23 to go.
  const Replication result =
      play(small_run(), listed({{30s, gpu, last_server}, {34s, gpu, last_server}}));
  CHECK(result.duration == 165s);
  CHECK(result.spent.detection == 5s);
  CHECK(result.spent.waiting == 100s);
  CHECK(result.interruptions == 1);
  CHECK(result.failures == std::vector<std::int64_t>{2, 0});
}

TEST_CASE("training run: with no spare left the job waits for the first server to be repaired") {
  // The spare goes in for the failure at 30, found at 35, back at 135. The next is at 60, found at
  // 65, with no spare: waits until 135, running at 142. Of the steps that began at 42, 18 s are
  // lost; 23 to go.
  const Replication result =
      play(small_run(), listed({{30s, gpu, last_server}, {60s, gpu, last_server}}));
  CHECK(result.duration == 165s);
  CHECK(result.spent == TimeSpent{.useful = 40s,
                                  .checkpoints = 6s,
                                  .lost = 25s,
                                  .detection = 10s,
                                  .waiting = 70s,
                                  .restart = 14s});
}

TEST_CASE("training run: a failure while the job waits is found at once") {
  // As above, but at 100 the other server goes too, and is back at 200: at 135 a place is still
  // empty, at 165 the server that failed at 60 is back. Running at 172, 23 to go. A switch that
  // fails at 150 changes nothing.
  const Replication result = play(small_run(), listed({{30s, gpu, last_server},
                                                       {60s, gpu, last_server},
                                                       {100s, gpu, last_server},
                                                       {150s, network_switch, 0}}));
  CHECK(result.duration == 195s);
  CHECK(result.spent.waiting == 100s);
  CHECK(result.failures == std::vector<std::int64_t>{3, 1});
  CHECK(result.interruptions == 2);
}

TEST_CASE("training run: an empty place has nothing that could fail") {
  // Of two servers one is out from 30 on, found at 35, with no spare: its place, number 0, is empty
  // until 135. Running at 142, 23 to go.
  TrainingRun run = small_run();
  run.reserve.spares = 0;
  const Replication result =
      play(run, listed({{30s, gpu, 0}, {33s, gpu, 0}, {100s, gpu, 0}, {135s, gpu, 0}}));
  // At 135 it is filled again, and can: 0 s of a restart; found at 140, back at 240, running at
  // 247.
  CHECK(result.duration == 270s);
  CHECK(result.spent.waiting == 200s);
  CHECK(result.failures == std::vector<std::int64_t>{2, 0});
}
