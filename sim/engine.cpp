#include "sim/engine.hpp"

#include <algorithm>
#include <cstddef>

#include "sim/contract.hpp"
#include "sim/error.hpp"

namespace sim {

HandlerId Engine::attach(EventHandler& handler) {
  constexpr std::size_t handlers_max = std::size_t{1} << Event::handler_bits;
  require(handlers_.size() < handlers_max, "an engine has at most 256 handlers");
  handlers_.push_back(&handler);
  return static_cast<HandlerId>(handlers_.size() - 1);
}

void Engine::at(Instant when, HandlerId handler, std::uint64_t payload) {
  require(when >= now_, "an event cannot be scheduled in the past");
  if (when >= instant_max) {
    throw Failure{"the simulated time exceeds 46 days: too many bytes, or too slow a network"};
  }
  const std::uint64_t order = next_order_++;
  queue_.push(
      {when, (order << Event::handler_bits) | static_cast<std::uint64_t>(handler), payload});
}

void Engine::at_instant_end(HandlerId handler) {
  if (std::ranges::find(ending_, handler) == ending_.end()) {
    ending_.push_back(handler);
  }
}

void Engine::end_instant() {
  ended_.clear();
  ended_.swap(ending_);
  for (const HandlerId handler : ended_) {
    handlers_[static_cast<std::size_t>(handler)]->on_instant_end();
  }
}

Instant Engine::run() {
  while (true) {
    if (!ending_.empty() && (queue_.empty() || queue_.top().when > now_)) {
      end_instant();
      continue;
    }
    if (queue_.empty()) {
      return now_;
    }
    const Event event = queue_.pop();
    now_ = event.when;
    ++events_;
    handlers_[event.handler()]->on_event(event.payload);
  }
}

}  // namespace sim
