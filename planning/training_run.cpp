#include "planning/training_run.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <queue>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "sim/random.hpp"

namespace planning {

namespace {

constexpr Seconds never{std::numeric_limits<double>::infinity()};

Seconds times(std::int64_t n, Seconds length) {
  return length * static_cast<double>(n);
}

/// Failures per second.
double rate_of(const Part& part) {
  return static_cast<double>(part.count) / part.mtbf.count();
}

double rate_of(const TrainingRun& run) {
  double rate = 0;
  for (const Part& part : run.parts) {
    rate += rate_of(part);
  }
  return rate;
}

void check(const TrainingRun& run) {
  sim::require(run.step > Seconds::zero() && run.steps > 0, "a run has steps, which take time");
  sim::require(run.gpus > 0 && run.reserve.gpus_per_server > 0, "a run has GPUs, in servers");
  sim::require(run.reserve.spares >= 0, "there are no fewer than 0 spares");
  for (const Part& part : run.parts) {
    sim::require(part.count >= 0 && part.mtbf > Seconds::zero(), "parts fail after a time");
  }
  for (const Seconds time :
       {run.checkpointing.interval, run.checkpointing.stall, run.checkpointing.beside,
        run.recovery.detection, run.recovery.restart, run.recovery.load, run.reserve.repair}) {
    sim::require(time >= Seconds::zero(), "no time is below 0");
  }
}

/// The first part for which those up to it have the share `u` of all failures, u from 0 to below 1.
std::size_t part_at(const std::vector<Part>& parts, double u, double rate) {
  double left = u * rate;
  std::size_t failing = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].count > 0) {
      failing = i;  // the last one, if rounding leaves something
      left -= rate_of(parts[i]);
      if (left < 0) {
        break;
      }
    }
  }
  return failing;
}

/// How far training got.
struct Progress {
  std::int64_t steps = 0;  // saved
  std::int64_t checkpoints = 0;
  Seconds worked{};  // all else was standing still
};

/// Training from a checkpoint on while nothing fails: where it is when. From the second segment on
/// all are alike, so that nothing has to be counted out.
///
///   | work | stall | work | pause | stall | work | pause | stall | end |
///                  |--- beside ---|       |--- beside ---|       | bes.|
class Stretch {
 public:
  Stretch(const TrainingRun& run, std::int64_t steps)
      : steps_{steps},
        segment_steps_{std::min(steps, checkpoint_steps(run))},
        segments_{(steps + segment_steps_ - 1) / segment_steps_},
        stall_{run.checkpointing.stall},
        beside_{run.checkpointing.beside},
        work_{times(segment_steps_, run.step)},
        last_work_{times(steps - ((segments_ - 1) * segment_steps_), run.step)},
        all_work_{times(steps, run.step)} {}

  [[nodiscard]] Seconds duration() const {
    const Seconds pause = segments_ == 1 ? Seconds::zero() : beside_;
    return start_of(segments_ - 1) + std::max(last_work_, pause) + stall_ + beside_;
  }

  [[nodiscard]] Progress whole() const { return {steps_, segments_, all_work_}; }

  /// After `elapsed`, which must be before the end.
  [[nodiscard]] Progress at(Seconds elapsed) const {
    const std::int64_t segment = segment_at(elapsed);
    const std::int64_t written = segment_at(elapsed - beside_);
    const Seconds work = segment == segments_ - 1 ? last_work_ : work_;
    const Seconds into = std::clamp(elapsed - start_of(segment), Seconds::zero(), work);
    return {written * segment_steps_, written, times(segment, work_) + into};
  }

 private:
  [[nodiscard]] Seconds cycle() const { return std::max(work_, beside_) + stall_; }

  [[nodiscard]] Seconds start_of(std::int64_t segment) const {
    return segment == 0 ? Seconds::zero() : work_ + stall_ + times(segment - 1, cycle());
  }

  /// Which is under way then; as many were saved but for what is written beside.
  [[nodiscard]] std::int64_t segment_at(Seconds elapsed) const {
    const double after_first = std::floor((elapsed - work_ - stall_) / cycle());
    const auto last = static_cast<double>(segments_ - 1);
    return static_cast<std::int64_t>(std::clamp(after_first + 1, 0.0, last));
  }

  std::int64_t steps_;
  std::int64_t segment_steps_;
  std::int64_t segments_;
  Seconds stall_;
  Seconds beside_;
  Seconds work_;  // of a segment
  Seconds last_work_;
  Seconds all_work_;
};

/// A run on its way. Each method but the small ones is a phase, and passes the time that it takes.
class Player {
 public:
  Player(const TrainingRun& run, const FailureSource& next_failure)
      : run_{&run}, next_failure_{&next_failure}, reserve_{run.reserve.spares} {
    check(run);
    result_.failures.resize(run.parts.size());
    failure_ = next_failure();
  }

  [[nodiscard]] Replication play() {
    while (train() == Outcome::failed) {
      do {
        detect();
        wait();
      } while (restart() == Outcome::failed);
    }
    result_.duration = now_;
    result_.spent.useful = times(run_->steps, run_->step);
    return result_;
  }

 private:
  enum class Outcome : std::uint8_t { done, failed };

