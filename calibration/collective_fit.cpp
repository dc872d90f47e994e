#include "calibration/collective_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "calibration/descent.hpp"
#include "sim/contract.hpp"

namespace calibration {
namespace {

constexpr double gpus_usual = 8;  // in a server, and NICs

/// Where a shape stands among others. What is summed matters only where something is.
std::vector<double> place_of(const CollectiveShape& shape) {
  const bool sums = shape.operation == Operation::all_reduce ||
                    shape.operation == Operation::reduce_scatter ||
                    shape.operation == Operation::reduce;
  return {std::log2(shape.bytes), std::log2(static_cast<double>(shape.ranks)),
          std::log2(static_cast<double>(shape.nodes)), static_cast<double>(shape.operation),
          sums ? static_cast<double>(shape.number) : 0};
}

/// How the factors beside a method's numbers hang together: along the sizes of one curve; between
/// numbers of ranks; and between operations.
Kriging::Settings first_settings() {
  constexpr double equal = Kriging::equal;
  constexpr double any = Kriging::any;
  return {.parts = {{.deviation = 0.1, .reach = {3, equal, equal, equal, equal}},
                    {.deviation = 0.1, .reach = {3, 1, 1, equal, any}},
                    {.deviation = 0.1, .reach = {5, 1, 1, any, any}}},
          .noise = 0.02};
}

/// Samples of one shape as one point.
std::vector<Kriging::Point> points_of(const NodeKind& node, Method method,
                                      const MethodNumbers& numbers,
                                      std::span<const CollectiveSample> samples) {
  std::map<std::vector<double>, Kriging::Point> points;
  for (const CollectiveSample& sample : samples) {
    const std::vector<double> place = place_of(sample.shape);
    Kriging::Point& point = points.try_emplace(place, Kriging::Point{place, 0, 0}).first->second;
    const double factor =
        std::log(sample.seconds / mean_seconds(node, method, numbers, sample.shape));
    point.observations += 1;
    point.value += (factor - point.value) / point.observations;
  }
  std::vector<Kriging::Point> out;
  out.reserve(points.size());
  for (auto& [place, point] : points) {
    out.push_back(std::move(point));
  }
  return out;
}

/// The method's numbers: least mean error, held to NCCL's own where samples say little.
MethodNumbers fit_numbers(const NodeKind& node, Method method,
                          std::span<const CollectiveSample> samples) {
  const Expectation own = own_numbers(node, method, samples.front().shape);
  constexpr double base_least = 1e-7;  // NVLS has none in NCCL's table
  // A descent moves a number by a factor of 6 at most: this is where it may begin.
  const double sharing_first = node.joint == Joint::pcie ? 0.3 : 0.05;
  const std::vector<double> start{std::max(own.base_s, base_least), own.step_s,
                                  std::max(own.far_step_s, base_least), own.bandwidth_Bps,
                                  sharing_first};
  const auto named = [](std::span<const double> from) {
    return MethodNumbers{from[0], from[1], from[2], from[3], from[4]};
  };
  constexpr double hold = 0.3;  // a factor e from NCCL's own: as much as one sample off by 30 %
  constexpr int rounds = 16;
  return named(descend(start, rounds, [&](std::span<const double> tried) {
    double sum = 0;
    for (const CollectiveSample& sample : samples) {
      sum += std::abs(
          std::log(mean_seconds(node, method, named(tried), sample.shape) / sample.seconds));
    }
    for (std::size_t i = 0; i < start.size(); ++i) {
      sum += hold * std::pow(std::log(tried[i] / start[i]), 2);
    }
    return sum / static_cast<double>(samples.size());
  }));
}

}  // namespace

CollectiveFit::CollectiveFit(NodeKind node, std::span<const CollectiveSample> samples)
    : node_{node} {
  sim::require(!samples.empty(), "a fit needs samples");
  std::map<std::pair<Pattern, Protocol>, std::vector<CollectiveSample>> by_method;
  for (const CollectiveSample& sample : samples) {
    const Method method = nccl_choice(node, sample.shape).method;
    by_method[{method.pattern, method.protocol}].push_back(sample);
  }
  for (auto& [key, own] : by_method) {
    const Method method{key.first, key.second};
    const MethodNumbers numbers = fit_numbers(node, method, own);
    std::vector<Kriging::Point> points = points_of(node, method, numbers, own);
    Kriging::Settings settings = likeliest_settings(first_settings(), points);
    methods_.push_back({.method = method,
                        .numbers = numbers,
                        .beside = Kriging{std::move(settings), std::move(points)},
                        .samples = std::move(own)});
  }
  set_scales();
}

CollectiveFit::CollectiveFit(NodeKind node, std::vector<Found> found) : node_{node} {
  for (Found& each : found) {
    std::vector<Kriging::Point> points = points_of(node, each.method, each.numbers, each.samples);
    methods_.push_back({.method = each.method,
                        .numbers = each.numbers,
                        .beside = Kriging{std::move(each.settings), std::move(points)},
                        .samples = std::move(each.samples)});
  }
  set_scales();
}

/// The geometric means, over methods, of fitted by NCCL's own.
void CollectiveFit::set_scales() {
  double latency = 0;
  double rate = 0;
  for (const MethodFit& method : methods_) {
    const Expectation own = own_numbers(node_, method.method, method.samples.front().shape);
    latency += std::log(method.numbers.step_s / own.step_s);
    rate += std::log(method.numbers.rate_Bps / own.bandwidth_Bps);
  }
  if (!methods_.empty()) {
    const auto count = static_cast<double>(methods_.size());
    scales_ = {.latency = std::exp(latency / count), .rate = std::exp(rate / count)};
  }
}

const MethodFit* CollectiveFit::find(Method method) const {
  const auto found = std::ranges::find(methods_, method, &MethodFit::method);
  return found == methods_.end() ? nullptr : &*found;
}

CollectiveCost CollectiveFit::cost(const CollectiveShape& shape) const {
  return cost_by(nccl_choice(node_, shape), shape);
}

std::optional<CollectiveCost> CollectiveFit::cost_of(Pattern pattern,
                                                     const CollectiveShape& shape) const {
  std::optional<CollectiveCost> best;
  for (const Expectation& each : nccl_expectations(node_, shape)) {
    if (each.method.pattern == pattern) {
      const CollectiveCost cost = cost_by(each, shape);
      if (!best || lone_seconds(cost, shape) < lone_seconds(*best, shape)) {
        best = cost;
      }
    }
  }
  return best;
}

CollectiveCost CollectiveFit::cost_of_messages(const CollectiveShape& shape) const {
  const auto ring = cost_of(Pattern::ring, shape);
  const auto best = ring ? ring : cost_of(Pattern::pairwise, shape);
  sim::require(best.has_value(), "NCCL has rings, or pairs, for every collective");
  return *best;
}

CollectiveCost CollectiveFit::cost_by(const Expectation& chosen,
                                      const CollectiveShape& shape) const {
  const MethodFit* const fit = find(chosen.method);
  if (fit == nullptr) {
    return {.method = chosen.method,
            .start_s = chosen.base_s * scales_.latency,
            .step_s = chosen.step_s * scales_.latency,
            .far_step_s = chosen.far_step_s * scales_.latency,
            .rate_Bps = chosen.bandwidth_Bps * scales_.rate,
            .nics_Bps = nics_of(node_, shape)};
  }
  CollectiveCost cost = mean_cost(node_, chosen.method, fit->numbers, shape);
  const double factor = std::exp(fit->beside.at(place_of(shape)));
  cost.start_s *= factor;
  cost.step_s *= factor;
  cost.far_step_s *= factor;
  cost.rate_Bps /= factor;
  return cost;
}

CollectiveFit carried(const CollectiveFit& fit, const NodeKind& node) {
  std::vector<CollectiveFit::Found> found;
  for (const MethodFit& from : fit.methods()) {
    CollectiveFit::Found to{.method = from.method,
                            .numbers = from.numbers,
                            .settings = from.beside.settings(),
                            .samples = {}};
    std::ranges::copy_if(
        from.samples, std::back_inserter(to.samples),
        [&](const CollectiveSample& sample) { return considers(node, from.method, sample.shape); });
    if (to.samples.empty()) {
      continue;
    }
    const CollectiveShape& shape = to.samples.front().shape;
    to.numbers.rate_Bps *= own_numbers(node, from.method, shape).bandwidth_Bps /
                           own_numbers(fit.node(), from.method, shape).bandwidth_Bps;
    for (CollectiveSample& sample : to.samples) {
      sample.seconds *= mean_seconds(node, to.method, to.numbers, sample.shape) /
                        mean_seconds(fit.node(), from.method, from.numbers, sample.shape);
    }
    found.push_back(std::move(to));
  }
  return CollectiveFit{node, std::move(found)};
}

FitErrors errors_of(const CollectiveFit& fit, std::span<const CollectiveSample> samples) {
  std::vector<double> errors;
  errors.reserve(samples.size());
  for (const CollectiveSample& sample : samples) {
    errors.push_back(
        std::abs((lone_seconds(fit.cost(sample.shape), sample.shape) / sample.seconds) - 1));
  }
  return sum_up(std::move(errors));
}

FitErrors held_out_errors(const NodeKind& node, std::span<const CollectiveSample> samples) {
  std::vector<double> sizes;
  for (const CollectiveSample& sample : samples) {
    sizes.push_back(sample.shape.bytes);
  }
  std::ranges::sort(sizes);
  const auto again = std::ranges::unique(sizes);
  sizes.erase(again.begin(), again.end());
  std::array<std::vector<CollectiveSample>, 2> halves;
  for (const CollectiveSample& sample : samples) {
    const auto place = std::ranges::lower_bound(sizes, sample.shape.bytes) - sizes.begin();
    halves.at(static_cast<std::size_t>(place % 2)).push_back(sample);
  }
  if (halves[0].empty() || halves[1].empty()) {
    return {};
  }
  return errors_of(CollectiveFit{node, halves[0]}, halves[1]);
}

namespace {

/// From here on a size says more of bandwidth than of latency, on any link.
constexpr double large = 4 << 20;

/// Bytes per second that leave a rank, or go through the NICs of a server with eight GPUs, at
/// least: by the method that needs the fewest.
struct Rates {
  double rank = 0;
  double nics = 0;
};

Rates rates_of(const CollectiveSample& sample) {
  const CollectiveShape& shape = sample.shape;
  double share = trips(Pattern::ring, shape).share;
  double far_share = trips(Pattern::ring, shape).far_share;
  if (shape.operation == Operation::all_reduce) {
    share = std::min(share, 1.0);  // switches may add
    far_share = std::min(far_share, trips(Pattern::tree, shape).far_share);
  }
  const double per_s = shape.bytes / sample.seconds;
  return {.rank = share * per_s,
          .nics = far_share * per_s * gpus_usual * shape.nodes / shape.ranks};
}

/// The most of all samples of large sizes.
Rates largest_rates(std::span<const CollectiveSample> samples) {
  Rates out;
  for (const CollectiveSample& sample : samples) {
    if (sample.shape.bytes >= large) {
      const Rates each = rates_of(sample);
      out.rank = std::max(out.rank, sample.shape.nodes == 1 ? each.rank : 0);
      out.nics = std::max(out.nics, each.nics);
    }
  }
  return out;
}

/// The bytes that leave a rank by the time that they add between two sizes of one curve: the most
/// that any two sizes next to each other show, where they differ in time at all. 0 if none do.
double added_rate(std::span<const CollectiveSample> samples) {
  std::map<std::vector<double>, std::map<double, double>> curves;  // seconds by bytes
  for (const CollectiveSample& sample : samples) {
    std::vector<double> curve = place_of(sample.shape);
    curve.front() = 0;
    if (sample.shape.nodes == 1) {
      curves[curve][sample.shape.bytes * trips(Pattern::ring, sample.shape).share] = sample.seconds;
    }
  }
  double best = 0;
  for (const auto& [key, curve] : curves) {
    for (auto next = curve.begin(), last = next++; next != curve.end(); last = next++) {
      constexpr double told_apart = 1.3;
      if (next->second > told_apart * last->second) {
        best = std::max(best, (next->first - last->first) / (next->second - last->second));
      }
    }
  }
  return best;
}

/// The server whose GPUs send so many bytes per second.
NodeKind node_that_sends(double rate) {
  // What NCCL reckons with is a little more than what it reaches: 7 % on A100, H100 and B200.
  constexpr std::array buses{12e9, 24e9, 48e9, 120e9, 160e9, 240e9, 360e9, 720e9};
  constexpr double reached = 0.93;
  const double bus = *std::ranges::min_element(
      buses, {}, [&](double each) { return std::abs(std::log(each * reached / rate)); });
  constexpr double slowest_nvlink = 100e9;
  constexpr double reckoned = 0.8;  // of what a GPU can send
  NodeKind node{.architecture = Architecture::ampere,
                .joint = bus < slowest_nvlink ? Joint::pcie : Joint::nvlink,
                .line_Bps = bus / reckoned,
                .bus_Bps = bus};
  constexpr double hopper_bus = 300e9;
  constexpr double blackwell_bus = 500e9;
  if (bus >= blackwell_bus) {
    node.architecture = Architecture::blackwell;
  } else if (bus >= hopper_bus) {
    node.architecture = Architecture::hopper;
  }
  return node;
}

}  // namespace

std::optional<NodeKind> node_of(const NodeKind* known, std::span<const CollectiveSample> samples) {
  const Rates most = largest_rates(samples);
  constexpr double beyond = 1.05;
  const bool contradicts = known != nullptr && most.rank > beyond * known->line_Bps;
  std::optional<NodeKind> node;
  if (known != nullptr && !contradicts) {
    node = *known;
  } else if (const double rate = added_rate(samples); rate > 0) {
    node = node_that_sends(rate);
  }
  if (node && most.nics > 0) {
    node->nic_Bps = most.nics;
  }
  return node;
}

}  // namespace calibration
