#include "calibration/nccl_tuning.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "sim/contract.hpp"

namespace calibration {
namespace {

constexpr double us = 1e-6;
constexpr double giga = 1e9;  // bytes per second

/// Per protocol, in their order: ll, ll128, simple.
using PerProtocol = std::array<double, 3>;

constexpr PerProtocol ring_base{6.6 * us, 14.0 * us, 8.4 * us};
constexpr PerProtocol tree_base{6.8 * us, 14.0 * us, 8.4 * us};
constexpr std::array<PerProtocol, 2> ring_step{{{1.0 * us, 2.5 * us, 5.7 * us},    // PCIe
                                                {0.6 * us, 1.9 * us, 3.4 * us}}};  // NVLink
constexpr std::array<PerProtocol, 2> tree_step{
    {{1.0 * us, 1.9 * us, 4.0 * us}, {0.6 * us, 1.25 * us, 4.0 * us}}};
constexpr PerProtocol ring_net_step{2.7 * us, 4.0 * us, 14.0 * us};
constexpr PerProtocol tree_net_step{5.0 * us, 8.5 * us, 14.0 * us};
constexpr double nvls_step = 25 * us;
// On several servers a step of LL inside one is held up by those between them.
constexpr double ll_among_servers = 1.8;
// A ring's step over the network, by the processor's side (Intel); Simple has three of them.
constexpr double net_overhead = 1 * us;

/// The most that LL carries, per architecture, on one server, two, and more (the last two by the
/// host: those of Intel's).
constexpr std::array<std::array<double, 3>, 4> ll_most{{{39 * giga, 39 * giga, 20.4 * giga},
                                                        {87.7 * giga, 39 * giga, 20.4 * giga},
                                                        {141 * giga, 39 * giga, 20.4 * giga},
                                                        {282 * giga, 39 * giga, 20.4 * giga}}};
constexpr std::array<double, 4> nvls_efficiency{0, 0, 0.85, 0.74};
/// What a channel may carry, in the order in which its search for channels tries, up to Hopper and
/// from Blackwell on.
constexpr std::array<double, 7> hopper_speeds{60, 50, 40, 30, 24, 20, 15};
constexpr std::array<double, 9> blackwell_speeds{90, 80, 70, 60, 50, 45, 40, 30, 24};

/// How far trees fall short of the formula: sizes from 64 B on, doubling; per protocol.
constexpr std::size_t corrections = 24;
constexpr std::array<std::array<double, corrections>, 3> tree_correction{
    {{1, 1, 1, 1, .9, .8, .7, .7, .7, .7, .6, .5, .4, .4, .5, .6, .7, .8, .9, 1, 1, 1, 1, 1},
     {1, 1, 1, 1, 1, .9, .8, .8, .8, .7, .6, .6, .6, .6, .6, .6, .8, .9, .9, .9, .9, 1, 1, 1},
     {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5,
      .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9, .9}}};

double at(const PerProtocol& table, Protocol protocol) {
  return table.at(static_cast<std::size_t>(protocol));
}

/// What all channels carry in one direction.
double bus(const NodeKind& node, const CollectiveShape& shape) {
  return shape.nodes <= 2 || node.nic_Bps <= 0 ? node.bus_Bps
                                               : std::min(node.bus_Bps, node.nic_Bps);
}

double ll_limit(const NodeKind& node, const CollectiveShape& shape) {
  const auto column = static_cast<std::size_t>(std::min(shape.nodes, 3) - 1);
  return ll_most.at(static_cast<std::size_t>(node.architecture)).at(column);
}

/// Fills in the time: base, steps and bytes.
Expectation reckoned(Expectation out, const Trips& whole, double bytes) {
  out.seconds = out.base_s + (whole.steps * out.step_s) + (whole.far_steps * out.far_step_s) +
                (whole.share * bytes / out.bandwidth_Bps);
  return out;
}

Expectation ring(const NodeKind& node, const CollectiveShape& shape, Protocol protocol) {
  double inside = at(ring_step.at(static_cast<std::size_t>(node.joint)), protocol);
  double outside =
      at(ring_net_step, protocol) + (net_overhead * (protocol == Protocol::simple ? 3 : 1));
  if (shape.nodes > 1 && protocol == Protocol::ll) {
    inside *= ll_among_servers;
  }
  const double piled_up_from = 64;  // bytes per channel and rank
  constexpr double channels = 16;
  if (shape.nodes > 1 && protocol == Protocol::simple && shape.operation == Operation::all_reduce &&
      shape.bytes / (channels * shape.ranks) >= piled_up_from) {
    constexpr double pile = 1.4;
    inside *= pile;
    outside *= pile;
  }
  double bandwidth = bus(node, shape);
  if (protocol == Protocol::ll) {
    bandwidth = std::min(bandwidth * 0.5, ll_limit(node, shape));
  } else if (protocol == Protocol::ll128) {
    bandwidth *= 0.92;
  }
  return reckoned({.method = {Pattern::ring, protocol},
                   .base_s = at(ring_base, protocol),
                   .step_s = inside,
                   .far_step_s = outside,
                   .bandwidth_Bps = bandwidth},
                  trips(Pattern::ring, shape), shape.bytes);
}

Expectation tree(const NodeKind& node, const CollectiveShape& shape, Protocol protocol) {
  double inside = at(tree_step.at(static_cast<std::size_t>(node.joint)), protocol);
  if (shape.nodes > 1 && protocol == Protocol::ll) {
    inside *= ll_among_servers;
  }
  double bandwidth = bus(node, shape) * 0.92;
  if (node.architecture >= Architecture::hopper) {
    bandwidth *= 0.85;  // its search finds plain trees only
  }
  if (protocol == Protocol::ll) {
    bandwidth = std::min(bandwidth / 3.8, ll_limit(node, shape));
  } else if (protocol == Protocol::ll128) {
    bandwidth *= shape.nodes == 1 ? 7.0 / 9 : 120.0 / 128;
  }
  const double doublings = std::floor(std::log2(std::max(shape.bytes / 64, 1.0)));
  if (doublings < static_cast<double>(corrections)) {
    bandwidth *= tree_correction.at(static_cast<std::size_t>(protocol))
                     .at(static_cast<std::size_t>(doublings));
  }
  return reckoned({.method = {Pattern::tree, protocol},
                   .base_s = at(tree_base, protocol),
                   .step_s = inside,
                   .far_step_s = at(tree_net_step, protocol),
                   .bandwidth_Bps = bandwidth},
                  trips(Pattern::tree, shape), shape.bytes);
}

/// What a channel per rank carries at most, all of them together.
double channel_per_rank(const NodeKind& node, std::int32_t ranks) {
  const std::span<const double> speeds = node.architecture >= Architecture::blackwell
                                             ? std::span<const double>{blackwell_speeds}
                                             : std::span<const double>{hopper_speeds};
  const auto fits = [&](double speed) { return speed * giga * ranks <= node.bus_Bps; };
  const auto found = std::ranges::find_if(speeds, fits);
  return found == speeds.end() ? node.bus_Bps : *found * giga * ranks;
}

/// With the switches' arithmetic, inside one server.
Expectation nvls(const NodeKind& node, const CollectiveShape& shape) {
  const double heads = shape.ranks;
  const double carried = 2 * channel_per_rank(node, shape.ranks) *  // both phases at once
                         nvls_efficiency.at(static_cast<std::size_t>(node.architecture)) *
                         (heads - 1) / heads;
  const Trips whole = trips(Pattern::nvls, shape);
  // Its own time for the bytes, in terms of what leaves a rank.
  const double seconds = shape.bytes * 2 * (heads - 1) / heads / carried;
  return reckoned({.method = {Pattern::nvls, Protocol::simple},
                   .base_s = 0,
                   .step_s = nvls_step / whole.steps,
                   .far_step_s = 0,
                   .bandwidth_Bps = whole.share * shape.bytes / seconds},
                  whole, shape.bytes);
}

/// NCCL has one way, so it reckons nothing: this is where a fit begins.
Expectation pairwise(const NodeKind& node, const CollectiveShape& shape) {
  return reckoned({.method = {Pattern::pairwise, Protocol::simple},
                   .base_s = at(ring_base, Protocol::simple),
                   .step_s = at(ring_step.at(static_cast<std::size_t>(node.joint)), Protocol::ll),
                   .far_step_s = at(ring_net_step, Protocol::ll),
                   .bandwidth_Bps = bus(node, shape)},
                  trips(Pattern::pairwise, shape), shape.bytes);
}

}  // namespace

std::vector<Expectation> nccl_expectations(const NodeKind& node, const CollectiveShape& shape) {
  if (shape.ranks < 2) {
    return {};
  }
  if (shape.operation == Operation::all_to_all || shape.operation == Operation::send_receive) {
    return {pairwise(node, shape)};
  }
  std::vector<Expectation> out;
  const bool is_all_reduce = shape.operation == Operation::all_reduce;
  for (const Protocol protocol : {Protocol::ll, Protocol::ll128, Protocol::simple}) {
    // Not every PCIe path keeps 128 bytes together.
    if (protocol == Protocol::ll128 && node.joint == Joint::pcie) {
      continue;
    }
    out.push_back(ring(node, shape, protocol));
    if (is_all_reduce && shape.nodes > 1) {
      out.push_back(tree(node, shape, protocol));
    }
  }
  const bool can_add = node.joint == Joint::nvlink && shape.number == Number::switches &&
                       nvls_efficiency.at(static_cast<std::size_t>(node.architecture)) > 0;
  if (is_all_reduce && can_add && shape.nodes == 1 && shape.ranks > 2) {
    out.push_back(nvls(node, shape));
  }
  return out;
}

bool considers(const NodeKind& node, Method method, const CollectiveShape& shape) {
  const std::vector<Expectation> all = nccl_expectations(node, shape);
  return std::ranges::find(all, method, &Expectation::method) != all.end();
}

Expectation nccl_choice(const NodeKind& node, const CollectiveShape& shape) {
  const std::vector<Expectation> all = nccl_expectations(node, shape);
  sim::require(!all.empty(), "a collective has at least two ranks");
  return *std::ranges::min_element(all, {}, &Expectation::seconds);
}

}  // namespace calibration
