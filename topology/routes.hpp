#pragma once
// From a graph to the flat arrays that a network model runs on.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/fabric.hpp"
#include "topology/topology.hpp"

namespace topology {

/// How a message finds its way. Paths are shortest in hops, and among those have the
/// fewest NICs; the choices differ in how they pick among equals.
enum class Routing : std::uint8_t {
  automatic,        // dimension_order on a torus or mesh, shortest elsewhere
  shortest,         // one fixed path per destination, spread by its rank (d-mod-k, as InfiniBand's)
  dimension_order,  // first dimension first, the short way round; torus and mesh only
  ecmp,             // at every hop a hash of the message's label and the switch picks the link
  split,            // every message in equal parts over all shortest paths: packet spraying
  adaptive,         // every packet, at every hop, the link of a shortest path with the least load
  valiant,          // by way of a node taken by chance, so that no traffic is a bad one
  source,           // as shortest, but one fixed path per sender, spread by its rank (s-mod-k)
};

inline constexpr std::array<std::string_view, 8> routing_names{
    "auto", "shortest", "dimension-order", "ecmp", "split", "adaptive", "valiant", "source"};

/// Does this routing give a lane several ways?
[[nodiscard]] constexpr bool forks(Routing routing) {
  return routing == Routing::split || routing == Routing::adaptive || routing == Routing::valiant;
}

/// The routing that `automatic` stands for on this topology.
[[nodiscard]] Routing resolve(Routing routing, const Topology& topology);

/// A lane to be made: from one endpoint to another.
struct LaneRequest {
  NodeId from{};
  NodeId to{};
  std::uint64_t label = 0;          // what ECMP hashes; equal labels take equal paths
  std::span<const LinkId> route{};  // fixes the links; empty: the routing decides
  std::int32_t urgency = 0;         // see Fabric::add_lane
};

/// Do lanes get virtual channels on which their packets cannot wait for each other in a circle?
/// They need not where nothing ever waits for room behind a link.
enum class Circles : std::uint8_t { possible, avoided };

/// A lane with several ways: does each link get a fixed share of it, or do its packets choose?
enum class Ways : std::uint8_t { shared, chosen };

struct LoweringOptions {
  Routing routing = Routing::automatic;
  std::uint64_t seed = 1;  // of ECMP's hash
  Circles circles = Circles::possible;
  std::int32_t channels = 64;  // virtual ones of a link: where more were needed, circles remain
  Ways ways = Ways::shared;
};

/// The links of `topology` under their own numbers (and, behind them, where the topology limits
/// injection, per endpoint the ports that send and the ports that receive), and one lane per
/// request, in order. An endpoint's peers
/// take its ports in turn.
///
/// Requires that paths exist, and that dimension_order is only asked of a lattice.
[[nodiscard]] sim::Fabric lower(const Topology& topology, const LoweringOptions& options,
                                std::span<const LaneRequest> requests);

/// The links of one path from `from` to `to`, as `lower` would choose them. Requires a routing that
/// does not fork.
[[nodiscard]] std::vector<LinkId> path(const Topology& topology, Routing routing,
                                       std::uint64_t seed, const LaneRequest& request);

/// Per node, the number of links on a shortest path to `to`, or -1 if there is none.
[[nodiscard]] std::vector<std::int32_t> hops_to(const Topology& topology, NodeId to);

/// What a way may lead through: nodes that relay; or any node, as data do that a rank takes in and
/// passes on.
enum class Through : std::uint8_t { relays, anything };

/// Per node, the least sum of latencies on a way from `from`, whatever the number of hops; negative
/// if there is none.
[[nodiscard]] std::vector<sim::Duration> latency_from(const Topology& topology, NodeId from,
                                                      Through through);

}  // namespace topology
