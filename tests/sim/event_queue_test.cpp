#include "sim/event_queue.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("event queue: events leave in the order of a stable sort by time") {
  // The slow twin: sort everything by (when, order), take from the front.
  std::mt19937 random{7};
  for (int round = 0; round < 50; ++round) {
    sim::EventQueue queue;
    std::vector<sim::Event> twin;
    std::uint64_t order = 0;
    for (int step = 0; step < 400; ++step) {
      if (twin.empty() || random() % 3 != 0) {
        const sim::Event event{sim::Instant{sim::Duration{random() % 20}}, order++, random()};
        queue.push(event);
        twin.push_back(event);
        continue;
      }
      const auto first = std::ranges::min_element(
          twin, [](const sim::Event& a, const sim::Event& b) { return a.before(b); });
      const sim::Event event = queue.pop();
      REQUIRE(event.when == first->when);
      REQUIRE(event.order == first->order);
      REQUIRE(event.payload == first->payload);
      twin.erase(first);
      REQUIRE(queue.size() == twin.size());
    }
  }
}
