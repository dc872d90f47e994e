#include "topology/fat_tree.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {
namespace {

struct Cables {
  LinkSpec host;
  LinkSpec fabric;
};

/// How many cables lead up from a leaf of `hosts` endpoints.
std::int32_t read_uplinks(const sim::ConfigNode& spec, std::int32_t hosts) {
  const auto node = spec.find("oversubscription");
  if (!node) {
    return hosts;
  }
  const auto ratio = static_cast<std::int32_t>(node->integer(1, endpoints_max));
  if (hosts % ratio != 0) {
    node->fail(fmt::format("{} endpoints on a leaf cannot be divided by {}", hosts, ratio));
  }
  return hosts / ratio;
}

/// Joins each endpoint to its leaf; the leaves' ids begin at `leaf_first`.
void connect_hosts(Topology& topology, std::int32_t count, std::int32_t hosts,
                   std::int32_t leaf_first, const LinkSpec& link) {
  for (std::int32_t i = 0; i < count; ++i) {
    topology.connect(NodeId{i}, NodeId{leaf_first + (i / hosts)}, link);
  }
}

Topology build_two_levels(const sim::ConfigNode& spec, const Cables& cables) {
  const auto extents = read_extents(spec.at("shape"), 1, 2);
  const std::int32_t leaves = extents.front();
  const std::int32_t hosts = extents.back();
  const auto given = spec.find("spines");
  if (given && spec.find("oversubscription")) {
    given->fail("give 'spines' or 'oversubscription', not both");
  }
  const std::int32_t spines =
      read_count_or(spec, "spines", 1, endpoints_max, read_uplinks(spec, hosts));
  const std::int64_t endpoints = std::int64_t{leaves} * hosts;
  check_size(spec, endpoints, 2 * (endpoints + (std::int64_t{leaves} * spines)));

  Topology topology{"fat-tree"};
  const auto count = static_cast<std::int32_t>(endpoints);
  add_gpus(topology, count, Relay::no);
  for (std::int32_t leaf = 0; leaf < leaves; ++leaf) {
    add_switch(topology, fmt::format("leaf{}", leaf));
  }
  for (std::int32_t spine = 0; spine < spines; ++spine) {
    add_switch(topology, fmt::format("spine{}", spine));
  }
  connect_hosts(topology, count, hosts, count, cables.host);
  for (std::int32_t leaf = 0; leaf < leaves; ++leaf) {
    for (std::int32_t spine = 0; spine < spines; ++spine) {
      topology.connect(NodeId{count + leaf}, NodeId{count + leaves + spine}, cables.fabric);
    }
  }

  auto leaf_of = no_blocks(topology.nodes().size());
  for (std::int32_t i = 0; i < count + leaves; ++i) {
    leaf_of[index(NodeId{i})] = i < count ? i / hosts : i - count;
  }
  topology.add_partition({"leaf", std::move(leaf_of)});
  return topology;
}

/// Node ids of a tree of three levels: endpoints, leaves, aggregation switches, cores.
struct ThreeLevels {
  std::int32_t half = 0;     // K / 2: leaves of a pod, endpoints of a leaf, cores of an aggregation
  std::int32_t uplinks = 0;  // aggregation switches of a pod

