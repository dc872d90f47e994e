#include "topology/switch.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology_test::built;
using topology_test::neighbours;

TEST_CASE("switch: a star whose endpoints do not relay") {
  const auto net = built("switch:3,link=1GB/s,2us");
  CHECK(net.nodes().size() == 4);
  CHECK(net.links().size() == 6);
  CHECK(neighbours(net, "switch0") == std::vector<std::string>{"gpu0", "gpu1", "gpu2"});
  CHECK(neighbours(net, "gpu1") == std::vector<std::string>{"switch0"});
  CHECK(net.nodes()[0].relay == topology::Relay::no);
  CHECK(net.nodes()[3].relay == topology::Relay::yes);
  CHECK(net.nodes()[3].kind == topology::NodeKind::switching);
  CHECK(net.links()[0].spec == topology::LinkSpec{1_GBps, 2us});
}

TEST_CASE("switch: 200000 endpoints are no problem, 262145 are refused") {
  CHECK(built("switch:200000").links().size() == 400'000);
  CHECK(topology_test::error_of([] {
          return built("switch:262145");
        }).find("expected extents from 1 to 262144, got '262145'") != std::string::npos);
}
