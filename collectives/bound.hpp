#pragma once

#include <vector>

#include "collectives/group.hpp"
#include "collectives/schedule.hpp"
#include "sim/units.hpp"
#include "topology/topology.hpp"

namespace collectives {

/// Who adds up what is summed: only ranks, or switches as well.
enum class Adders : std::uint8_t { ranks, switches };

/// A time that no algorithm can beat on this network.
///
/// Latency: the data of some rank must reach some other one, so it takes at least the longest of
/// the shortest ways (of those between ranks that depend on each other), other ranks passing it on
/// or not.
///
/// Bandwidth: each of these volumes must cross these links, and their last byte then still has a
/// way to go.
///   - Every sum of n numbers that all n ranks get takes 2 (n - 1) messages between ranks (F.
///   Harary
///     and A. J. Schwenk, "The communication problem on graphs and digraphs", 1974); a sum that one
///     rank gets, or a copy for everyone, n - 1. All of it leaves the ranks through their ports.
///     Switches that add up, and multiply out, need not be told so often: then this does not hold.
///   - The same with servers, leaves or groups in place of ranks.
///   - What a single rank or block must send to, or get from, the rest.
class LowerBound {
 public:
  /// `topology` outlives this. `parts_per_rank`: in how many parts (channels x pieces) a schedule
  /// may cut the block of a rank; each may be a byte short.
  LowerBound(const topology::Topology& topology, const Group& group, Collective collective,
             Rank root, sim::Duration message_latency, std::int32_t parts_per_rank = 1);

  /// For a size as `Collective` defines it; the bound in seconds.
  [[nodiscard]] double seconds(sim::Bytes bytes, Adders adders = Adders::ranks) const;

  /// Its two parts.
  [[nodiscard]] double latency_seconds() const { return latency_s_; }
  [[nodiscard]] double bandwidth_seconds(sim::Bytes bytes, Adders adders = Adders::ranks) const;

 private:
  /// `factor` * S - `slack` bytes must cross `capacity` bytes per second.
  struct Cut {
    double factor = 0;
    double slack = 0;
    double capacity = 0;
    Adders adders{};  // `ranks`: does not hold where switches take part
  };

  void add_cut(const Cut& cut);
  void add_blocks(const topology::Topology& topology, const std::vector<std::int32_t>& block_of,
                  const std::vector<std::vector<Rank>>& members, Rank root);
  void find_latency(const topology::Topology& topology, const Group& group, Rank root,
                    sim::Duration message_latency);

  Collective collective_;
  double ranks_;
  double parts_per_rank_;
  double latency_s_ = 0;       // of the farthest pair
  double last_latency_s_ = 0;  // of the closest
  std::vector<Cut> cuts_;
};

}  // namespace collectives
