#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sim {

/// Lists of waiters, in the order in which they came; each waits in one list at most. Every step
/// takes constant time.
class WaitingLists {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  WaitingLists(std::size_t lists, std::size_t waiters)
      : ends_(lists), next_(waiters, none), previous_(waiters, none) {}

  [[nodiscard]] bool empty(std::uint32_t list) const { return ends_[list].first == none; }

  /// The first of a list, and the one behind `waiter`; `none` at the end.
  [[nodiscard]] std::uint32_t first(std::uint32_t list) const { return ends_[list].first; }
  [[nodiscard]] std::uint32_t next(std::uint32_t waiter) const { return next_[waiter]; }

  void add(std::uint32_t list, std::uint32_t waiter) {
    Ends& ends = ends_[list];
    previous_[waiter] = ends.last;
    next_[waiter] = none;
    (ends.last == none ? ends.first : next_[ends.last]) = waiter;
    ends.last = waiter;
  }

  void remove(std::uint32_t list, std::uint32_t waiter) {
    Ends& ends = ends_[list];
    const std::uint32_t before = previous_[waiter];
    const std::uint32_t after = next_[waiter];
    (before == none ? ends.first : next_[before]) = after;
    (after == none ? ends.last : previous_[after]) = before;
  }

 private:
  struct Ends {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };
  std::vector<Ends> ends_;
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> previous_;
};

}  // namespace sim
