#include "topology/sites.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "topology/building.hpp"
#include "topology/registry.hpp"
#include "topology/spec.hpp"

namespace topology {
namespace {

/// Light in fibre of a refractive index of 1.468: 204,200 km a second.
sim::Duration latency_over(double kilometres) {
  constexpr double picoseconds_per_km = 4.897e6;
  return sim::Duration{std::llround(kilometres * picoseconds_per_km)};
}

Topology build_site(const sim::ConfigNode& node) {
  return node.is_map() ? build(node) : load(node.where(), node.text());
}

/// Hops from the nearest GPU, per node.
std::vector<std::int32_t> heights(const Topology& site) {
  std::vector<std::int32_t> out(site.nodes().size(), -1);
  std::vector<NodeId> now{site.endpoints().begin(), site.endpoints().end()};
  for (std::int32_t height = 0; !now.empty(); ++height) {
    std::vector<NodeId> next;
    for (const NodeId node : now) {
      if (out[index(node)] >= 0) {
        continue;
      }
      out[index(node)] = height;
      for (const LinkId link : site.out_links(node)) {
        next.push_back(site.link(link).to);
      }
    }
    now = std::move(next);
  }
  return out;
}

std::vector<NodeId> highest_switches(const Topology& site, const sim::ConfigNode& spec) {
  const std::vector<std::int32_t> height = heights(site);
  std::int32_t most = 0;
  for (std::size_t i = 0; i < height.size(); ++i) {
    if (site.nodes()[i].kind == NodeKind::switching) {
      most = std::max(most, height[i]);
    }
  }
  std::vector<NodeId> out;
  for (std::size_t i = 0; i < height.size(); ++i) {
    if (site.nodes()[i].kind == NodeKind::switching && height[i] == most) {
      out.push_back(static_cast<NodeId>(i));
    }
  }
  if (out.empty()) {
    spec.at("site").fail("a site needs a switch, from which long links lead on");
  }
  return out;
}

/// Adds sites one after the other: GPUs of all first, as ranks are.
class SitesBuilder {
 public:
  SitesBuilder(const Topology& site, std::int32_t count)
      : site_{&site}, places_(static_cast<std::size_t>(count)) {
    for (auto& places : places_) {
      places.resize(site.nodes().size());
    }
  }

  Topology build(const std::vector<NodeId>& highest, const LinkSpec& up, const LinkSpec& across,
                 std::int32_t cables) {
    add_nodes([](const Node& node) { return node.kind == NodeKind::gpu; });
    add_nodes([](const Node& node) { return node.kind != NodeKind::gpu; });
    std::vector<NodeId> borders;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      for (const Link& link : site_->links()) {
        out_.add_link(places_[i][index(link.from)], places_[i][index(link.to)], link.spec);
      }
      borders.push_back(add_switch(out_, fmt::format("site{}.border", i)));
      for (const NodeId node : highest) {
        out_.connect(places_[i][index(node)], borders[i], up);
      }
    }
    for (std::size_t i = 0; i < borders.size(); ++i) {
      for (std::size_t k = i + 1; k < borders.size(); ++k) {
        for (std::int32_t cable = 0; cable < cables; ++cable) {
          out_.connect(borders[i], borders[k], across);
        }
      }
    }
    add_partitions(borders);
    out_.set_injection(site_->injection());
    return std::move(out_);
  }

 private:
  template <class IsWanted>
  void add_nodes(IsWanted is_wanted) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      for (std::size_t node = 0; node < site_->nodes().size(); ++node) {
        Node copy = site_->nodes()[node];
        if (is_wanted(copy)) {
          copy.name = fmt::format("site{}.{}", i, copy.name);
          places_[i][node] = out_.add_node(std::move(copy));
        }
      }
    }
  }

  void add_partitions(const std::vector<NodeId>& borders) {
    auto site_of = no_blocks(out_.nodes().size());
    for (const Partition& partition : site_->partitions()) {
      if (partition.name != "server") {
        continue;
      }
      const std::int32_t blocks = *std::ranges::max_element(partition.block_of) + 1;
      auto server_of = no_blocks(out_.nodes().size());
      for_each_node([&](std::int32_t site, std::size_t node, NodeId place) {
        const std::int32_t block = partition.block_of[node];
        server_of[index(place)] = block < 0 ? -1 : (site * blocks) + block;
      });
      out_.add_partition({"server", std::move(server_of)});
    }
    for_each_node([&](std::int32_t site, std::size_t /*node*/, NodeId place) {
      site_of[index(place)] = site;
    });
    for (std::size_t i = 0; i < borders.size(); ++i) {
      site_of[index(borders[i])] = static_cast<std::int32_t>(i);
    }
    out_.add_partition({"site", std::move(site_of)});
  }

  template <class Visit>
  void for_each_node(Visit visit) const {
    for (std::size_t site = 0; site < places_.size(); ++site) {
      for (std::size_t node = 0; node < places_[site].size(); ++node) {
        visit(static_cast<std::int32_t>(site), node, places_[site][node]);
      }
    }
  }

  const Topology* site_;
  std::vector<std::vector<NodeId>> places_;  // per site and node of it: where it is
  Topology out_{"sites"};
};

}  // namespace

Topology build_sites(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "site", "count", "distance_km", "cables", "bandwidth"});
  const Topology site = build_site(spec.at("site"));
  constexpr std::int32_t sites_most = 64;
  constexpr std::int32_t cables_most = 4096;
  constexpr double distance_most = 40'000;  // around the earth
  const std::int32_t count = read_count_or(spec, "count", 2, sites_most, 2);
  const std::int32_t cables = read_count_or(spec, "cables", 1, cables_most, 1);
  const sim::Bandwidth bandwidth = spec.at("bandwidth").bandwidth();
  const LinkSpec across{bandwidth, latency_over(spec.at("distance_km").number(0, distance_most))};
  const std::vector<NodeId> highest = highest_switches(site, spec);
  const auto links = static_cast<std::int64_t>(site.links().size() + (2 * highest.size()));
  check_size(spec, static_cast<std::int64_t>(site.endpoints().size()) * count,
             (links * count) + (std::int64_t{count} * (count - 1) * cables));
  return SitesBuilder{site, count}.build(highest, {bandwidth, default_link.latency}, across,
                                         cables);
}

}  // namespace topology
