#include "topology/fully_connected.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using topology_test::built;
using topology_test::error_of;
using topology_test::neighbours;

TEST_CASE("fully connected: every endpoint reaches every other over its own link") {
  const auto net = built("fully-connected:5");
  CHECK(net.links().size() == 5 * 4);
  CHECK(neighbours(net, "gpu2") == std::vector<std::string>{"gpu0", "gpu1", "gpu3", "gpu4"});
  CHECK(net.nodes().front().relay == topology::Relay::yes);
  CHECK(topology_test::goes_both_ways(net));
  CHECK(built("fully-connected:1").links().empty());
}

TEST_CASE("fully connected: too many links are refused before they are made") {
  // 200000 * 199999 = 39999800000
  CHECK(error_of([] {
          return built("fully-connected:200000");
        }).find("error: there would be 39999800000 links; at most 16777216 are built") !=
        std::string::npos);
}
