#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/fabric.hpp"
#include "topology/hop_field.hpp"
#include "topology/routes.hpp"
#include "topology/topology.hpp"

namespace topology {

/// The links that a message may cross, how they hang together (with one way: in a row), and the
/// latency of the slowest way.
struct Way {
  std::span<const sim::Hop> hops;
  sim::Fork fork;
  sim::Duration latency{};
};

/// Finds the ways of one routing, destination by destination: `aim` works out the distances to
/// one, `find` walks down them.
class Router {
 public:
  /// `topology` outlives this. `seed` is that of ECMP's hash.
  Router(const Topology& topology, Routing routing, std::uint64_t seed);

  /// Prepares for requests that lead from any of `sources` to `to`.
  void aim(NodeId to, std::span<const NodeId> sources);

  /// The way of a request, whose destination was aimed at. Valid until the next call.
  [[nodiscard]] Way find(const LaneRequest& request);

  /// How many classes of virtual channels its ways may use: a switch keeps them apart whether or
  /// not they are all needed.
  [[nodiscard]] std::int32_t channel_classes() const;

 private:
  /// One node on the shortest-path graph from a source to a destination.
  struct Stop {
    NodeId node{};
    double paths = 0;             // from here to the destination
    double share = 0;             // of all paths, through here
    std::uint32_t first_hop = 0;  // of those that leave it
    std::uint32_t hops = 0;
    sim::Duration latency{};
  };
  enum class Direction : std::uint8_t { down, up };

  struct Ends {
    NodeId from{};
    NodeId to{};
  };

  void take(LinkId id);
  [[nodiscard]] sim::Duration latency_of(std::span<const sim::Hop> way) const;
  void walk_shortest(const LaneRequest& request);
  void walk_lattice(Ends ends, std::uint64_t label, std::uint8_t first_class,
                    std::vector<sim::Hop>& way) const;
  void split_shortest(const LaneRequest& request);
  void wander(const LaneRequest& request);
  void walk_down(const HopField& field, Ends ends, std::uint8_t channel_class,
                 std::vector<sim::Hop>& way);
  void cut_loops(std::vector<sim::Hop>& way) const;
  void put_side_by_side(std::span<const std::vector<sim::Hop>> ways);
  void find_middles();
  void chain_hops();
  void find_stops(const LaneRequest& request);
  [[nodiscard]] LinkId lattice_link(NodeId from, NodeId to, Direction direction) const;

  const Topology* topology_;
  Routing routing_;
  std::uint64_t seed_;
  HopField field_;
  std::vector<std::uint64_t> ranks_;  // per node: where it stands among the endpoints

  std::vector<sim::Hop> hops_;  // of the way being found
  sim::Duration latency_{};     // of those hops
  std::uint32_t firsts_ = 1;    // see sim::Fork
  std::vector<std::uint32_t> next_begin_;
  std::vector<std::uint32_t> next_;
  std::vector<LinkId> choices_;
  std::vector<NodeId> middles_;        // of Valiant's ways
  std::vector<HopField> to_middles_;   // per middle
  std::vector<Stop> stops_;            // by falling distance
  std::vector<std::int32_t> stop_of_;  // per node, into stops_; -1: none
};

/// Where each node stands among the endpoints; 0 for the others.
[[nodiscard]] std::vector<std::uint64_t> rank_of_nodes(const Topology& topology);

}  // namespace topology
