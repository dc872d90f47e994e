#include "planning/search.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "workloads/step_bound.hpp"

namespace planning {
namespace {

using workloads::StepCosts;
using workloads::Training;

/// Does the same for every number below a count, by several threads, each with step costs of its
/// own that it keeps from one call to the next.
class Workers {
 public:
  Workers(const SearchProblem& problem, std::size_t threads)
      : problem_{&problem}, costs_(std::max<std::size_t>(threads, 1)) {}

  template <class Work>
  void for_each(std::size_t count, Work work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto run = [&](std::optional<StepCosts>& costs) {
      try {
        if (!costs) {
          costs.emplace(*problem_->profile, *problem_->software, *problem_->topology,
                        *problem_->options);
        }
        for (std::size_t i = next++; i < count; i = next++) {
          work(i, *costs);
        }
      } catch (...) {
        const std::scoped_lock lock{mutex};
        failure = failure ? failure : std::current_exception();
        next = count;
      }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(costs_.size(), count); ++i) {
      threads.emplace_back([&run, &costs = costs_[i]] { run(costs); });
    }
    run(costs_.front());
    std::ranges::for_each(threads, [](std::thread& thread) { thread.join(); });
    if (failure) {
      std::rethrow_exception(failure);
    }
  }

 private:
  const SearchProblem* problem_;
  std::vector<std::optional<StepCosts>> costs_;
};

double fullest(const Training& training) {
  double most = 0;
  for (const workloads::StageMemory& memory : workloads::memory_of(training)) {
    most = std::max(most, memory.total());
  }
  return most;
}

/// A candidate that fits, and the least that its times and its objective can be.
struct Bounded {
  std::size_t number = 0;
  double memory = 0;
  double seconds = 0;
  double busy_s = 0;
  double bound = 0;
};

class Search {
 public:
  Search(const SearchProblem& problem, const std::vector<Candidate>& candidates,
         const SearchOptions& options)
      : problem_{&problem},
        candidates_{&candidates},
        options_{&options},
        workers_{problem, options.threads} {}

  SearchResult run() {
    result_.candidates = candidates_->size();
    keep_what_fits();
    bound_all();
    simulate();
    return std::move(result_);
  }

 private:
  [[nodiscard]] Training training(std::size_t number) const {
    return training_of((*candidates_)[number], *problem_->model, *problem_->software);
  }

  void keep_what_fits() {
    result_.least_memory = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < candidates_->size(); ++i) {
      const double memory = fullest(training(i));
      result_.least_memory = std::min(result_.least_memory, memory);
      if (memory <= static_cast<double>(problem_->memory.count())) {
        bounded_.push_back({.number = i, .memory = memory});
      }
    }
    result_.fitting = bounded_.size();
  }

  void bound_all() {
    std::size_t done = 0;
    std::mutex mutex;
    workers_.for_each(bounded_.size(), [&](std::size_t i, StepCosts& costs) {
      const workloads::StepBound bound =
          workloads::step_lower_bound(training(bounded_[i].number), costs);
      bounded_[i].seconds = sim::seconds(bound.time);
      bounded_[i].busy_s = bound.busy_s;
      bounded_[i].bound = problem_->objective(bounded_[i].seconds, bound.busy_s);
      const std::scoped_lock lock{mutex};
      options_->on_bounded(++done, bounded_.size());
    });
    std::ranges::stable_sort(bounded_, {}, &Bounded::bound);
  }

  void simulate() {
    while (!bounded_.empty() && bounded_.front().bound <= last_wanted()) {
      simulate_some([&](const Bounded& each) { return each.bound <= last_wanted(); });
    }
    const auto may_be_on_front = [&](const Bounded& each) {
      return may_be_on_memory_front(each) || (problem_->cost && may_be_on_cost_front(each));
    };
    while (options_->wants_front && std::ranges::any_of(bounded_, may_be_on_front)) {
      simulate_some(may_be_on_front);
    }
  }

  [[nodiscard]] bool may_be_on_memory_front(const Bounded& each) const {
    return std::ranges::none_of(result_.found, [&](const Found& found) {
      return found.memory <= each.memory && found.report.seconds <= each.seconds;
    });
  }

  [[nodiscard]] bool may_be_on_cost_front(const Bounded& each) const {
    const double least = problem_->cost(each.seconds, each.busy_s);
    return std::ranges::none_of(result_.found, [&](const Found& found) {
      return found.report.seconds <= each.seconds &&
             problem_->cost(found.report.seconds, found.busy_s) <= least;
    });
  }

  /// The first ones of which `is_wanted` is true; as many at a time whatever the number of threads,
  /// so that these decide nothing.
  template <class IsWanted>
  void simulate_some(IsWanted is_wanted) {
    constexpr std::size_t at_a_time = 8;
    std::vector<Bounded> chosen;
    std::vector<Bounded> left;
    for (const Bounded& each : bounded_) {
      (chosen.size() < at_a_time && is_wanted(each) ? chosen : left).push_back(each);
    }
    bounded_ = std::move(left);
    std::vector<std::optional<Found>> found(chosen.size());
    workers_.for_each(chosen.size(), [&](std::size_t i, StepCosts& costs) {
      found[i] = simulated(chosen[i], costs);
    });
    for (std::optional<Found>& each : found) {
      result_.found.push_back(std::move(*each));
    }
    std::ranges::stable_sort(result_.found, {}, &Found::value);
    options_->on_simulated(result_.found.size(), result_.fitting);
  }

  /// The value of the last one that is wanted, of those so far.
  [[nodiscard]] double last_wanted() const {
    return result_.found.size() < options_->wanted ? std::numeric_limits<double>::infinity()
                                                   : result_.found[options_->wanted - 1].value;
  }

  [[nodiscard]] Found simulated(const Bounded& bounded, StepCosts& costs) const {
    Found out{.candidate = (*candidates_)[bounded.number],
              .report = workloads::run_step(training(bounded.number), costs),
              .memory = bounded.memory,
              .bound = bounded.bound};
    out.busy_s = busy_seconds(out.report);
    out.value = problem_->objective(out.report.seconds, out.busy_s);
    return out;
  }

  const SearchProblem* problem_;
  const std::vector<Candidate>* candidates_;
  const SearchOptions* options_;
  Workers workers_;
  std::vector<Bounded> bounded_;
  SearchResult result_;
};

}  // namespace

double busy_seconds(const workloads::StepReport& report) {
  double sum = 0;
  for (const workloads::StageReport& stage : report.stages) {
    for (const auto category : {workloads::Category::compute, workloads::Category::recompute,
                                workloads::Category::optimizer}) {
      sum += stage.seconds.at(static_cast<std::size_t>(category));
    }
  }
  return sum / static_cast<double>(report.stages.size());
}

SearchResult search(const SearchProblem& problem, const std::vector<Candidate>& candidates,
                    const SearchOptions& options) {
  return Search{problem, candidates, options}.run();
}

}  // namespace planning
