#include "sim/event_queue.hpp"

#include <cstddef>

#include "sim/contract.hpp"

namespace sim {
namespace {

constexpr std::size_t arity = 4;

/// The lesser of two places, without a branch: which one it is nobody can predict.
std::size_t lesser(const std::vector<Event>& heap, std::size_t a, std::size_t b) {
  return a + ((b - a) * static_cast<std::size_t>(heap[b].key() < heap[a].key()));
}

}  // namespace

void EventQueue::push(const Event& event) {
  if (has_hole_) {
    has_hole_ = false;
    sink(event);
    return;
  }
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
  close_hole();
  require(!heap_.empty(), "there is an event to take");
  has_hole_ = true;
  return heap_.front();
}

void EventQueue::close_hole() {
  if (!has_hole_) {
    return;
  }
  has_hole_ = false;
  const Event last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) {
    sink(last);
  }
}

/// Puts an event at the root, and exchanges it with the least of its children while that is before
/// it.
void EventQueue::sink(const Event& event) {
  const std::size_t size = heap_.size();
  std::size_t hole = 0;
  while (true) {
    const std::size_t first = (hole * arity) + 1;
    if (first >= size) {
      break;
    }
    std::size_t least = first;
    if (first + arity <= size) {
      least = lesser(heap_, lesser(heap_, first, first + 1), lesser(heap_, first + 2, first + 3));
    } else {
      for (std::size_t child = first + 1; child < size; ++child) {
        least = lesser(heap_, least, child);
      }
    }
    if (!heap_[least].before(event)) {
      break;
    }
    heap_[hole] = heap_[least];
    hole = least;
  }
  heap_[hole] = event;
}

}  // namespace sim
