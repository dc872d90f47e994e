#include "topology/dot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "topology/dot_layout.hpp"

namespace topology {
namespace {

/// All links between two nodes, `low` being the lower id.
struct Cable {
  NodeId low{};
  NodeId high{};
  std::int32_t upward = 0;    // links from low to high
  std::int32_t downward = 0;  // links from high to low
  double utilisation = 0;     // of the busiest of them
};

std::vector<Cable> cables(const Topology& topology, std::span<const LinkShade> shades) {
  std::vector<double> shade_of(topology.links().size(), 0);
  for (const LinkShade& shade : shades) {
    sim::require(index(shade.link) < shade_of.size(), "only a link of the topology is shaded");
    shade_of[index(shade.link)] = shade.utilisation;
  }
  std::map<std::pair<NodeId, NodeId>, Cable> by_ends;
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.links()[i];
    const auto [low, high] = std::minmax(link.from, link.to);
    Cable& cable = by_ends.try_emplace({low, high}, Cable{.low = low, .high = high}).first->second;
    ++(link.from == low ? cable.upward : cable.downward);
    cable.utilisation = std::max(cable.utilisation, shade_of[i]);
  }
  std::vector<Cable> out;
  std::ranges::transform(by_ends, std::back_inserter(out),
                         [](const auto& entry) { return entry.second; });
  return out;
}

/// Grey, green, yellow, red at 0, 1/3, 2/3 and 1, and straight lines between.
std::string colour(double utilisation) {
  constexpr std::array<std::array<double, 3>, 4> stops{
      {{216, 220, 224}, {120, 190, 120}, {250, 205, 60}, {200, 30, 40}}};
  const double at = std::clamp(utilisation, 0.0, 1.0) * (stops.size() - 1);
  const auto lower = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  const double part = at - static_cast<double>(lower);
  std::string out = "#";
  for (std::size_t i = 0; i < stops.front().size(); ++i) {
    const double value = std::lerp(stops.at(lower).at(i), stops.at(lower + 1).at(i), part);
    out += fmt::format("{:02x}", std::lround(value));
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// Writes one picture.
class Picture {
 public:
  Picture(const Topology& topology, std::span<const LinkShade> shades)
      : topology_{&topology},
        is_shaded_{!shades.empty()},
        cables_{cables(topology, shades)},
        places_{fixed_places(topology)},
        level_{levels(topology)} {}

  std::string draw() {
    add("graph network {{\n");
    add("  graph [layout={}, inputscale=72, newrank=true, ranksep={:.1f}, nodesep=0.15, "
        "splines={}, fontname=\"Helvetica\", label={}];\n",
        dot_engine(*topology_), row_distance(), curves(), legend());
    add("  node [fontname=\"Helvetica\", fontsize=10, margin=\"0.06,0.03\", height=0.3, "
        "width=0.3, style=filled, color=\"#55606a\"];\n");
    add("  edge [color=\"{}\", fontname=\"Helvetica\", fontsize=9];\n",
        is_shaded_ ? colour(0) : "#7d8790");
    for (std::size_t i = 0; i < topology_->nodes().size(); ++i) {
      add_node(i);
    }
    if (!places_) {
      add_boxes();
      add_rows();
    }
    for (const Cable& cable : cables_) {
      if (wraps(cable)) {
        add_stubs(cable);
      } else {
        add_cable(cable);
      }
    }
    add("}}\n");
    return std::move(out_);
  }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }

  /// Inches: wide pictures need room for the cables to spread.
  [[nodiscard]] double row_distance() const {
    return std::clamp(static_cast<double>(topology_->endpoints().size()) / 24, 1.1, 4.0);
  }

  /// Straight cables are clearest, but run through the nodes of a wide row, or of their own row.
  [[nodiscard]] std::string_view curves() const {
    constexpr std::size_t wide = 32;
    const bool flat = std::ranges::any_of(cables_, [&](const Cable& cable) {
      return level_[index(cable.low)] == level_[index(cable.high)];
    });
    const bool straight = places_ || (topology_->endpoints().size() <= wide && !flat);
    return straight ? "line" : "spline";
  }

  [[nodiscard]] std::string legend() const {
    const std::string summary = html_escaped(topology_->summary());
    if (!is_shaded_) {
      return fmt::format("<{}>", summary);
    }
    std::string cells;
    constexpr int steps = 5;
    for (int i = 0; i < steps; ++i) {
      const double utilisation = static_cast<double>(i) / (steps - 1);
      cells += fmt::format("<TD BGCOLOR=\"{}\" WIDTH=\"48\">{:.0f} %</TD>", colour(utilisation),
                           utilisation * 100);
    }
    return fmt::format(
        "<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\"><TR>"
        "<TD>{}; link utilisation: </TD>{}</TR></TABLE>>",
        summary, cells);
  }

  void add_node(std::size_t at) {
    const Node& node = topology_->nodes()[at];
    constexpr std::array<std::string_view, 3> looks{
        "shape=box, style=\"filled,rounded\", fillcolor=\"#d7e6f5\"",
        "shape=ellipse, fillcolor=\"#fbe6c8\"", "shape=box, fillcolor=\"#e3dcef\""};
    add("  n{} [label=\"{}\", {}", at, escaped(short_name(at)),
        looks.at(static_cast<std::size_t>(node.kind)));
    if (places_) {
      add(", pos=\"{:.1f},{:.1f}!\"", (*places_)[at].x, (*places_)[at].y);
    }
    add("];\n");
  }

  /// In a box, what follows the last dot: "gpu3" of "node0.gpu3".
  [[nodiscard]] std::string_view short_name(std::size_t at) const {
    const std::string_view name = topology_->nodes()[at].name;
    const std::size_t dot = name.rfind('.');
    const bool boxed = !places_ && block_of(at) != -1;
    return boxed && dot != std::string_view::npos && dot + 1 < name.size() ? name.substr(dot + 1)
                                                                           : name;
  }

  [[nodiscard]] std::int32_t block_of(std::size_t at) const {
    return topology_->partitions().empty() ? -1 : topology_->partitions().front().block_of[at];
  }

  void add_boxes() {
    std::map<std::int32_t, std::vector<std::size_t>> blocks;
    for (std::size_t i = 0; i < topology_->nodes().size(); ++i) {
      if (block_of(i) != -1) {
        blocks[block_of(i)].push_back(i);
      }
    }
    for (const auto& [block, members] : blocks) {
      add("  subgraph cluster_{} {{ label=\"{} {}\"; labelloc=b; fontsize=11; style=rounded; "
          "color=\"#b8c0c8\";",
          block, escaped(topology_->partitions().front().name), block);
      for (const std::size_t member : members) {
        add(" n{};", member);
      }
      add(" }}\n");
    }
  }

  void add_rows() {
    std::map<std::int32_t, std::vector<std::size_t>> rows;
    for (std::size_t i = 0; i < level_.size(); ++i) {
      rows[level_[i]].push_back(i);
    }
    for (const auto& [row, members] : rows) {
      // Graphviz would shuffle a row to save crossings; invisible edges keep it in order.
      add("  {{ rank=same; edge [style=invis];");
      for (std::size_t i = 0; i < members.size(); ++i) {
        add("{}n{}", i == 0 ? " " : " -- ", members[i]);
      }
      add("; }}\n");
    }
  }

  /// Does the cable close a torus, from one side of the grid to the other?
  [[nodiscard]] bool wraps(const Cable& cable) const {
    if (!places_ || !topology_->lattice() || !topology_->lattice()->wraps ||
        topology_->lattice()->shape.size() == 1) {
      return false;
    }
    auto stride = static_cast<std::int32_t>(topology_->nodes().size());
    for (const std::int32_t extent : topology_->lattice()->shape) {
      stride /= extent;
      if (static_cast<std::int32_t>(cable.high) - static_cast<std::int32_t>(cable.low) ==
              stride * (extent - 1) &&
          extent > 2) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::string attributes(const Cable& cable) const {
    std::string out;
    const std::int32_t parallel = std::max(cable.upward, cable.downward);
    if (parallel > 1) {
      out += fmt::format("label=\"{}x\", ", parallel);
    }
    if (is_shaded_) {
      constexpr double widest = 5;  // points, more than an idle link
      out += fmt::format("color=\"{}\", penwidth={:.1f}, ", colour(cable.utilisation),
                         1 + (widest * std::clamp(cable.utilisation, 0.0, 1.0)));
    }
    return out;
  }

  void add_cable(const Cable& cable) {
    // Graphviz puts the first end of an edge above the second.
    const bool high_first = level_[index(cable.high)] > level_[index(cable.low)];
    const NodeId first = high_first ? cable.high : cable.low;
    const NodeId second = high_first ? cable.low : cable.high;
    const std::int32_t there = high_first ? cable.downward : cable.upward;
    const std::int32_t back = high_first ? cable.upward : cable.downward;
    std::string_view arrow;
    if (there == 0 || back == 0) {
      arrow = there == 0 ? "dir=back" : "dir=forward";
    }
    add("  n{} -- n{} [{}{}];\n", index(first), index(second), attributes(cable), arrow);
  }

  /// Half a cable at each end, leading out of the grid.
  void add_stubs(const Cable& cable) {
    constexpr double length = 0.55 * 72;  // points: a little more than half the way to a neighbour
    const Place low = (*places_)[index(cable.low)];
    const Place high = (*places_)[index(cable.high)];
    const double distance = std::hypot(high.x - low.x, high.y - low.y);
    const double x = length * (high.x - low.x) / distance;
    const double y = length * (high.y - low.y) / distance;
    add_stub(cable, cable.low, {low.x - x, low.y - y});
    add_stub(cable, cable.high, {high.x + x, high.y + y});
  }

  void add_stub(const Cable& cable, NodeId node, Place end) {
    add("  s{} [shape=point, style=invis, width=0.01, pos=\"{:.1f},{:.1f}!\"];\n", stubs_, end.x,
        end.y);
    add("  n{} -- s{} [{}style=dashed];\n", index(node), stubs_, attributes(cable));
    ++stubs_;
  }

  const Topology* topology_;
  bool is_shaded_;
  std::vector<Cable> cables_;
  std::optional<std::vector<Place>> places_;
  std::vector<std::int32_t> level_;
  std::int32_t stubs_ = 0;
  std::string out_;
};

}  // namespace

std::string write_dot(const Topology& topology, std::span<const LinkShade> shades) {
  return Picture{topology, shades}.draw();
}

std::string_view dot_engine(const Topology& topology) {
  return fixed_places(topology) ? "neato" : "dot";
}

}  // namespace topology
