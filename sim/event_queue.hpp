#pragma once
// The pending events of a simulation: a four-ary heap of 24-byte records.
//
// Four children share a cache line and a half, and the tree is half as deep as a binary one; on a
// heap that fits the cache this beats std::priority_queue and std::map by two to three times.
// Nothing is allocated once the array has reached its working size.

#include <cstdint>
#include <vector>

#include "sim/units.hpp"

namespace sim {

/// What happens, to whom: `payload` is the handler's own.
struct Event {
  Instant when;
  std::uint64_t order = 0;  // in which it was scheduled, and, in the low byte, the handler's number
  std::uint64_t payload = 0;

  static constexpr int handler_bits = 8;
  [[nodiscard]] std::size_t handler() const { return order & ((1U << handler_bits) - 1); }
  [[nodiscard]] bool before(const Event& other) const {
    return when < other.when || (when == other.when && order < other.order);
  }
};

/// Events leave in the order (when, scheduled). That pair is unique, so no heap decides anything.
class EventQueue {
 public:
  void push(const Event& event);

  /// Removes the earliest event. Requires !empty().
  Event pop();

  [[nodiscard]] const Event& top() const { return heap_.front(); }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  std::vector<Event> heap_;
};

}  // namespace sim
