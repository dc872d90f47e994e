// The picture of a large network: one box for all nodes of a class.

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/network_picture.hpp"
#include "cli/svg.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

constexpr double percent = 100;

std::string use_text(const LinkClass& links) {
  return fmt::format("{} \u00d7 {}: mean {:.2f} %, busiest {:.2f} %", links.count,
                     sim::to_text(links.bandwidth), percent * links.mean, percent * links.most);
}

class Summary {
 public:
  Summary(const topology::Topology& topology, const NetworkClasses& classes, double scale)
      : topology_{&topology}, classes_{&classes}, scale_{scale} {}

  std::string draw() {
    place();
    draw_block();
    std::map<std::size_t, int> own;  // links within each class, so far
    for (const LinkClass& links : classes_->links) {
      if (links.from == links.to) {
        draw_own(links, own[links.from]++);
      } else {
        draw_between(links);
      }
    }
    for (std::size_t i = 0; i < spots_.size(); ++i) {
      draw_class(i);
    }
    return svg_.finish({width, bottom_ + margin}, topology_->summary(),
                       "All nodes that are alike as one box; lines are coloured by the mean use of "
                       "all links that they stand for. The table below has the same in numbers.");
  }

 private:
  static constexpr double width = 720;
  static constexpr double margin = 30;
  static constexpr double row_height = 96;
  static constexpr Spot box{150, 40};
  static constexpr double line_height = 18;
  static constexpr double block_gap = 34;

  void place() {
    std::map<std::int32_t, std::vector<std::size_t>, std::greater<>> rows;
    for (std::size_t i = 0; i < classes_->nodes.size(); ++i) {
      rows[classes_->nodes[i].level].push_back(i);
    }
    spots_.resize(classes_->nodes.size());
    double y = margin + (box.y / 2);
    bool was_inside = false;
    for (const auto& [level, members] : rows) {
      const bool is_inside = has_blocks() && classes_->nodes[members.front()].per_block > 0;
      y += is_inside == was_inside ? 0 : block_gap;
      was_inside = is_inside;
      double x = margin + (box.x / 2) + 16;
      double height = row_height;
      for (const std::size_t member : members) {
        spots_[member] = {x, y};
        x += box.x + 200;
        height = std::max(height, box.y + 40 + (line_height * own_links(member)));
      }
      bottom_ = y + (box.y / 2) + std::max(0.0, (line_height * own_links(members.front())) - 20);
      y += height;
    }
  }

  [[nodiscard]] double own_links(std::size_t node) const {
    return static_cast<double>(std::ranges::count_if(classes_->links, [&](const LinkClass& each) {
      return each.from == node && each.to == node;
    }));
  }

  [[nodiscard]] bool has_blocks() const { return classes_->blocks > 1; }

  /// A box around what is in every block, such as a server.
  void draw_block() {
    double top = bottom_;
    double low = 0;
    for (std::size_t i = 0; i < spots_.size(); ++i) {
      if (classes_->nodes[i].per_block > 0) {
        top = std::min(top, spots_[i].y - (box.y / 2));
        low = std::max(low, spots_[i].y + (box.y / 2));
      }
    }
    if (low == 0 || !has_blocks()) {
      return;
    }
    svg_.box({width / 2, (top + low) / 2}, {width - margin, low - top + 44}, "block", "");
    svg_.words({width - margin - 8, top - 8}, Svg::Anchor::end, "name",
               fmt::format("in each {}, of {}", classes_->block, classes_->blocks));
    bottom_ = std::max(bottom_, low + 22);
  }

  void draw_class(std::size_t at) {
    const NodeClass& node = classes_->nodes[at];
    const std::string_view looks = node.level == 0 ? "node gpu" : "node switch";
    svg_.box(spots_[at], box, looks, "");
    const std::string text =
        node.per_block > 0 && has_blocks()
            ? fmt::format("{} \u00d7 {} {}", classes_->blocks, node.per_block, node.name)
            : fmt::format("{} \u00d7 {}", node.count, node.name);
    svg_.words(spots_[at], Svg::Anchor::middle, "name", text);
  }

  /// One line for each direction, side by side; what leads upwards on the left.
  void draw_between(const LinkClass& links) {
    const Spot from = spots_[links.from];
    const Spot to = spots_[links.to];
    const bool is_upward = from.y > to.y;
    const double side = is_upward ? -12 : 12;
    svg_.line({from.x + side, from.y}, {to.x + side, to.y}, 2 * load_width(links.mean, scale_),
              load_class(links.mean, scale_), name_of(*classes_, links) + ", " + use_text(links));
    const Spot middle{(from.x + to.x) / 2, (from.y + to.y) / 2};
    svg_.words({middle.x + 30, middle.y + (is_upward ? -9 : 9)}, Svg::Anchor::start, "label",
               fmt::format("{} {}", is_upward ? "up" : "down", use_text(links)));
  }

  /// Beside its box.
  void draw_own(const LinkClass& links, int before) {
    const Spot at = spots_[links.from];
    const double y = at.y + (line_height * before);
    const double x = at.x + (box.x / 2);
    svg_.line({x, y}, {x + 40, y}, 2 * load_width(links.mean, scale_),
              load_class(links.mean, scale_), name_of(*classes_, links) + ", " + use_text(links));
    const std::string which = links.which.empty() ? "to each other" : links.which;
    svg_.words({x + 50, y}, Svg::Anchor::start, "label",
               fmt::format("{}: {}", which, use_text(links)));
  }

  const topology::Topology* topology_;
  const NetworkClasses* classes_;
  double scale_;
  std::vector<Spot> spots_;
  double bottom_ = 0;
  Svg svg_;
};

}  // namespace

std::string draw_classes(const topology::Topology& topology, const NetworkClasses& classes,
                         double scale) {
  return Summary{topology, classes, scale}.draw();
}

}  // namespace cli