  [[nodiscard]] Outcome train() {
    const Stretch stretch{*run_, run_->steps - saved_};
    const Seconds start = now_;
    const Seconds end = start + stretch.duration();
    const bool is_done = failure_.at >= end;
    const Progress progress = is_done ? stretch.whole() : stretch.at(failure_.at - start);
    now_ = is_done ? end : failure_.at;
    saved_ += progress.steps;
    result_.checkpoints += progress.checkpoints;
    result_.spent.checkpoints += now_ - start - progress.worked;
    result_.spent.lost += progress.worked - times(progress.steps, run_->step);
    return is_done ? Outcome::done : interrupted();
  }

  void detect() {
    const Seconds end = now_ + run_->recovery.detection;
    while (failure_.at < end) {
      take_failure();
    }
    pass_until(end, &TimeSpent::detection);
    send_to_repair();
  }

  void wait() {
    for (fill_places(); empty_ > 0; fill_places()) {
      const Seconds repaired = in_repair_.front();
      pass_until(std::min(repaired, failure_.at), &TimeSpent::waiting);
      if (failure_.at < repaired) {
        take_failure();
        send_to_repair();
      }
    }
  }

  [[nodiscard]] Outcome restart() {
    const Seconds end = now_ + run_->recovery.restart + run_->recovery.load;
    const bool is_done = failure_.at >= end;
    pass_until(is_done ? end : failure_.at, &TimeSpent::restart);
    return is_done ? Outcome::done : interrupted();
  }

  void pass_until(Seconds end, Seconds TimeSpent::* spent_on) {
    result_.spent.*spent_on += end - now_;
    now_ = end;
  }

  [[nodiscard]] Outcome interrupted() {
    ++result_.interruptions;
    take_failure();
    return Outcome::failed;
  }

  void take_failure() {
    const bool takes_server = run_->parts[failure_.part].takes == Takes::server;
    if (!takes_server || failure_.server >= empty_) {
      ++result_.failures[failure_.part];
      const std::int64_t servers = takes_server ? 1 : 0;
      empty_ += servers;
      not_found_ += servers;
    }
    const Seconds last = failure_.at;
    failure_ = (*next_failure_)();
    sim::require(failure_.at >= last, "failures come in their order in time");
    if (++met_ > failures_max) {
      throw sim::Failure{fmt::format(
          "the run met {} failures, with {} of {} steps saved: it fails faster than it gets on",
          failures_max, saved_, run_->steps)};
    }
  }

  void send_to_repair() {
    for (; not_found_ > 0; --not_found_) {
      in_repair_.push(now_ + run_->reserve.repair);
    }
  }

  void fill_places() {
    for (; !in_repair_.empty() && in_repair_.front() <= now_; in_repair_.pop()) {
      ++reserve_;
    }
    const std::int64_t filled = std::min(reserve_, empty_);
    reserve_ -= filled;
    empty_ -= filled;
  }

  const TrainingRun* run_;
  const FailureSource* next_failure_;
  PartFailure failure_;  // the next one
  Seconds now_{};
  std::int64_t saved_ = 0;         // steps
  std::int64_t met_ = 0;           // failures
  std::int64_t empty_ = 0;         // of the job's places for servers
  std::int64_t not_found_ = 0;     // servers that have failed
  std::int64_t reserve_;           // servers that could go into a place
  std::queue<Seconds> in_repair_;  // until when: all take as long, so the first in is the first out
  Replication result_;
};

}  // namespace

std::int64_t servers_of(const TrainingRun& run) {
  return (run.gpus + run.reserve.gpus_per_server - 1) / run.reserve.gpus_per_server;
}

std::int64_t checkpoint_steps(const TrainingRun& run) {
  const double steps = std::round(run.checkpointing.interval / run.step);
  return static_cast<std::int64_t>(std::clamp(steps, 1.0, static_cast<double>(run.steps)));
}

Interruptions interruptions_of(const TrainingRun& run) {
  const double rate = rate_of(run);
  return {.between = rate > 0 ? Seconds{1 / rate} : never,
          .detection = run.recovery.detection,
          .restart = run.recovery.restart + run.recovery.load};
}

FailureSource random_failures(const TrainingRun& run, std::int64_t replication) {
  // A hash of a hash: neighbouring seeds and replications have nothing in common.
  std::uint64_t state = sim::mix(sim::mix(run.seed) ^ static_cast<std::uint64_t>(replication));
  const auto servers = static_cast<double>(servers_of(run));
  return [parts = run.parts, rate = rate_of(run), servers, state, now = Seconds::zero()]() mutable {
    if (rate <= 0) {
      return PartFailure{.at = never};
    }
    // The first of many exponential clocks to ring is one exponential clock, with all their rates.
    now += Seconds{-std::log1p(-sim::unit_interval(state)) / rate};
    const std::size_t part = part_at(parts, sim::unit_interval(state), rate);
    const double server = std::floor(sim::unit_interval(state) * servers);
    return PartFailure{.at = now, .part = part, .server = static_cast<std::int64_t>(server)};
  };
}

Replication play(const TrainingRun& run, const FailureSource& next_failure) {
  return Player{run, next_failure}.play();
}

Replication replicate(const TrainingRun& run, std::int64_t replication) {
  return play(run, random_failures(run, replication));
}

}  // namespace planning
