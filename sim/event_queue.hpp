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
  /// Both as one number, which compares without a branch. Requires when >= 0.
  __extension__ using Key = unsigned __int128;
  [[nodiscard]] Key key() const {
    return (static_cast<Key>(when.time_since_epoch().count()) << 64U) | order;
  }
  [[nodiscard]] bool before(const Event& other) const { return key() < other.key(); }
};

/// Events leave in the order (when, scheduled). That pair is unique, so no heap decides anything.
///
/// Most events set off one other. So the place of one that was taken stays open until the next one
/// is put there, or is needed.
class EventQueue {
 public:
  void push(const Event& event);

  /// Removes the earliest event. Requires !empty().
  Event pop();

  /// The earliest event. Requires !empty().
  [[nodiscard]] const Event& top() {
    close_hole();
    return heap_.front();
  }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return heap_.size() - (has_hole_ ? 1 : 0); }

 private:
  void close_hole();
  void sink(const Event& event);

  std::vector<Event> heap_;
  bool has_hole_ = false;  // the first event of the heap was taken
};

}  // namespace sim
