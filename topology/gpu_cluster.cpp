#include "topology/gpu_cluster.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {
namespace {

using namespace sim::literals;

// NVIDIA DGX H100 data sheet: 900 GB/s of NVLink per GPU, both directions together; ConnectX-7 at
// 400 Gb/s. PCI Express 5.0 x16: 16 lanes of 32 GT/s with 128b/130b coding. The latencies are
// round assumptions for hardware alone, without any software; measure yours and write them down.
constexpr LinkSpec nvlink_default{450_GBps, 250ns};
constexpr LinkSpec pcie_default{sim::Bandwidth{63'015'384'615}, 250ns};
constexpr LinkSpec nic_default{400_Gbps, 500ns};

enum class ScaleUp : std::uint8_t { nvswitch, direct };
constexpr std::array<std::string_view, 2> scale_up_names{"nvswitch", "direct"};

enum class Fabric : std::uint8_t { rail, leaf_spine };
constexpr std::array<std::string_view, 2> fabric_names{"rail", "leaf-spine"};

/// The cluster in numbers. Node ids go: GPUs, NICs, NVSwitches, leaves, spines. The counts are wide
/// until their size has been checked.
struct Cluster {
  std::int64_t nodes = 0;
  std::int64_t gpus = 0;  // per node
  std::int64_t nics = 0;  // per node
  ScaleUp scale_up{};
  Fabric fabric{};
  std::int64_t nodes_per_leaf = 0;
  std::int64_t leaves = 0;
  std::int64_t spines = 0;
  LinkSpec nvlink;
  LinkSpec pcie;
  LinkSpec nic;
  LinkSpec fabric_link;

  [[nodiscard]] bool has_nvswitch() const { return scale_up == ScaleUp::nvswitch && gpus > 1; }
  [[nodiscard]] std::int64_t nvswitches() const { return has_nvswitch() ? nodes : 0; }
  [[nodiscard]] std::int64_t pods() const { return nodes / nodes_per_leaf; }

  [[nodiscard]] std::int64_t nic_first() const { return nodes * gpus; }
  [[nodiscard]] std::int64_t nvswitch_first() const { return nic_first() + (nodes * nics); }
  [[nodiscard]] std::int64_t leaf_first() const { return nvswitch_first() + nvswitches(); }
  [[nodiscard]] std::int64_t spine_first() const { return leaf_first() + leaves; }

  /// The leaf that NIC `nic` of node `node` is connected to.
  [[nodiscard]] std::int64_t leaf_of(std::int64_t node, std::int64_t nic_index) const {
    const std::int64_t pod = node / nodes_per_leaf;
    return fabric == Fabric::rail ? (pod * nics) + nic_index : pod;
  }

  [[nodiscard]] std::int64_t links() const {
    const std::int64_t scale_up_links = has_nvswitch() ? 2 * gpus : gpus * (gpus - 1);
    const std::int64_t pcie_links = nics == 0 ? 0 : 2 * std::max(gpus, nics);
    return (nodes * (scale_up_links + pcie_links + (2 * nics))) + (2 * leaves * spines);
  }
};

NodeId id_at(std::int64_t index) {
  return NodeId{static_cast<std::int32_t>(index)};
}

std::int64_t read_nics(const sim::ConfigNode& spec, std::int64_t nodes, std::int64_t gpus) {
  const auto given = spec.find("nics");
  if (!given) {
    return nodes == 1 ? 0 : gpus;
  }
  const std::int64_t nics = given->integer(1, endpoints_max);
  if (gpus % nics != 0 && nics % gpus != 0) {
    given->fail(fmt::format("{} NICs cannot be shared evenly by {} GPUs", nics, gpus),
                "the number of NICs per node divides, or is a multiple of, that of GPUs");
  }
  return nics;
}

std::int64_t read_spines(const sim::ConfigNode& spec, std::int64_t downlinks) {
  const auto ratio = spec.find("oversubscription");
  if (const auto given = spec.find("spines")) {
    if (ratio) {
      given->fail("give 'spines' or 'oversubscription', not both");
    }
    return given->integer(1, endpoints_max);
  }
  const std::int64_t divisor = ratio ? ratio->integer(1, endpoints_max) : 1;
  if (downlinks % divisor != 0) {
    ratio->fail(fmt::format("{} NICs on a leaf cannot be divided by {}", downlinks, divisor));
  }
  return downlinks / divisor;
}

void read_links(const sim::ConfigNode& spec, Cluster& cluster) {
  LinkSpec nvlink = nvlink_default;
  if (cluster.scale_up == ScaleUp::direct && cluster.gpus > 2) {
    nvlink.bandwidth = nvlink.bandwidth / (cluster.gpus - 1);
  }
  cluster.nvlink = read_link_or(spec, "nvlink", nvlink);
  cluster.pcie = read_link_or(spec, "pcie", pcie_default);
  cluster.nic = read_link_or(spec, "nic", nic_default);
  cluster.fabric_link = read_link_or(spec, "fabric_link", cluster.nic);
}

Cluster read_cluster(const sim::ConfigNode& spec) {
  const auto shape = read_shape(spec.at("shape"), 2, 2);
  Cluster cluster;
  cluster.nodes = shape[0];
  cluster.gpus = shape[1];
  cluster.nics = read_nics(spec, cluster.nodes, cluster.gpus);
  if (const auto scale_up = spec.find("scale_up")) {
    cluster.scale_up = static_cast<ScaleUp>(scale_up->choice(scale_up_names, "scale-up network"));
  }
  if (const auto fabric = spec.find("fabric")) {
    cluster.fabric = static_cast<Fabric>(fabric->choice(fabric_names, "fabric"));
  }
  cluster.nodes_per_leaf = read_count_or(spec, "nodes_per_leaf", 1, shape[0], shape[0]);
  if (cluster.nodes % cluster.nodes_per_leaf != 0) {
    spec.at("nodes_per_leaf")
        .fail(
            fmt::format("{} nodes cannot be divided by {}", cluster.nodes, cluster.nodes_per_leaf));
  }
  const bool rail = cluster.fabric == Fabric::rail;
  if (cluster.nics > 0) {
    cluster.leaves = cluster.pods() * (rail ? cluster.nics : 1);
  }
  const std::int64_t spines = read_spines(spec, cluster.nodes_per_leaf * (rail ? 1 : cluster.nics));
  cluster.spines = cluster.leaves > 1 ? spines : 0;
  read_links(spec, cluster);
  check_size(spec, cluster.nodes * cluster.gpus, cluster.links());
  return cluster;
}

void add_nodes(Topology& topology, const Cluster& cluster) {
  for (std::int64_t i = 0; i < cluster.nodes * cluster.gpus; ++i) {
    topology.add_node({fmt::format("node{}.gpu{}", i / cluster.gpus, i % cluster.gpus),
                       NodeKind::gpu, Relay::no});
  }
  for (std::int64_t i = 0; i < cluster.nodes * cluster.nics; ++i) {
    topology.add_node({fmt::format("node{}.nic{}", i / cluster.nics, i % cluster.nics),
                       NodeKind::nic, Relay::yes});
  }
  for (std::int64_t node = 0; node < cluster.nvswitches(); ++node) {
    add_switch(topology, fmt::format("node{}.nvswitch", node));
  }
  for (std::int64_t leaf = 0; leaf < cluster.leaves; ++leaf) {
    add_switch(topology, fmt::format("leaf{}", leaf));
  }
  for (std::int64_t spine = 0; spine < cluster.spines; ++spine) {
    add_switch(topology, fmt::format("spine{}", spine));
  }
}

void connect_scale_up(Topology& topology, const Cluster& cluster) {
  for (std::int64_t gpu = 0; gpu < cluster.nodes * cluster.gpus; ++gpu) {
    const std::int64_t node = gpu / cluster.gpus;
    if (cluster.has_nvswitch()) {
      topology.connect(id_at(gpu), id_at(cluster.nvswitch_first() + node), cluster.nvlink);
      continue;
    }
    for (std::int64_t other = gpu + 1; other < (node + 1) * cluster.gpus; ++other) {
      topology.connect(id_at(gpu), id_at(other), cluster.nvlink);
    }
  }
}

void connect_nics(Topology& topology, const Cluster& cluster) {
  const std::int64_t cables = cluster.nics == 0 ? 0 : std::max(cluster.gpus, cluster.nics);
  for (std::int64_t node = 0; node < cluster.nodes; ++node) {
    // As many cables as there are of the more numerous kind; both counts divide that.
    for (std::int64_t i = 0; i < cables; ++i) {
      const std::int64_t gpu = (node * cluster.gpus) + (i * cluster.gpus / cables);
      const std::int64_t nic = (node * cluster.nics) + (i * cluster.nics / cables);
      topology.connect(id_at(gpu), id_at(cluster.nic_first() + nic), cluster.pcie);
    }
  }
}

void connect_fabric(Topology& topology, const Cluster& cluster) {
  for (std::int64_t i = 0; i < cluster.nodes * cluster.nics; ++i) {
    const std::int64_t leaf = cluster.leaf_of(i / cluster.nics, i % cluster.nics);
    topology.connect(id_at(cluster.nic_first() + i), id_at(cluster.leaf_first() + leaf),
                     cluster.nic);
  }
  for (std::int64_t leaf = 0; leaf < cluster.leaves; ++leaf) {
    for (std::int64_t spine = 0; spine < cluster.spines; ++spine) {
      topology.connect(id_at(cluster.leaf_first() + leaf), id_at(cluster.spine_first() + spine),
                       cluster.fabric_link);
    }
  }
}

void add_partitions(Topology& topology, const Cluster& cluster) {
  auto server_of = no_blocks(topology.nodes().size());
  auto pod_of = server_of;
  for (std::int64_t i = 0; i < cluster.spine_first(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (i >= cluster.leaf_first()) {
      const std::int64_t leaf = i - cluster.leaf_first();
      pod_of[at] = static_cast<std::int32_t>(leaf * cluster.pods() / cluster.leaves);
      continue;
    }
    std::int64_t server = i - cluster.nvswitch_first();
    if (i < cluster.nic_first()) {
      server = i / cluster.gpus;
    } else if (i < cluster.nvswitch_first()) {
      server = (i - cluster.nic_first()) / cluster.nics;
    }
    server_of[at] = static_cast<std::int32_t>(server);
    pod_of[at] = static_cast<std::int32_t>(server / cluster.nodes_per_leaf);
  }
  topology.add_partition({"server", std::move(server_of)});
  if (cluster.leaves > 0 && cluster.pods() > 1) {
    topology.add_partition({cluster.fabric == Fabric::rail ? "pod" : "leaf", std::move(pod_of)});
  }
}

}  // namespace

Topology build_gpu_cluster(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "shape", "scale_up", "nvlink", "nics", "pcie", "nic", "fabric",
                    "fabric_link", "nodes_per_leaf", "oversubscription", "spines", "injection"});
  const Cluster cluster = read_cluster(spec);
  Topology topology{"gpu-cluster"};
  add_nodes(topology, cluster);
  connect_scale_up(topology, cluster);
  connect_nics(topology, cluster);
  connect_fabric(topology, cluster);
  add_partitions(topology, cluster);
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
