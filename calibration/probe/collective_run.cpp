#include "calibration/probe/collective_run.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "calibration/probe/check.hpp"
#include "calibration/probe/collectives.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

constexpr int exit_interrupted = 130;

struct Name {
  std::string_view ours;
  std::string_view nccl;
};
constexpr std::array algorithms{Name{"ring", "Ring"}, Name{"tree", "Tree"}, Name{"nvls", "NVLS"}};
constexpr std::array protocols{Name{"ll", "LL"}, Name{"ll128", "LL128"}, Name{"simple", "Simple"}};

/// Ours for NCCL's, in small letters if it is one that is not in the table.
std::string ours(std::span<const Name> names, const char* nccl) {
  if (nccl == nullptr) {
    return "auto";
  }
  const auto found = std::ranges::find(names, std::string_view{nccl}, &Name::nccl);
  return std::string{found == names.end() ? std::string_view{nccl} : found->ours};
}

std::string_view nccl_name(std::span<const Name> names, std::string_view our_name) {
  const auto found = std::ranges::find(names, our_name, &Name::ours);
  if (found == names.end()) {
    throw sim::Failure{fmt::format("no NCCL algorithm or protocol '{}'", our_name)};
  }
  return found->nccl;
}

/// Starts this program again, with these words, and with these variables beside those it has.
::pid_t start_child(std::vector<std::string> words, const std::vector<std::string>& variables) {
  std::array<char, 4096> self{};
  if (::readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) {
    throw sim::Failure{"cannot find this program's own file in /proc/self/exe"};
  }
  words.insert(words.begin(), self.data());
  std::vector<std::string> environment = variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    // What the user forces would make "auto" something else.
    const std::string_view text{*variable};
    if (!text.starts_with("NCCL_ALGO=") && !text.starts_with("NCCL_PROTO=")) {
      environment.emplace_back(text);
    }
  }
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> result;
    std::ranges::transform(texts, std::back_inserter(result),
                           [](std::string& text) { return text.data(); });
    result.push_back(nullptr);
    return result;
  };
  ::pid_t child = 0;
  if (::posix_spawn(&child, self.data(), nullptr, nullptr, pointers(words).data(),
                    pointers(environment).data()) != 0) {
    throw sim::Failure{"cannot start this program once more"};
  }
  return child;
}

/// Its exit status as shells say it; it is killed if it is not over by then.
int wait_for(::pid_t child, Seconds deadline) {
  constexpr std::chrono::milliseconds between{20};
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (host_now() > deadline) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(between);
  }
  constexpr int signalled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : signalled + WTERMSIG(status);
}

/// Process 0 says which point is next, or that there is none; all return that.
std::optional<Point> tell_point(const World& world, const std::optional<Point>& point) {
  struct Told {
    std::array<char, 32> op{};
    double ranks = 0;
    double bytes = 0;
  };
  Told told;
  if (point) {
    point->key.op.copy(told.op.data(), told.op.size() - 1);
    told.ranks = calibration::shape_number(point->key.shape, "ranks");
    told.bytes = calibration::shape_number(point->key.shape, "bytes");
  }
  world.broadcast(std::as_writable_bytes(std::span{&told, 1}));
  if (told.ranks == 0) {
    return std::nullopt;
  }
  Point next;
  next.key.op = told.op.data();
  next.key.shape = {{"ranks", told.ranks}, {"bytes", told.bytes}};
  return next;
}

std::vector<std::string> child_words(const ProgramOptions& options, const std::string& variant,
                                     Seconds budget) {
  std::vector<std::string> words{
      "--nccl-child", variant,
      "--output",     options.output,
      "--device",     std::to_string(options.device),
      "--budget",     fmt::format("{:.0f}", std::max(1.0, budget.count()))};
  if (options.extent == Extent::quick) {
    words.emplace_back("--quick");
  }
  if (!options.nccl.empty()) {
    words.insert(words.end(), {"--nccl", options.nccl});
  }
  if (!options.only.empty()) {
    words.insert(words.end(), {"--only", fmt::format("{}", fmt::join(options.only, ","))});
  }
  return words;
}

}  // namespace

