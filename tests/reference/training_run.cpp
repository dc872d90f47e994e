#include "tests/reference/training_run.hpp"

#include <cstddef>
#include <cstdint>

namespace reference {

namespace {

using planning::Seconds;

enum class Phase : std::uint8_t { work, pause, stall, end, detection, waiting, restart, over };

class Seconder {
 public:
  explicit Seconder(const planning::TrainingRun& run)
      : run_{run},
        every_{checkpoint_steps(run)},
        reserve_{static_cast<std::size_t>(run.reserve.spares)},
        left_{run.step} {
    result_.failures.resize(run.parts.size());
  }

  planning::Replication play(const std::vector<planning::PartFailure>& failures) {
    std::size_t next = 0;
    settle();
    while (phase_ != Phase::over) {
      if (next < failures.size() && failures[next].at == now_) {
        fail(failures[next]);
        ++next;
      } else {
        pass_a_second();
      }
      settle();
    }
    result_.duration = now_;
    result_.spent.useful = run_.step * static_cast<double>(run_.steps);
    result_.spent.lost = worked_ - result_.spent.useful;
    return result_;
  }

 private:
  void fail(const planning::PartFailure& failure) {
    const bool takes = run_.parts[failure.part].takes == planning::Takes::server;
    if (takes && failure.server < empty_) {
      return;
    }
    ++result_.failures[failure.part];
    empty_ += takes ? 1 : 0;
    if (phase_ == Phase::waiting) {
      if (takes) {
        back_at_.push_back(now_ + run_.reserve.repair);
      }
      return;
    }
    not_found_ += takes ? 1 : 0;
    if (phase_ != Phase::detection) {
      ++result_.interruptions;
      phase_ = Phase::detection;
      left_ = run_.recovery.detection;
      is_writing_ = false;
    }
  }

  Seconds& account() {
    switch (phase_) {
      case Phase::work:
        return worked_;
      case Phase::detection:
        return result_.spent.detection;
      case Phase::waiting:
        return result_.spent.waiting;
      case Phase::restart:
        return result_.spent.restart;
      default:
        return result_.spent.checkpoints;
    }
  }

  void pass_a_second() {
    const Seconds second{1};
    account() += second;
    now_ += second;
    left_ -= second;
    writing_left_ -= second;
  }

  /// Ends all that is over by now, until nothing more is.
  void settle() {
    while (write() || advance()) {
    }
  }

  bool write() {
    if (!is_writing_ || writing_left_ > Seconds::zero()) {
      return false;
    }
    is_writing_ = false;
    saved_ = copied_;
    ++result_.checkpoints;
    return true;
  }

  bool advance() {
    switch (phase_) {
      case Phase::work:
        return left_ <= Seconds::zero() && end_step();
      case Phase::pause:
        return !is_writing_ && go(Phase::stall, run_.checkpointing.stall);
      case Phase::stall:
        return left_ <= Seconds::zero() && end_stall();
      case Phase::end:
        return !is_writing_ && go(Phase::over, {});
      case Phase::detection:
        return left_ <= Seconds::zero() && end_detection();
      case Phase::waiting:
        return end_waiting();
      case Phase::restart:
        return left_ <= Seconds::zero() && end_restart();
      default:
        return false;
    }
  }

  bool go(Phase phase, Seconds left) {
    phase_ = phase;
    left_ = left;
    return true;
  }

  bool end_step() {
    ++done_;
    const bool is_due = done_ == run_.steps || done_ - copied_ == every_;
    return is_due ? go(Phase::pause, {}) : go(Phase::work, run_.step);
  }

  bool end_stall() {
    copied_ = done_;
    is_writing_ = true;
    writing_left_ = run_.checkpointing.beside;
    return done_ == run_.steps ? go(Phase::end, {}) : go(Phase::work, run_.step);
  }

  bool end_detection() {
    for (; not_found_ > 0; --not_found_) {
      back_at_.push_back(now_ + run_.reserve.repair);
    }
    return go(Phase::waiting, {});
  }

  bool end_waiting() {
    reserve_ += std::erase_if(back_at_, [this](Seconds at) { return at <= now_; });
    for (; reserve_ > 0 && empty_ > 0; --reserve_) {
      --empty_;
    }
    return empty_ == 0 && go(Phase::restart, run_.recovery.restart + run_.recovery.load);
  }

  bool end_restart() {
    done_ = saved_;
    copied_ = saved_;
    return go(Phase::work, run_.step);
  }

  planning::TrainingRun run_;
  std::int64_t every_;
  std::size_t reserve_;
  Phase phase_ = Phase::work;
  Seconds left_;  // of the phase
  Seconds now_{};
  Seconds worked_{};
  std::int64_t done_ = 0;    // steps that training has behind it
  std::int64_t copied_ = 0;  // of these, in the last checkpoint begun
  std::int64_t saved_ = 0;   // in the last one written
  bool is_writing_ = false;
  Seconds writing_left_{};
  std::int64_t empty_ = 0;
  std::int64_t not_found_ = 0;
  std::vector<Seconds> back_at_;
  planning::Replication result_;
};

}  // namespace

planning::Replication play_by_seconds(const planning::TrainingRun& run,
                                      const std::vector<planning::PartFailure>& failures) {
  return Seconder{run}.play(failures);
}

}  // namespace reference
