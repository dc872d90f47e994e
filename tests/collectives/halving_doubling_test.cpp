#include "collectives/halving_doubling.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("HDRM: every exchange joins an upper and a lower switch, each pair carries one flow") {
  for (const auto& [ports, switches] : std::vector<std::pair<int, int>>{
           {1, 2}, {1, 4}, {2, 4}, {1, 8}, {2, 8}, {4, 8}, {4, 16}, {8, 16}, {4, 32}}) {
    CAPTURE(ports);
    CAPTURE(switches);
    const std::vector<std::int32_t> positions = collectives::hdrm_positions(ports, switches);
    std::vector<std::int32_t> sorted = positions;
    std::ranges::sort(sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      REQUIRE(sorted[i] == static_cast<std::int32_t>(i));  // a permutation
    }
    for (std::size_t bit = 1; bit < positions.size(); bit *= 2) {
      std::map<std::pair<int, int>, int> flows;  // directed, by pair of switches
      for (std::size_t rank = 0; rank < positions.size(); ++rank) {
        const int from = positions[rank] / ports;
        const int to = positions[rank ^ bit] / ports;
        REQUIRE((from < switches / 2) != (to < switches / 2));
        ++flows[{from, to}];
      }
      for (const auto& [pair, count] : flows) {
        CHECK(count == 1);
      }
    }
  }
}
