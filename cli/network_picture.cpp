#include "cli/network_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/svg.hpp"
#include "sim/quantity_text.hpp"
#include "topology/dot_layout.hpp"

namespace cli {
namespace {

using topology::NodeId;
using topology::NodeKind;

constexpr double percent = 100;
constexpr double margin = 36;

/// All links between two nodes, `low` being the lower id.
struct Cable {
  NodeId low{};
  NodeId high{};
  int links = 0;
  double upward = 0;  // use of the busiest link from low to high
  double downward = 0;
  sim::Bandwidth bandwidth{};

  [[nodiscard]] double use() const { return std::max(upward, downward); }
};

/// The busiest one last: it is drawn over the others.
std::vector<Cable> cables_of(const topology::Topology& topology, const LinkLoad& load) {
  std::map<std::pair<NodeId, NodeId>, Cable> by_ends;
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    const topology::Link& link = topology.links()[i];
    const auto [low, high] = std::minmax(link.from, link.to);
    Cable& cable = by_ends.try_emplace({low, high}, Cable{.low = low, .high = high}).first->second;
    ++cable.links;
    cable.bandwidth = link.spec.bandwidth;
    double& use = link.from == low ? cable.upward : cable.downward;
    use = std::max(use, load.utilisation[i]);
  }
  std::vector<Cable> out;
  for (const auto& [ends, cable] : by_ends) {
    out.push_back(cable);
  }
  std::ranges::stable_sort(out, {}, &Cable::use);
  return out;
}

std::string_view last_part(std::string_view name) {
  name.remove_prefix(std::min(name.rfind('.') + 1, name.size()));
  return name;
}

/// "3" of "gpu3"; all of a name without a number.
std::string_view number_of(std::string_view name) {
  const std::size_t last = name.find_last_not_of("0123456789");
  return last == std::string_view::npos || last + 1 == name.size() ? name : name.substr(last + 1);
}

/// Where nodes go that stand in rows: GPUs side by side, with a gap between blocks; what shares a
/// block with GPUs above or below them; all else over the whole width.
class Rows {
 public:
  explicit Rows(const topology::Topology& topology)
      : topology_{&topology}, levels_{topology::levels(topology)}, spots_(levels_.size()) {}

  std::vector<Spot> place() {
    std::map<std::int32_t, std::vector<std::size_t>> rows;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      rows[levels_[i]].push_back(i);
    }
    const std::int32_t top = rows.rbegin()->first;
    for (const auto& [level, members] : rows) {
      widest_ = std::max(widest_, static_cast<double>(members.size()) * step);
    }
    place_gpus(rows.at(0));
    for (const auto& [level, members] : rows) {
      if (level != 0) {
        place_row(members);
      }
      for (const std::size_t member : members) {
        spots_[member].y = margin + (row_height * (top - level));
      }
    }
    return std::move(spots_);
  }

 private:
  static constexpr double step = 34;
  static constexpr double gap = 18;
  static constexpr double row_height = 84;

  [[nodiscard]] std::int32_t block_of(std::size_t node) const {
    return topology_->partitions().empty() ? -1 : topology_->partitions().front().block_of[node];
  }

  void place_gpus(const std::vector<std::size_t>& gpus) {
    double x = margin;
    for (std::size_t i = 0; i < gpus.size(); ++i) {
      x += i > 0 ? step + (block_of(gpus[i]) == block_of(gpus[i - 1]) ? 0 : gap) : 0;
      spots_[gpus[i]].x = x;
      auto& [begin, end] = extents_.try_emplace(block_of(gpus[i]), std::pair{x, x}).first->second;
      begin = std::min(begin, x);
      end = std::max(end, x);
    }
    extents_[-1] = {margin, std::max(x, margin + widest_ - step)};
    centre(gpus, x);
  }

  /// In the middle, where another row is wider.
  void centre(const std::vector<std::size_t>& gpus, double last) {
    const double shift = (extents_.at(-1).second - last) / 2;
    for (const std::size_t gpu : gpus) {
      spots_[gpu].x += shift;
    }
    for (auto& [block, extent] : extents_) {
      if (block >= 0) {
        extent.first += shift;
        extent.second += shift;
      }
    }
  }

  void place_row(const std::vector<std::size_t>& members) {
    std::map<std::int32_t, std::vector<std::size_t>> blocks;
    for (const std::size_t member : members) {
      const std::int32_t block = block_of(member);
      blocks[extents_.contains(block) ? block : -1].push_back(member);
    }
    for (const auto& [block, nodes] : blocks) {
      const auto [begin, end] = extents_.at(block);
      const double width = (end - begin + step) / static_cast<double>(nodes.size());
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        spots_[nodes[i]].x = begin - (step / 2) + (width * (static_cast<double>(i) + 0.5));
      }
    }
  }

  const topology::Topology* topology_;
  std::vector<std::int32_t> levels_;
  std::vector<Spot> spots_;
  std::map<std::int32_t, std::pair<double, double>> extents_;  // of blocks: where their GPUs are
  double widest_ = 0;
};

