#include "topology/dot_layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

namespace topology {
namespace {

constexpr double spacing = 72;  // between neighbours, in points

std::vector<NodeId> neighbours(const Topology& topology, NodeId node) {
  std::vector<NodeId> out;
  for (const LinkId id : topology.out_links(node)) {
    out.push_back(topology.link(id).to);
  }
  for (const LinkId id : topology.in_links(node)) {
    out.push_back(topology.link(id).from);
  }
  return out;
}

bool is_gpu(const Topology& topology, NodeId node) {
  return topology.node(node).kind == NodeKind::gpu;
}

/// Is `node` connected to GPUs only, each of which has another way out?
bool is_below(const Topology& topology, NodeId node) {
  return std::ranges::all_of(neighbours(topology, node), [&](NodeId gpu) {
    return is_gpu(topology, gpu) &&
           std::ranges::any_of(neighbours(topology, gpu), [&](NodeId other) {
             return other != node && !is_gpu(topology, other);
           });
  });
}

Place on_circle(std::size_t at, std::size_t count, double radius) {
  const double turn =
      2 * std::numbers::pi * (static_cast<double>(at) + 0.5) / static_cast<double>(count);
  return {radius * std::sin(turn), radius * std::cos(turn)};
}

double radius_for(std::size_t count) {
  return std::max(spacing, static_cast<double>(count) * spacing / (2 * std::numbers::pi));
}

/// Rows go down, columns right, the first of three dimensions goes up and right.
std::vector<Place> grid_places(const Lattice& lattice, std::size_t count) {
  constexpr Place third{0.62 * spacing, 0.34 * spacing};
  const auto& shape = lattice.shape;
  const auto columns = static_cast<std::size_t>(shape.back());
  const std::size_t rows = shape.size() < 2 ? 1 : static_cast<std::size_t>(shape[shape.size() - 2]);
  // Layers must not hide one another: with more than two, the grid is stretched.
  const double stretch = shape.size() < 3 ? 1 : std::max(1.0, 0.75 * shape.front());
  std::vector<Place> places;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t line = i / columns;
    const std::size_t sheet = line / rows;
    const auto column = static_cast<double>(i % columns);
    const auto row = static_cast<double>(line % rows);
    const auto layer = static_cast<double>(sheet);
    places.push_back({(column * spacing * stretch) + (layer * third.x),
                      (layer * third.y) - (row * spacing * stretch)});
  }
  return places;
}

/// GPUs on an outer circle, everything else on an inner one, both in the order of their ids.
std::vector<Place> circle_places(const Topology& topology) {
  const std::size_t gpus = topology.endpoints().size();
  const std::size_t others = topology.nodes().size() - gpus;
  const double inner = others == 0 ? 0 : 1.4 * radius_for(others);  // switches have longer names
  const double outer = std::max(radius_for(gpus), inner + spacing);
  std::vector<Place> places;
  std::size_t gpu = 0;
  std::size_t other = 0;
  for (const Node& node : topology.nodes()) {
    places.push_back(node.kind == NodeKind::gpu ? on_circle(gpu++, gpus, outer)
                                                : on_circle(other++, others, inner));
  }
  return places;
}

/// Do switches stand above the GPUs, none of them joined to another of its own level?
bool has_levels(const Topology& topology) {
  if (topology.endpoints().size() == topology.nodes().size()) {
    return false;
  }
  const std::vector<std::int32_t> level = levels(topology);
  return std::ranges::none_of(topology.links(), [&](const Link& link) {
    return level[index(link.from)] == level[index(link.to)] && level[index(link.from)] != 0;
  });
}

}  // namespace

std::vector<std::int32_t> levels(const Topology& topology) {
  std::vector<std::int32_t> level(topology.nodes().size(), -1);
  std::vector<NodeId> queue{topology.endpoints().begin(), topology.endpoints().end()};
  for (const NodeId gpu : queue) {
    level[index(gpu)] = 0;
  }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const NodeId node = queue[i];
    for (const NodeId next : neighbours(topology, node)) {
      if (level[index(next)] == -1) {
        level[index(next)] = level[index(node)] + 1;
        queue.push_back(next);
      }
    }
  }
  for (std::size_t i = 0; i < level.size(); ++i) {
    if (level[i] == 1 && is_below(topology, static_cast<NodeId>(i))) {
      level[i] = -1;
    }
  }
  return level;
}

std::optional<std::vector<Place>> fixed_places(const Topology& topology) {
  const auto& lattice = topology.lattice();
  const bool all_gpus = topology.endpoints().size() == topology.nodes().size();
  if (lattice && all_gpus && lattice->shape.size() <= 3 &&
      (lattice->shape.size() > 1 || !lattice->wraps)) {
    return grid_places(*lattice, topology.nodes().size());
  }
  return has_levels(topology) ? std::nullopt : std::optional{circle_places(topology)};
}

}  // namespace topology