  [[nodiscard]] std::int32_t pods() const { return 2 * half; }
  [[nodiscard]] std::int32_t endpoints() const { return pods() * half * half; }
  [[nodiscard]] std::int32_t leaf_first() const { return endpoints(); }
  [[nodiscard]] std::int32_t agg_first() const { return leaf_first() + (pods() * half); }
  [[nodiscard]] std::int32_t core_first() const { return agg_first() + (pods() * uplinks); }
};

void add_three_level_switches(Topology& topology, const ThreeLevels& tree) {
  for (std::int32_t leaf = 0; leaf < tree.pods() * tree.half; ++leaf) {
    add_switch(topology, fmt::format("pod{}.leaf{}", leaf / tree.half, leaf % tree.half));
  }
  for (std::int32_t agg = 0; agg < tree.pods() * tree.uplinks; ++agg) {
    add_switch(topology, fmt::format("pod{}.agg{}", agg / tree.uplinks, agg % tree.uplinks));
  }
  for (std::int32_t core = 0; core < tree.uplinks * tree.half; ++core) {
    add_switch(topology, fmt::format("core{}", core));
  }
}

void connect_three_levels(Topology& topology, const ThreeLevels& tree, const LinkSpec& fabric) {
  for (std::int32_t leaf = 0; leaf < tree.pods() * tree.half; ++leaf) {
    const std::int32_t agg_first = tree.agg_first() + ((leaf / tree.half) * tree.uplinks);
    for (std::int32_t j = 0; j < tree.uplinks; ++j) {
      topology.connect(NodeId{tree.leaf_first() + leaf}, NodeId{agg_first + j}, fabric);
    }
  }
  for (std::int32_t agg = 0; agg < tree.pods() * tree.uplinks; ++agg) {
    const std::int32_t core_first = tree.core_first() + ((agg % tree.uplinks) * tree.half);
    for (std::int32_t k = 0; k < tree.half; ++k) {
      topology.connect(NodeId{tree.agg_first() + agg}, NodeId{core_first + k}, fabric);
    }
  }
}

void partition_three_levels(Topology& topology, const ThreeLevels& tree) {
  auto leaf_of = no_blocks(topology.nodes().size());
  auto pod_of = no_blocks(topology.nodes().size());
  for (std::int32_t i = 0; i < tree.core_first(); ++i) {
    const std::size_t at = index(NodeId{i});
    if (i < tree.leaf_first()) {
      leaf_of[at] = i / tree.half;
      pod_of[at] = i / (tree.half * tree.half);
    } else if (i < tree.agg_first()) {
      leaf_of[at] = i - tree.leaf_first();
      pod_of[at] = leaf_of[at] / tree.half;
    } else {
      pod_of[at] = (i - tree.agg_first()) / tree.uplinks;
    }
  }
  topology.add_partition({"leaf", std::move(leaf_of)});
  topology.add_partition({"pod", std::move(pod_of)});
}

Topology build_three_levels(const sim::ConfigNode& spec, const Cables& cables) {
  const std::int32_t ports = read_extents(spec.at("shape"), 1, 1).front();
  if (ports % 2 != 0) {
    spec.at("shape").fail(fmt::format("expected an even number of ports, got {}", ports),
                          "three levels are built of K-port switches, half of them up");
  }
  if (const auto given = spec.find("spines")) {
    given->fail("only a tree of two levels has spines", "use 'oversubscription'");
  }
  const std::int64_t half = ports / 2;
  const std::int64_t uplinks = read_uplinks(spec, ports / 2);
  const std::int64_t endpoints = ports * half * half;
  const std::int64_t above = ports * half * uplinks;  // the leaves; as many above the next level
  check_size(spec, endpoints, 2 * (endpoints + above + above));

  const ThreeLevels tree{static_cast<std::int32_t>(half), static_cast<std::int32_t>(uplinks)};
  Topology topology{"fat-tree"};
  add_gpus(topology, tree.endpoints(), Relay::no);
  add_three_level_switches(topology, tree);
  connect_hosts(topology, tree.endpoints(), tree.half, tree.leaf_first(), cables.host);
  connect_three_levels(topology, tree, cables.fabric);
  partition_three_levels(topology, tree);
  return topology;
}

}  // namespace

Topology build_fat_tree(const sim::ConfigNode& spec) {
  spec.expect_keys(
      {"kind", "shape", "levels", "oversubscription", "spines", "link", "fabric", "injection"});
  const LinkSpec host = read_link_or(spec, "link", default_link);
  const Cables cables{host, read_link_or(spec, "fabric", host)};
  Topology topology = read_count_or(spec, "levels", 2, 3, 2) == 2
                          ? build_two_levels(spec, cables)
                          : build_three_levels(spec, cables);
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
