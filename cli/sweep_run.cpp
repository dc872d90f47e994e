#include "cli/sweep_run.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/known_files.hpp"
#include "cli/sweep_point.hpp"

namespace cli {
namespace {

/// What one process does of a sweep.
class Worker {
 public:
  Worker(const Sweep& sweep, const SweepRun& run, Team& team)
      : sweep_{&sweep}, run_{&run}, team_{&team} {
    for (std::size_t i = 0; i < sweep.points.size(); ++i) {
      total_ += run.shard.has(i) ? 1U : 0U;
    }
  }

  SweepOutcome work() {
    for (const std::string& text : team_->gather(read_journals(run_->directory))) {
      add_lines(text, known_);
    }
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < run_->threads; ++i) {
      threads.emplace_back([this] { do_points(); });
    }
    if (team_->is_leader()) {
      team_->serve([this] { return next(); },
                   [this](std::int64_t count) { count_done(static_cast<std::size_t>(count)); });
    }
    std::ranges::for_each(threads, [](std::thread& thread) { thread.join(); });
    leave();
    return outcome();
  }

 private:
  [[nodiscard]] bool stops() const { return has_failed_ || run_->was_asked_to_stop(); }

  /// The leader's next task.
  Task next() {
    const std::scoped_lock lock{mutex_};
    const std::size_t points = sweep_->points.size();
    while (next_ < points && !run_->shard.has(next_)) {
      ++next_;
    }
    Task task;
    if (next_ == points || stops()) {
      return task;
    }
    if (const auto found = known_.find(sweep_->points[next_].key); found != known_.end()) {
      std::ranges::copy(found->second.scenario.substr(0, task.done.size() - 1), task.done.begin());
    }
    task.point = static_cast<std::int64_t>(next_++);
    return task;
  }

  /// The next task of this process: the leader's own, or what the leader says.
  Task take() {
    if (team_->is_leader()) {
      return next();
    }
    const std::scoped_lock lock{mutex_};
    Task task;
    if (is_told_ || stops()) {
      return task;
    }
    task = team_->ask(std::exchange(unsaid_, 0));
    is_told_ = task.point < 0;
    return task;
  }

  void do_points() {
    try {
      KnownFiles files;
      for (Task task = take(); task.point >= 0; task = take()) {
        const SweepPoint& point = sweep_->points[static_cast<std::size_t>(task.point)];
        const auto finished = run_point(*sweep_, point, std::string{task.done.data()}, files);
        if (finished) {
          keep(*finished);
        }
        count_done(1);
      }
    } catch (...) {
      const std::scoped_lock lock{mutex_};
      failure_ = failure_ ? failure_ : std::current_exception();
      has_failed_ = true;
    }
  }

  void keep(const FinishedPoint& point) {
    const std::scoped_lock lock{mutex_};
    if (!journal_) {
      journal_.emplace(run_->directory);
    }
    journal_->add(point);
    new_lines_ += to_line(point);
  }

  void count_done(std::size_t count) {
    const std::scoped_lock lock{mutex_};
    done_ += count;
    unsaid_ += static_cast<std::int64_t>(count);
    if (team_->is_leader()) {
      run_->on_done(done_, total_);
    }
  }

  /// The leader hears of it, if it has not said itself that nothing is left.
  void leave() {
    if (!team_->is_leader() && !is_told_) {
      constexpr std::int64_t leaves = -1;
      static_cast<void>(team_->ask(leaves));
    }
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

  SweepOutcome outcome() {
    SweepOutcome out{.points = std::move(known_), .done = done_, .total = total_};
    for (const std::string& text : team_->gather(new_lines_)) {
      add_lines(text, out.points);
      out.new_ones += static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }
    const std::vector<std::string> unsaid = team_->gather(fmt::format("{}", unsaid_));
    for (std::size_t i = 1; i < unsaid.size(); ++i) {
      out.done += std::stoull(unsaid[i]);
    }
    return out;
  }

  const Sweep* sweep_;
  const SweepRun* run_;
  Team* team_;
  std::size_t total_ = 0;
  FinishedPoints known_;  // the leader's
  std::atomic<bool> has_failed_{false};
  std::mutex mutex_;  // of what follows
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  std::int64_t unsaid_ = 0;  // of these, not yet told to the leader
  bool is_told_ = false;     // that there is none left
  std::optional<Journal> journal_;
  std::string new_lines_;
  std::exception_ptr failure_;
};

}  // namespace

SweepOutcome run_sweep(const Sweep& sweep, const SweepRun& run, Team& team) {
  return Worker{sweep, run, team}.work();
}

}  // namespace cli
