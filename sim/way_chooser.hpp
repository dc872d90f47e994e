#pragma once

#include <cstdint>
#include <span>

#include "sim/fabric.hpp"
#include "sim/random.hpp"

namespace sim {

/// Takes the choices that a fabric leaves to packets. `Load` tells how much one would wait for a
/// link, as a number.
class WayChooser {
 public:
  WayChooser(const Fabric& fabric, std::uint64_t seed)
      : fabric_{&fabric}, forks_{fabric.forks()}, random_{seed} {}

  /// The first hop of a packet of `lane`.
  template <class Load>
  [[nodiscard]] std::uint32_t first(Lane lane, Load load) {
    const std::uint32_t begin = fabric_->hops_begin(lane);
    const std::uint32_t count = fabric_->first_hops(lane);
    return count == 1 ? begin : choose(count, [begin](std::uint32_t i) { return begin + i; }, load);
  }

  /// The hop behind `hop`, which is not a last one.
  template <class Load>
  [[nodiscard]] std::uint32_t next(std::uint32_t hop, Load load) {
    if (!forks_) {
      return hop + 1;
    }
    const std::span<const std::uint32_t> next = fabric_->next_hops(hop);
    return next.size() == 1 ? next.front()
                            : choose(
                                  static_cast<std::uint32_t>(next.size()),
                                  [next](std::uint32_t i) { return next[i]; }, load);
  }

 private:
  template <class At, class Load>
  std::uint32_t choose(std::uint32_t count, At at, Load load) {
    if (fabric_->choice() == Choice::random) {
      double total = 0;
      for (std::uint32_t i = 0; i < count; ++i) {
        total += fabric_->hop_share(at(i));
      }
      double rest = unit_interval(random_) * total;
      std::uint32_t i = 0;
      for (; i + 1 < count && rest >= fabric_->hop_share(at(i)); ++i) {
        rest -= fabric_->hop_share(at(i));
      }
      return at(i);
    }
    // From anywhere on, so that among equals none is preferred.
    const auto start = static_cast<std::uint32_t>(split_mix(random_) % count);
    std::uint32_t best = at(start);
    auto least = load(fabric_->hop_link(best));
    for (std::uint32_t i = 1; i < count; ++i) {
      const std::uint32_t hop = at((start + i) % count);
      const auto other = load(fabric_->hop_link(hop));
      if (other < least) {
        least = other;
        best = hop;
      }
    }
    return best;
  }

  const Fabric* fabric_;
  bool forks_;
  std::uint64_t random_;
};

}  // namespace sim
