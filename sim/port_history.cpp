#include "sim/port_history.hpp"

#include <algorithm>

#include "sim/error.hpp"

namespace sim {

PortReport::Interval& PortHistory::interval_at(Instant now, Duration interval) {
  const auto number = static_cast<std::size_t>(now.time_since_epoch() / interval);
  constexpr std::size_t intervals_max = 100'000;
  if (number >= intervals_max) {
    throw Failure{"more than 100,000 intervals of 'packet.statistics': take longer ones"};
  }
  while (report_.intervals.size() <= number) {
    // A queue that nothing happens to stays as it is.
    report_.intervals.push_back({.max_queue = queue_, .paused = {}});
  }
  return report_.intervals[number];
}

void PortHistory::on_queue(Instant now, std::int64_t bytes, Duration interval) {
  area_ += static_cast<double>(queue_) * static_cast<double>((now - since_).count());
  since_ = now;
  if (interval > Duration{0}) {
    PortReport::Interval& here = interval_at(now, interval);
    here.max_queue = std::max(here.max_queue, bytes);
  }
  queue_ = bytes;
  report_.max_queue = std::max(report_.max_queue, bytes);
}

void PortHistory::on_pause(Instant now, bool paused, Duration interval) {
  if (paused == paused_) {
    return;
  }
  if (paused_) {
    close(now, interval);
  } else {
    ++report_.pauses;
  }
  paused_ = paused;
  paused_since_ = now;
}

/// Books a pause that ends now, each interval's part in it.
void PortHistory::close(Instant now, Duration interval) {
  report_.paused += now - paused_since_;
  for (Instant at = paused_since_; interval > Duration{0} && at < now;) {
    const Instant end =
        std::min(now, Instant{} + (((at.time_since_epoch() / interval) + 1) * interval));
    interval_at(at, interval).paused += end - at;
    at = end;
  }
}

PortReport PortHistory::report(Instant now, Duration interval) const {
  PortHistory until_now{*this};
  until_now.on_queue(now, queue_, interval);
  if (paused_) {
    until_now.close(now, interval);
  }
  PortReport report = until_now.report_;
  const auto time = static_cast<double>(now.time_since_epoch().count());
  report.mean_queue = time > 0 ? until_now.area_ / time : 0;
  return report;
}

}  // namespace sim
