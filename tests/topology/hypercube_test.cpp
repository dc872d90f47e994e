#include "topology/hypercube.hpp"

#include <bit>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using topology_test::built;
using topology_test::error_of;
using topology_test::neighbours;

TEST_CASE("hypercube: neighbours differ in one bit, the lowest first") {
  // 5 = 101: flip bit 0 -> 100 = 4, bit 1 -> 111 = 7, bit 2 -> 001 = 1.
  CHECK(neighbours(built("hypercube:3"), "gpu5") ==
        std::vector<std::string>{"gpu4", "gpu7", "gpu1"});
}

TEST_CASE("hypercube: D dimensions have 2^D endpoints of D links each, for every D up to 17") {
  for (std::size_t dimensions = 0; dimensions <= 17; ++dimensions) {
    CAPTURE(dimensions);
    const auto net = built("hypercube:" + std::to_string(dimensions));
    CHECK(net.endpoints().size() == std::size_t{1} << dimensions);
    CHECK(net.links().size() == dimensions << dimensions);
    CHECK(net.nodes().front().relay == topology::Relay::yes);
  }
  CHECK(topology_test::goes_both_ways(built("hypercube:5")));
}

TEST_CASE("hypercube: a number of dimensions that is none is refused") {
  CHECK(error_of([] {
          return built("hypercube:18");
        }).find("shape: expected a whole number from 0 to 17, got '18'") != std::string::npos);
  CHECK(error_of([] { return built("hypercube:2x2"); }) != "no error");
}
