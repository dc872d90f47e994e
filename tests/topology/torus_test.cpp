#include "topology/torus.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"
#include "topology/spec.hpp"

using namespace sim::literals;
using topology_test::built;
using topology_test::error_of;
using topology_test::goes_both_ways;
using topology_test::neighbours;
using Names = std::vector<std::string>;

TEST_CASE("torus: neighbours come north, south, west, east, around the edges") {
  // 3 rows of 4:   0  1  2  3
  //                4  5  6  7
  //                8  9 10 11
  const auto torus = built("torus:3x4");
  CHECK(neighbours(torus, "gpu5") == Names{"gpu1", "gpu9", "gpu4", "gpu6"});
  CHECK(neighbours(torus, "gpu0") == Names{"gpu8", "gpu4", "gpu3", "gpu1"});
  CHECK(neighbours(torus, "gpu11") == Names{"gpu7", "gpu3", "gpu10", "gpu8"});
}

TEST_CASE("torus: every endpoint has two links per dimension longer than one") {
  // links = endpoints * 2 * (dimensions with extent > 1)
  CHECK(built("torus:8x8").links().size() == 64 * 4);
  CHECK(built("torus:4x4x4").links().size() == 64 * 6);
  CHECK(built("torus:2x2").links().size() == 4 * 4);
  CHECK(built("torus:5x1x3").links().size() == 15 * 4);
  CHECK(built("torus:1").links().empty());
  CHECK(built("torus:3x2x4x2").links().size() == 48 * 8);
  CHECK(goes_both_ways(built("torus:3x2x4")));
}

TEST_CASE("torus: an extent of two has two parallel cables, one forward and one around") {
  CHECK(neighbours(built("torus:2x3"), "gpu0") == Names{"gpu3", "gpu3", "gpu2", "gpu1"});
}

TEST_CASE("mesh: the edges stay open") {
  // A row of 4 has 3 cables; 3 rows and 4 columns of 2 cables: 3 * 3 + 4 * 2 = 17 cables.
  const auto mesh = built("mesh:3x4");
  CHECK(mesh.links().size() == 34);
  CHECK(neighbours(mesh, "gpu0") == Names{"gpu4", "gpu1"});
  CHECK(neighbours(mesh, "gpu5") == Names{"gpu1", "gpu9", "gpu4", "gpu6"});
  CHECK(neighbours(mesh, "gpu11") == Names{"gpu7", "gpu10"});
  CHECK(built("mesh:2").links().size() == 2);
  CHECK(goes_both_ways(mesh));
}

TEST_CASE("ring: a torus of one dimension, left neighbour first") {
  const auto ring = built("ring:8");
  CHECK(ring.kind() == "ring");
  CHECK(ring.links().size() == 16);
  CHECK(neighbours(ring, "gpu0") == Names{"gpu7", "gpu1"});
}

TEST_CASE("torus: shape, relaying, links and injection are as given") {
  const auto torus = built("torus:3x4,link=16GB/s,150ns,injection=20GB/s");
  REQUIRE(torus.lattice());
  CHECK(torus.lattice()->shape == std::vector{3, 4});
  CHECK(torus.lattice()->wraps);
  CHECK_FALSE(built("mesh:3x4").lattice()->wraps);
  for (const auto& node : torus.nodes()) {
    CHECK(node.kind == topology::NodeKind::gpu);
    CHECK(node.relay == topology::Relay::yes);
  }
  for (const auto& link : torus.links()) {
    CHECK(link.spec == topology::LinkSpec{16_GBps, 150ns});
  }
  CHECK(torus.injection() == topology::Injection{.bandwidth = 20_GBps});
  CHECK_FALSE(built("torus:3").injection());
  CHECK(built("torus:3").links().front().spec == topology::default_link);
}

TEST_CASE("torus: mistakes in its description are refused") {
  CHECK(error_of([] { return built("ring:8x8"); }).find("expected a shape of 1 extent") !=
        std::string::npos);
  CHECK(error_of([] { return built("torus"); }).find("missing key 'shape'") != std::string::npos);
  CHECK(error_of([] { return built("torus:8,links=1GB/s"); }).find("did you mean 'link'?") !=
        std::string::npos);
}

TEST_CASE("torus: the largest that is built has 262144 endpoints") {
  const auto torus = built("torus:64x64x64");
  CHECK(torus.endpoints().size() == 262'144);
  CHECK(torus.links().size() == 262'144 * 6);
}
