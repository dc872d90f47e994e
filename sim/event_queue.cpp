#include "sim/event_queue.hpp"

#include <algorithm>
#include <cstddef>

#include "sim/contract.hpp"

namespace sim {
namespace {
constexpr std::size_t arity = 4;
}  // namespace

void EventQueue::push(const Event& event) {
  std::size_t hole = heap_.size();
  heap_.push_back(event);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / arity;
    if (!event.before(heap_[parent])) {
      break;
    }
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = event;
}

Event EventQueue::pop() {
  require(!heap_.empty(), "there is an event to take");
  const Event earliest = heap_.front();
  const Event last = heap_.back();
  heap_.pop_back();
  const std::size_t size = heap_.size();
  std::size_t hole = 0;
  while (true) {
    const std::size_t first = (hole * arity) + 1;
    if (first >= size) {
      break;
    }
    std::size_t least = first;
    const std::size_t end = std::min(first + arity, size);
    for (std::size_t child = first + 1; child < end; ++child) {
      if (heap_[child].before(heap_[least])) {
        least = child;
      }
    }
    if (!heap_[least].before(last)) {
      break;
    }
    heap_[hole] = heap_[least];
    hole = least;
  }
  if (size > 0) {
    heap_[hole] = last;
  }
  return earliest;
}

}  // namespace sim