std::string variant_of_environment() {
  const char* algorithm = std::getenv("NCCL_ALGO");
  const char* protocol = std::getenv("NCCL_PROTO");
  if (algorithm == nullptr && protocol == nullptr) {
    return "auto";
  }
  return fmt::format("{}_{}", ours(algorithms, algorithm), ours(protocols, protocol));
}

std::vector<std::string> environment_of(const std::string& variant) {
  if (variant == "auto") {
    return {};
  }
  const std::size_t between = variant.find('_');
  if (between == std::string::npos) {
    throw sim::Failure{fmt::format("no NCCL variant '{}'", variant)};
  }
  const std::string_view both = variant;
  return {fmt::format("NCCL_ALGO={}", nccl_name(algorithms, both.substr(0, between))),
          fmt::format("NCCL_PROTO={}", nccl_name(protocols, both.substr(between + 1)))};
}

Outcome run_collectives(const World& world, const Gpu& gpu, const NcclLibrary& nccl,
                        const Group& group, const GroupRules& rules, const RunTools& tools) {
  Group ordered = group;
  // A communicator takes a second to make: one number of ranks after another.
  std::ranges::stable_sort(ordered.points, {}, [](const Point& point) {
    return calibration::shape_number(point.key.shape, "ranks");
  });
  CollectiveBenchmark benchmark{world, gpu, nccl, ordered};
  gpu.wake();
  if (world.rank() != 0) {
    for (auto next = tell_point(world, {}); next; next = tell_point(world, {})) {
      benchmark.prepare(*next)->follow();
    }
    return {};
  }
  const auto measure_point = [&](const Point& point, const StopRule& rule) {
    tell_point(world, point);
    try {
      const std::unique_ptr<CollectiveSubject> subject = benchmark.prepare(point);
      const Measured measured =
          measure(rule, [&](int repetitions) { return subject->take(repetitions); }, host_now);
      subject->finish();
      return sample_of(point, *subject, measured);
    } catch (const Unsupported& reason) {
      if (world.size() == 1) {
        throw;
      }
      throw sim::Failure{reason.what()};  // the others are in the midst of it: there is no next one
    }
  };
  // After an error of NCCL its communicator is not to be used: all further points are left.
  const auto is_usable = [] { return false; };
  const Outcome outcome = run_points(ordered, rules, tools, measure_point, is_usable);
  tell_point(world, {});
  return outcome;
}

Outcome run_collective_children(const Group& group, const GroupRules& rules,
                                const ProgramOptions& options, const RunTools& tools) {
  std::map<std::string, Group> variants;
  for (const Point& point : group.points) {
    Group& variant = variants[point.key.variant];
    variant.points.push_back(point);
  }
  Seconds expected_left = expected_seconds(group);
  Outcome outcome;
  for (const auto& [variant, points] : variants) {
    const Seconds left = std::max(rules.deadline - host_now(), Seconds{0});
    const Seconds expected = expected_seconds(points);
    const Seconds budget = left * std::min(1.0, expected / std::max(expected_left, expected));
    expected_left -= expected;
    if (tools.interrupt.is_requested() || budget < Seconds{1}) {
      outcome.is_interrupted = tools.interrupt.is_requested();
      outcome.left += points.points.size();
      continue;
    }
    tools.progress.note(fmt::format("collectives, {}: in a process of its own", variant));
    constexpr Seconds grace{60};
    const int status =
        wait_for(start_child(child_words(options, variant, budget), environment_of(variant)),
                 host_now() + budget + grace);
    if (status == exit_interrupted) {
      outcome.is_interrupted = true;
    } else if (status != 0) {
      // What is forced does not work on every machine: NVLS needs switches that add.
      (variant == "auto" ? outcome.failed : outcome.unsupported) += points.points.size();
      tools.progress.note(fmt::format("collectives, {}: ended with {}", variant, status));
    }
  }
  return outcome;
}

}  // namespace probe
