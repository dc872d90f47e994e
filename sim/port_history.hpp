#pragma once

#include <cstdint>
#include <vector>

#include "sim/units.hpp"

namespace sim {

/// What happened at the queue in front of a link, over all of a run and interval by interval.
struct PortReport {
  std::int64_t max_queue = 0;  // bytes
  double mean_queue = 0;       // bytes, over the time until the last event
  Duration paused{};
  std::int64_t pauses = 0;
  std::int64_t marked = 0;  // packets
  std::int64_t dropped = 0;

  struct Interval {
    std::int64_t max_queue = 0;
    Duration paused{};
  };
  std::vector<Interval> intervals;  // from time 0 on; empty if none were asked for
};

/// Keeps the report of one queue up to date.
class PortHistory {
 public:
  /// The queue is `bytes` long from now on.
  void on_queue(Instant now, std::int64_t bytes, Duration interval);

  /// The link may not send from now on, or may again.
  void on_pause(Instant now, bool paused, Duration interval);

  void on_mark() { ++report_.marked; }
  void on_drop() { ++report_.dropped; }

  [[nodiscard]] PortReport report(Instant now, Duration interval) const;

 private:
  PortReport::Interval& interval_at(Instant now, Duration interval);
  void close(Instant now, Duration interval);

  PortReport report_;
  std::int64_t queue_ = 0;
  double area_ = 0;  // byte picoseconds
  Instant since_;    // the queue is so long
  bool paused_ = false;
  Instant paused_since_;
};

}  // namespace sim
