#include "topology/dragonfly.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "topology/building.hpp"
#include "topology/spec.hpp"

namespace topology {
namespace {

struct Dragonfly {
  std::int32_t hosts = 0;    // P, per router
  std::int32_t routers = 0;  // A, per group
  std::int32_t globals = 0;  // H, per router
  std::int32_t groups = 0;   // G
  LinkSpec link;
  LinkSpec local;
  LinkSpec global;

  [[nodiscard]] std::int32_t ports() const { return routers * globals; }  // global, per group
  [[nodiscard]] std::int32_t router_count() const { return routers * groups; }
  [[nodiscard]] std::int32_t endpoints() const { return hosts * router_count(); }
  [[nodiscard]] NodeId router(std::int32_t group, std::int32_t at) const {
    return NodeId{endpoints() + (group * routers) + at};
  }
};

Dragonfly read_dragonfly(const sim::ConfigNode& spec) {
  const auto shape = read_extents(spec.at("shape"), 3, 3);
  const std::int64_t ports = std::int64_t{shape[1]} * shape[2];
  const auto groups_given = spec.find("groups");
  const std::int64_t groups = groups_given ? groups_given->integer(2, ports + 1) : ports + 1;
  const std::int64_t router_count = shape[1] * groups;  // extents have 18 bits, this 54
  if (router_count > endpoints_max) {
    spec.fail(fmt::format("there would be {} routers; at most {} endpoints are built", router_count,
                          endpoints_max));
  }
  const std::int64_t endpoints = shape[0] * router_count;
  check_size(spec, endpoints, (2 * endpoints) + (router_count * (shape[1] - 1)) + (groups * ports));
  const LinkSpec link = read_link_or(spec, "link", default_link);
  return {shape[0],
          shape[1],
          shape[2],
          static_cast<std::int32_t>(groups),
          link,
          read_link_or(spec, "local", link),
          read_link_or(spec, "global", link)};
}

/// For each global port of a group, how many groups further its cable goes.
///
/// As often as they fit, all distances from 1 to G - 1; in what is left, distances d and G - d in
/// pairs, because the cable that goes d further comes back as one that goes G - d further.
std::vector<std::int32_t> distances(std::int32_t ports, std::int32_t groups) {
  std::vector<std::int32_t> out;
  for (std::int32_t round = 0; round < ports / (groups - 1); ++round) {
    for (std::int32_t distance = 1; distance < groups; ++distance) {
      out.push_back(distance);
    }
  }
  std::int32_t left = ports % (groups - 1);
  std::vector<std::int32_t> last;
  if (left % 2 != 0 && groups % 2 == 0) {
    last.push_back(groups / 2);
  }
  for (std::int32_t distance = 1; left >= 2; ++distance, left -= 2) {
    last.push_back(distance);
    last.push_back(groups - distance);
  }
  std::ranges::sort(last);
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

/// The port at the far end of the cable at `port`: in the same round, the distance back.
std::int32_t far_port(const std::vector<std::int32_t>& distance, std::int32_t port,
                      std::int32_t groups) {
  const std::int32_t round = port / (groups - 1);
  const auto begin = distance.begin() + (std::int64_t{round} * (groups - 1));
  const auto end =
      std::distance(begin, distance.end()) < groups - 1 ? distance.end() : begin + (groups - 1);
  const std::int32_t back = groups - distance[static_cast<std::size_t>(port)];
  return static_cast<std::int32_t>(std::lower_bound(begin, end, back) - distance.begin());
}

void connect_groups(Topology& topology, const Dragonfly& shape) {
  const std::vector<std::int32_t> distance = distances(shape.ports(), shape.groups);
  for (std::int32_t group = 0; group < shape.groups; ++group) {
    for (std::int32_t port = 0; port < std::ssize(distance); ++port) {
      const std::int32_t other = (group + distance[static_cast<std::size_t>(port)]) % shape.groups;
      if (group < other) {  // each cable is met from both ends
        const std::int32_t there = far_port(distance, port, shape.groups);
        topology.connect(shape.router(group, port / shape.globals),
                         shape.router(other, there / shape.globals), shape.global);
      }
    }
  }
}

void add_partitions(Topology& topology, const Dragonfly& shape) {
  std::vector<std::int32_t> router_of;
  router_of.reserve(topology.nodes().size());
  for (std::int32_t i = 0; i < shape.endpoints(); ++i) {
    router_of.push_back(i / shape.hosts);
  }
  for (std::int32_t router = 0; router < shape.router_count(); ++router) {
    router_of.push_back(router);
  }
  std::vector<std::int32_t> group_of = router_of;
  for (std::int32_t& block : group_of) {
    block /= shape.routers;
  }
  topology.add_partition({"router", std::move(router_of)});
  topology.add_partition({"group", std::move(group_of)});
}

}  // namespace

Topology build_dragonfly(const sim::ConfigNode& spec) {
  spec.expect_keys({"kind", "shape", "groups", "link", "local", "global", "injection"});
  const Dragonfly shape = read_dragonfly(spec);
  Topology topology{"dragonfly"};
  add_gpus(topology, shape.endpoints(), Relay::no);
  for (std::int32_t group = 0; group < shape.groups; ++group) {
    for (std::int32_t router = 0; router < shape.routers; ++router) {
      add_switch(topology, fmt::format("group{}.router{}", group, router));
    }
  }
  for (std::int32_t i = 0; i < shape.endpoints(); ++i) {
    topology.connect(NodeId{i}, NodeId{shape.endpoints() + (i / shape.hosts)}, shape.link);
  }
  for (std::int32_t group = 0; group < shape.groups; ++group) {
    for (std::int32_t a = 0; a < shape.routers; ++a) {
      for (std::int32_t b = a + 1; b < shape.routers; ++b) {
        topology.connect(shape.router(group, a), shape.router(group, b), shape.local);
      }
    }
  }
  connect_groups(topology, shape);
  add_partitions(topology, shape);
  topology.set_injection(read_injection(spec));
  return topology;
}

}  // namespace topology
