#include "cli/link_classes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sim/contract.hpp"
#include "topology/dot_layout.hpp"

namespace cli {
namespace {

using topology::NodeId;

/// "gpu" of "node12.gpu3".
std::string stem_of(std::string_view name) {
  name.remove_prefix(std::min(name.rfind('.') + 1, name.size()));
  std::string stem;
  std::ranges::copy_if(name, std::back_inserter(stem), [](char c) { return c < '0' || c > '9'; });
  while (stem.ends_with('-') || stem.ends_with('_')) {
    stem.pop_back();
  }
  return stem;
}

/// Names of nodes, or, where those say too much, of their kinds.
std::vector<std::string> class_names(const topology::Topology& topology) {
  constexpr std::size_t most = 8;
  std::vector<std::string> names;
  std::map<std::string, int> different;
  for (const topology::Node& node : topology.nodes()) {
    names.push_back(stem_of(node.name));
    ++different[names.back()];
  }
  if (different.size() > most || different.contains("")) {
    std::ranges::transform(topology.nodes(), names.begin(), [](const topology::Node& node) {
      return std::string{topology::name_of(node.kind)};
    });
  }
  return names;
}

/// Along which dimension of a grid two neighbours lie.
std::optional<std::size_t> dimension_of(const topology::Topology& topology,
                                        const topology::Link& link) {
  const auto& lattice = topology.lattice();
  if (!lattice || topology.endpoints().size() != topology.nodes().size()) {
    return std::nullopt;
  }
  auto from = static_cast<std::int32_t>(link.from);
  auto to = static_cast<std::int32_t>(link.to);
  for (std::size_t i = lattice->shape.size(); i-- > 0;) {
    const std::int32_t extent = lattice->shape[i];
    if (from % extent != to % extent) {
      return i;
    }
    from /= extent;
    to /= extent;
  }
  return std::nullopt;
}

class Grouping {
 public:
  Grouping(const topology::Topology& topology, const LinkLoad& load)
      : topology_{&topology}, load_{&load} {}

  NetworkClasses group() {
    group_nodes();
    group_links();
    return std::move(out_);
  }

 private:
  void group_nodes() {
    const std::vector<std::int32_t> levels = topology::levels(*topology_);
    const std::vector<std::string> names = class_names(*topology_);
    std::map<std::pair<std::int32_t, std::string>, std::size_t> places;  // lowest level first
    for (std::size_t i = 0; i < names.size(); ++i) {
      places.try_emplace({levels[i], names[i]}, 0);
    }
    std::size_t next = places.size();
    for (auto& [key, place] : places) {
      place = --next;
    }
    out_.nodes.resize(places.size());
    for (const auto& [key, place] : places) {
      out_.nodes[place] = {.name = key.second, .level = key.first};
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      class_of_.push_back(places.at({levels[i], names[i]}));
      ++out_.nodes[class_of_.back()].count;
    }
    count_blocks();
  }

  void count_blocks() {
    if (topology_->partitions().empty()) {
      return;
    }
    const topology::Partition& partition = topology_->partitions().front();
    out_.block = partition.name;
    out_.blocks = 1 + std::ranges::max(partition.block_of);
    std::vector<bool> are_inside(out_.nodes.size(), true);
    for (std::size_t i = 0; i < class_of_.size(); ++i) {
      are_inside[class_of_[i]] = are_inside[class_of_[i]] && partition.block_of[i] >= 0;
    }
    for (std::size_t i = 0; i < are_inside.size(); ++i) {
      if (are_inside[i] && out_.nodes[i].count % out_.blocks == 0) {
        out_.nodes[i].per_block = out_.nodes[i].count / out_.blocks;
      }
    }
  }

  /// What tells links within a class apart.
  [[nodiscard]] std::string which(const topology::Link& link) const {
    if (class_of_[topology::index(link.from)] != class_of_[topology::index(link.to)]) {
      return {};
    }
    if (const auto dimension = dimension_of(*topology_, link)) {
      return fmt::format("dimension {}", *dimension);
    }
    const auto partitions = topology_->partitions();
    const auto inside = std::ranges::find_if(partitions, [&](const topology::Partition& each) {
      const std::int32_t block = each.block_of[topology::index(link.from)];
      return block >= 0 && block == each.block_of[topology::index(link.to)];
    });
    if (inside != partitions.end()) {
      return fmt::format("within a {}", inside->name);
    }
    return partitions.empty() ? std::string{} : fmt::format("between {}s", partitions.back().name);
  }

  void group_links() {
    struct Sum {
      LinkClass links;
      double used = 0;  // bytes per second
      double all = 0;
    };
    std::map<std::tuple<std::size_t, std::size_t, std::string>, Sum> sums;
    for (std::size_t i = 0; i < topology_->links().size(); ++i) {
      const topology::Link& link = topology_->links()[i];
      const std::size_t from = class_of_[topology::index(link.from)];
      const std::size_t to = class_of_[topology::index(link.to)];
      const std::string kind = which(link);
      Sum& sum = sums.try_emplace({from, to, kind}).first->second;
      const auto bandwidth = static_cast<double>(link.spec.bandwidth.count());
      if (sum.links.count++ == 0 || link.spec.bandwidth < sum.links.bandwidth) {
        sum.links.bandwidth = link.spec.bandwidth;
      }
      sum.links.bytes += load_->bytes[i] / load_->share;
      sum.links.most = std::max(sum.links.most, load_->utilisation[i]);
      sum.used += load_->utilisation[i] * bandwidth / load_->share;
      sum.all += bandwidth;
    }
    for (auto& [key, sum] : sums) {
      std::tie(sum.links.from, sum.links.to, sum.links.which) = key;
      sum.links.mean = sum.used / sum.all;
      out_.links.push_back(std::move(sum.links));
    }
  }

  const topology::Topology* topology_;
  const LinkLoad* load_;
  std::vector<std::size_t> class_of_;  // per node
  NetworkClasses out_;
};

}  // namespace

LinkLoad load_of(const topology::Topology& topology, std::vector<double> bytes, double seconds) {
  sim::require(bytes.size() == topology.links().size() && seconds > 0,
               "a load has every link, and a time");
  LinkLoad load{.bytes = std::move(bytes), .utilisation = {}};
  for (std::size_t i = 0; i < load.bytes.size(); ++i) {
    const auto bandwidth = static_cast<double>(topology.links()[i].spec.bandwidth.count());
    load.utilisation.push_back(load.bytes[i] / bandwidth / seconds);
  }
  return load;
}

NetworkClasses classes_of(const topology::Topology& topology, const LinkLoad& load) {
  return Grouping{topology, load}.group();
}

std::string name_of(const NetworkClasses& classes, const LinkClass& links) {
  const std::string ends =
      fmt::format("{} to {}", classes.nodes[links.from].name, classes.nodes[links.to].name);
  return links.which.empty() ? ends : fmt::format("{}, {}", ends, links.which);
}

}  // namespace cli
