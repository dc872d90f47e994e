#include "calibration/probe/plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "calibration/probe/plan_parts.hpp"
#include "sim/error.hpp"
#include "sim/random.hpp"
#include "sim/suggest.hpp"

namespace probe {

namespace {

/// Fisher and Yates, with our own numbers: std::shuffle differs between libraries.
void shuffle(std::vector<Point>& points) {
  constexpr std::uint64_t seed = 20240229;
  std::uint64_t state = seed;
  for (std::size_t left = points.size(); left > 1; --left) {
    const auto chosen = static_cast<std::size_t>(sim::split_mix(state) % left);
    std::swap(points[left - 1], points[chosen]);
  }
}

/// Every eleventh point, with less time: a first look that a full run later adds to. What is few
/// stays whole. The step is odd because variants of a shape come in pairs.
void thin(std::vector<Point>& points) {
  constexpr std::size_t few = 12;
  constexpr std::size_t step = 11;
  constexpr double shorter = 0.5;
  std::vector<Point> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points.size() <= few || i % step == step / 2) {
      points[i].expected -= points[i].budget * (1 - shorter);
      points[i].budget *= shorter;
      kept.push_back(std::move(points[i]));
    }
  }
  points = std::move(kept);
}

void expect_known(const std::vector<std::string>& only, const std::vector<Group>& all) {
  std::set<std::string_view> names{"copy_peer"};  // known also where there is but one GPU
  for (const Group& group : all) {
    names.insert(group.name);
    for (const Point& point : group.points) {
      names.insert(point.key.op);
    }
  }
  const std::vector<std::string_view> list{names.begin(), names.end()};
  for (const std::string& name : only) {
    if (!names.contains(name)) {
      throw sim::Error{std::string{"espalier-calibrate"},
                       fmt::format("--only: unknown group or op '{}'\n  hint: {}", name,
                                   sim::suggestion(name, list))};
    }
  }
}

void keep_only(const std::vector<std::string>& only, std::vector<Group>& plan) {
  const auto is_named = [&](std::string_view name) {
    return std::ranges::find(only, name) != only.end();
  };
  for (Group& group : plan) {
    if (!is_named(group.name)) {
      std::erase_if(group.points, [&](const Point& point) { return !is_named(point.key.op); });
    }
  }
}

std::string duration_text(Seconds time) {
  constexpr double minute = 60;
  const double seconds = std::ceil(time.count());
  return seconds < minute ? fmt::format("{:.0f} s", seconds)
                          : fmt::format("{:.0f} min {:02.0f} s", std::floor(seconds / minute),
                                        std::fmod(seconds, minute));
}

}  // namespace

Point make_point(calibration::SampleKey key, double bytes, const PointTime& time) {
  constexpr double warm_up_launches = 10;
  constexpr double warm_up_s = 0.05;
  constexpr double repetitions_least = 12;
  constexpr double repetition_s = 0.0003;  // short kernels are repeated up to this
  const double repetitions = repetitions_least * std::max(repetition_s, time.launch_s);
  const double expected = time.setup_s + std::min(warm_up_s, warm_up_launches * time.launch_s) +
                          std::max(time.budget_s, repetitions);
  return {.key = std::move(key),
          .bytes = bytes,
          .budget = Seconds{time.budget_s},
          .expected = Seconds{expected}};
}

std::vector<double> geometric(double first, double last, double factor) {
  std::vector<double> values;
  double value = first;
  while (value <= last) {
    values.push_back(std::round(value));
    value *= factor;
  }
  return values;
}

double van_der_corput(std::uint32_t index, std::uint32_t base) {
  double value = 0;
  double digit_value = 1;
  for (; index > 0; index /= base) {
    digit_value /= base;
    value += digit_value * (index % base);
  }
  return value;
}

std::vector<Group> make_plan(const PlanRequest& request) {
  std::vector<Group> plan{
      {"launch", "launches, graphs, events, synchronisation", plan_launch()},
      {"memory", "softmax, norms, activations, Adam, local sums", plan_memory()},
      {"gemm", "cublasLt: bfloat16, float16, fp8, tf32", plan_gemm()},
      {"batched_gemm", "cublasLt, as attention without fusion does it", plan_batched_gemm()},
      {"grouped_gemm", "experts of equal size, as a strided batch", plan_grouped_gemm()},
      {"attention", "a fused forward kernel of our own", plan_attention()},
      {"transfers", "host, device and peer copies, beside a GEMM", plan_copy(request)},
      {"contention", "GEMM beside a kernel that streams memory", plan_contention()},
      {"collectives", "NCCL, one child process per variant", plan_collectives(request)},
  };
  expect_known(request.only, plan);
  for (Group& group : plan) {
    if (request.extent == Extent::quick) {
      thin(group.points);
    }
    shuffle(group.points);
  }
  if (!request.only.empty()) {
    keep_only(request.only, plan);
  }
  std::erase_if(plan, [](const Group& group) { return group.points.empty(); });
  return plan;
}

Seconds expected_seconds(const Group& group) {
  return std::accumulate(group.points.begin(), group.points.end(), Seconds{0},
                         [](Seconds sum, const Point& point) { return sum + point.expected; });
}

Seconds expected_seconds(const std::vector<Group>& plan) {
  return std::accumulate(plan.begin(), plan.end(), Seconds{0}, [](Seconds sum, const Group& each) {
    return sum + expected_seconds(each);
  });
}

std::string plan_table(const std::vector<Group>& plan) {
  std::string out = fmt::format("{:<14} {:>7} {:>14}  {}\n", "group", "points", "expected", "what");
  std::size_t points = 0;
  for (const Group& group : plan) {
    points += group.points.size();
    out += fmt::format("{:<14} {:>7} {:>14}  {}\n", group.name, group.points.size(),
                       duration_text(expected_seconds(group)), group.what);
  }
  return out + fmt::format("{:<14} {:>7} {:>14}\n", "total", points,
                           duration_text(expected_seconds(plan)));
}

std::vector<std::string> not_measurable(const PlanRequest& request) {
  std::vector<std::string> list{
      "attention through cuDNN: its graph API has no operation that is causal by itself"};
  if (request.gpus < 2) {
    list.emplace_back("copy_peer: one GPU");
  }
  if (request.ranks < 2) {
    list.emplace_back("collectives over links: one GPU, so only what one rank alone costs");
  }
  if (request.gpus == request.ranks) {
    list.emplace_back("collectives between hosts: not started by mpirun");
  }
  return list;
}

}  // namespace probe