/// Places in points become spots in pixels, the first one at the margin.
std::vector<Spot> spots_of(const std::vector<topology::Place>& places) {
  constexpr double scale = 0.62;
  double left = places.front().x;
  double top = places.front().y;
  for (const topology::Place& place : places) {
    left = std::min(left, place.x);
    top = std::max(top, place.y);
  }
  std::vector<Spot> out;
  for (const topology::Place& place : places) {
    out.push_back({margin + (scale * (place.x - left)), margin + (scale * (top - place.y))});
  }
  return out;
}

class Picture {
 public:
  Picture(const topology::Topology& topology, const LinkLoad& load, double scale)
      : topology_{&topology}, scale_{scale}, cables_{cables_of(topology, load)} {
    const auto places = topology::fixed_places(topology);
    spots_ = places ? spots_of(*places) : Rows{topology}.place();
  }

  std::string draw() {
    for (const Cable& cable : cables_) {
      add_cable(cable);
    }
    Spot size;
    for (std::size_t i = 0; i < spots_.size(); ++i) {
      add_node(i);
      size.x = std::max(size.x, spots_[i].x + margin);
      size.y = std::max(size.y, spots_[i].y + margin);
    }
    return svg_.finish(size, topology_->summary(),
                       "Every node and every cable; the busier a cable, the stronger its colour "
                       "and the wider its line. The table below has the same in numbers.");
  }

 private:
  /// Does the cable close a torus, from one side of the grid to the other?
  [[nodiscard]] bool wraps(const Cable& cable) const {
    const auto& lattice = topology_->lattice();
    if (!lattice || !lattice->wraps || lattice->shape.size() == 1) {
      return false;
    }
    auto stride = static_cast<std::int32_t>(topology_->nodes().size());
    const std::int32_t apart =
        static_cast<std::int32_t>(cable.high) - static_cast<std::int32_t>(cable.low);
    return std::ranges::any_of(lattice->shape, [&](std::int32_t extent) {
      stride /= extent;
      return extent > 2 && apart == stride * (extent - 1);
    });
  }

  void add_cable(const Cable& cable) {
    const Spot low = spots_[topology::index(cable.low)];
    const Spot high = spots_[topology::index(cable.high)];
    const std::string tip =
        fmt::format("{} to {}: {:.3g} % of {}, back: {:.3g} %{}", topology_->node(cable.low).name,
                    topology_->node(cable.high).name, percent * cable.upward,
                    sim::to_text(cable.bandwidth), percent * cable.downward,
                    cable.links > 2 ? fmt::format("; {} links", cable.links) : std::string{});
    const std::string looks = load_class(cable.use(), scale_);
    const double width = load_width(cable.use(), scale_);
    if (!wraps(cable)) {
      svg_.line(low, high, width, looks, tip);
      return;
    }
    // Half a cable at each end, leading out of the grid.
    constexpr double length = 24;
    const double distance = std::hypot(high.x - low.x, high.y - low.y);
    const double x = length * (high.x - low.x) / distance;
    const double y = length * (high.y - low.y) / distance;
    svg_.line(low, {low.x - x, low.y - y}, width, looks + " wraps", tip);
    svg_.line(high, {high.x + x, high.y + y}, width, looks + " wraps", tip);
  }

  void add_node(std::size_t at) {
    const topology::Node& node = topology_->nodes()[at];
    const bool is_gpu = node.kind == NodeKind::gpu;
    const std::string_view label =
        node.kind == NodeKind::switching ? last_part(node.name) : number_of(node.name);
    constexpr double letter = 6;
    const Spot size{
        std::max(is_gpu ? 24.0 : 20.0, 8 + (letter * static_cast<double>(label.size()))),
        is_gpu ? 20.0 : 16.0};
    constexpr std::array<std::string_view, 3> looks{"node gpu", "node nic", "node switch"};
    svg_.box(spots_[at], size, looks.at(static_cast<std::size_t>(node.kind)), node.name);
    svg_.words(spots_[at], Svg::Anchor::middle, "name", label);
  }

  const topology::Topology* topology_;
  double scale_;
  std::vector<Cable> cables_;
  std::vector<Spot> spots_;
  Svg svg_;
};

}  // namespace

double colour_scale(double busiest) {
  constexpr std::array scales{0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5};
  const auto* found = std::ranges::find_if(scales, [&](double scale) { return busiest <= scale; });
  return found == scales.end() ? 1 : *found;
}

std::string load_class(double utilisation, double scale) {
  constexpr double colours = 10;
  const double part = std::clamp(utilisation / scale, 0.0, 1.0);
  return fmt::format("load{}", static_cast<int>(std::min(part * colours, colours - 1)));
}

double load_width(double utilisation, double scale) {
  constexpr double idle = 1.2;
  constexpr double more = 4;
  return idle + (more * std::clamp(utilisation / scale, 0.0, 1.0));
}

bool is_small(const topology::Topology& topology) {
  constexpr std::size_t grid_most = 256;
  constexpr std::size_t gpus_most = 40;
  const bool is_grid = topology.lattice() && topology.lattice()->shape.size() > 1 &&
                       topology.endpoints().size() == topology.nodes().size();
  return topology.endpoints().size() <= (is_grid ? grid_most : gpus_most) &&
         topology.nodes().size() <= grid_most;
}

std::string draw_all(const topology::Topology& topology, const LinkLoad& load, double scale) {
  return Picture{topology, load, scale}.draw();
}

}  // namespace cli
