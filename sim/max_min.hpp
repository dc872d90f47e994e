#pragma once
// Max-min fair rates, kept up to date as flows come and go.
//
// The rates are those of progressive filling (Bertsekas and Gallager, "Data Networks", 6.5.2): all
// flows grow at the same speed; when a link is full, its flows keep the rate they have, the level
// of that link, and the others grow on. Flow f at rate r puts share(f, l) * r on link l.
//
// Only what can change is solved again. Two facts limit it:
//
//  1. A flow never touches links outside its own connected component.
//  2. Filling proceeds by rising level. A flow that leaves with rate r, or one that comes and can
//     reach at least rate r (its links' capacity over the shares on them), leaves every round below
//     level r as it was: no link it crosses can fill before that. So flows below the least such r
//     keep their rates, count as a fixed load, and do not connect a component either.
//
// In an all-to-all of equal messages the fastest flows leave first and no one below them moves: one
// full solve, and after that next to nothing.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/fabric.hpp"

namespace sim {

class MaxMin {
 public:
  /// `fabric` outlives this and does not change.
  explicit MaxMin(const Fabric& fabric);

  /// A flow starts or ends on `lane`. The rates are out of date until `solve`.
  void add(Lane lane);
  void remove(Lane lane);

  /// Brings the rates up to date. Returns the lanes whose rate changed, new ones included; valid
  /// until the next call.
  std::span<const Lane> solve();

  /// Bytes per second; 0 for a lane without a flow, or with one that was added after the last
  /// solve.
  [[nodiscard]] double rate(Lane lane) const { return rate_[index(lane)]; }

  /// The number of flows on a link.
  [[nodiscard]] std::uint32_t flows_on(std::uint32_t link) const { return link_count_[link]; }

 private:
  struct Level {
    double share;
    std::uint32_t link;
  };
  static bool later(const Level& a, const Level& b);

  [[nodiscard]] bool is_alone(Lane lane) const;
  void touch(std::uint32_t link);
  void collect();
  void fill();
  void freeze_link(std::uint32_t link, double level);
  void apply();

  const Fabric* fabric_;
  std::vector<double> rate_;  // per lane

  // The flows of link l: hops link_hop_[link_begin_[l] ...], link_count_[l] of them, in no order.
  std::vector<std::uint32_t> link_begin_;
  std::vector<std::uint32_t> link_count_;
  std::vector<std::uint32_t> link_hop_;
  std::vector<std::uint32_t> hop_slot_;  // where a hop stands in link_hop_
  std::vector<std::uint32_t> hop_lane_;

  // What changed since the last solve.
  std::vector<Lane> added_;
  std::vector<std::uint32_t> touched_;  // links of flows that left or came
  double threshold_;                    // rates below it cannot change

  // Scratch of one solve; marks hold the number of the solve that set them.
  std::uint32_t epoch_ = 0;
  std::vector<std::uint32_t> link_mark_;
  std::vector<std::uint32_t> lane_mark_;
  std::vector<std::uint32_t> open_;    // per link: flows that still grow
  std::vector<double> residual_;       // per link: capacity not given away
  std::vector<double> weight_;         // per link: sum of the shares of the flows that still grow
  std::vector<double> next_rate_;      // per lane
  std::vector<std::uint32_t> region_;  // the links solved again
  std::vector<Lane> moving_;           // the flows solved again
  std::vector<Level> heap_;
  std::vector<Lane> changed_;
};

}  // namespace sim
