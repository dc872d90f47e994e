#pragma once

#include <cstdint>
#include <vector>

#include "sim/event_queue.hpp"
#include "sim/units.hpp"

namespace sim {

/// A component that events happen to. It outlives the engine's run.
class EventHandler {
 public:
  EventHandler() = default;
  EventHandler(const EventHandler&) = delete;
  EventHandler& operator=(const EventHandler&) = delete;
  EventHandler(EventHandler&&) = delete;
  EventHandler& operator=(EventHandler&&) = delete;
  virtual ~EventHandler() = default;

  /// The event scheduled with `payload` is due. Runs to completion.
  virtual void on_event(std::uint64_t payload) = 0;

  /// Every event of the current instant has run, after a call of `Engine::at_instant_end`. May
  /// schedule more, also at this instant.
  virtual void on_instant_end() {}
};

enum class HandlerId : std::uint8_t {};

/// The event loop: a clock and the events that will happen, in the order they will happen.
///
/// Events due at the same instant run in the order they were scheduled. That rule, and nothing
/// else, makes two runs of the same scenario identical. When the last of them has run, and before
/// the clock moves, the handlers that asked for it see the end of the instant: there a network
/// settles all that started and finished together as one batch.
class Engine {
 public:
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

  /// Names a handler, once, before it schedules anything. At most 256.
  HandlerId attach(EventHandler& handler);

  /// Schedules an event for `handler`. Requires when >= now(). Throws Failure if that is later than
  /// simulated time goes (`instant_max`).
  void at(Instant when, HandlerId handler, std::uint64_t payload);
  void after(Duration delay, HandlerId handler, std::uint64_t payload) {
    at(now_ + delay, handler, payload);
  }

  /// Calls `handler.on_instant_end()` once, when no event of this instant is left.
  void at_instant_end(HandlerId handler);

  /// Runs until nothing is pending; returns the instant of the last event.
  Instant run();

 private:
  void end_instant();

  Instant now_;
  std::uint64_t next_order_ = 0;
  std::uint64_t events_ = 0;
  EventQueue queue_;
  std::vector<EventHandler*> handlers_;
  std::vector<HandlerId> ending_;
  std::vector<HandlerId> ended_;  // reused, so that an instant's end allocates nothing
};

}  // namespace sim
