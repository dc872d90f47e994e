#include "topology/bigraph.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology_test::built;
using topology_test::error_of;
using topology_test::link_between;
using topology_test::neighbours;
using Names = std::vector<std::string>;

TEST_CASE("bigraph: every upper switch is joined to every lower one, and to nothing else") {
  const auto net = built("bigraph:2x4");
  CHECK(net.endpoints().size() == 8);
  // 8 cables to endpoints, 2 * 2 between the halves.
  CHECK(net.links().size() == 2 * (8 + 4));
  CHECK(neighbours(net, "upper0") == Names{"gpu0", "gpu1", "lower0", "lower1"});
  CHECK(neighbours(net, "upper1") == Names{"gpu2", "gpu3", "lower0", "lower1"});
  CHECK(neighbours(net, "lower1") == Names{"gpu6", "gpu7", "upper0", "upper1"});
  CHECK(topology_test::members(net, "switch", 2) == Names{"gpu4", "gpu5", "lower0"});
  CHECK(net.nodes()[0].relay == topology::Relay::no);
  CHECK(topology_test::goes_both_ways(net));
}

TEST_CASE("bigraph: endpoints and fabric have links of their own") {
  const auto net = built("bigraph:2x4,link=1GB/s,1us,fabric=2GB/s,2us");
  CHECK(link_between(net, "gpu0", "upper0") == topology::LinkSpec{1_GBps, 1us});
  CHECK(link_between(net, "upper0", "lower0") == topology::LinkSpec{2_GBps, 2us});
}

TEST_CASE("bigraph: an odd number of switches, or too many, is refused") {
  CHECK(error_of([] {
          return built("bigraph:2x3");
        }).find("shape: expected an even number of switches, got 3") != std::string::npos);
  CHECK(error_of([] {
          return built("bigraph:4");
        }).find("expected a shape of 2 extents, got '4'") != std::string::npos);
  // 2 * 200000 + 2 * 100000^2 = 20000400000
  CHECK(error_of([] {
          return built("bigraph:1x200000");
        }).find("there would be 20000400000 links") != std::string::npos);
}
