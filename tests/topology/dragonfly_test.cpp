#include "topology/dragonfly.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology_test::built;
using topology_test::error_of;
using topology_test::link_between;
using topology_test::members;
using topology_test::neighbours;
using Names = std::vector<std::string>;

TEST_CASE("dragonfly: the balanced one of Kim et al., figure 5") {
  // p = h = 2, a = 4: 9 groups, 36 routers, 72 endpoints. Cables: 72 to endpoints, 9 * 6 in the
  // groups, 9 * 8 / 2 between them.
  const auto net = built("dragonfly:2x4x2");
  CHECK(net.endpoints().size() == 72);
  CHECK(topology_test::count(net, topology::NodeKind::switching) == 36);
  CHECK(net.links().size() == 2 * (72 + 54 + 36));
  CHECK(topology_test::goes_both_ways(net));
  // Group 0: port k of the palmtree goes k + 1 groups further; router 1 has ports 2 and 3. At the
  // far end, group 3 comes back to group 0 with distance 6, port 5, router 2.
  CHECK(neighbours(net, "group0.router1") == Names{"gpu2", "gpu3", "group0.router0",
                                                   "group0.router2", "group0.router3",
                                                   "group3.router2", "group4.router2"});
  CHECK(members(net, "router", 5) == Names{"gpu10", "gpu11", "group1.router1"});
  CHECK(members(net, "group", 8).size() == 8 + 4);
  CHECK(net.partitions().front().name == "router");
}

TEST_CASE("dragonfly: every two groups are joined, evenly, whatever their number") {
  for (std::int32_t routers = 1; routers <= 4; ++routers) {
    for (std::int32_t globals = 1; globals <= 3; ++globals) {
      for (std::int32_t groups = 2; groups <= (routers * globals) + 1; ++groups) {
        CAPTURE(routers);
        CAPTURE(globals);
        CAPTURE(groups);
        const auto net =
            built(fmt::format("dragonfly:1x{}x{},groups={}", routers, globals, groups));
        CHECK(topology_test::goes_both_ways(net));
        const auto& group_of = net.partitions()[1].block_of;
        std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> between;
        std::map<topology::NodeId, std::int32_t> ports;
        for (const topology::Link& link : net.links()) {
          const std::int32_t from = group_of[topology::index(link.from)];
          const std::int32_t to = group_of[topology::index(link.to)];
          if (from != to) {
            ++between[{from, to}];
            ++ports[link.from];
          }
        }
        // All ordered pairs; as many cables each as fit, or one more.
        CHECK(std::ssize(between) == groups * (groups - 1));
        const std::int32_t fewest = routers * globals / (groups - 1);
        std::int32_t total = 0;
        for (const auto& [pair, cables] : between) {
          CHECK((cables == fewest || cables == fewest + 1));
          total += cables;
        }
        // No router has more than its H.
        for (const auto& [router, used] : ports) {
          CHECK(used <= globals);
        }
        // Cables have two ends: an odd number of ports leaves one in each group without a cable.
        const std::int32_t ports_of_group = routers * globals;
        const bool odd = ports_of_group % 2 != 0 && groups % 2 != 0;
        CHECK(total == groups * (ports_of_group - (odd ? 1 : 0)));
      }
    }
  }
}

TEST_CASE("dragonfly: endpoints, groups and the cables between them have links of their own") {
  const auto net = built("dragonfly:1x2x1,link=1GB/s,1us,local=2GB/s,2us,global=3GB/s,3us");
  CHECK(link_between(net, "gpu0", "group0.router0") == topology::LinkSpec{1_GBps, 1us});
  CHECK(link_between(net, "group0.router0", "group0.router1") == topology::LinkSpec{2_GBps, 2us});
  CHECK(link_between(net, "group0.router0", "group1.router1") == topology::LinkSpec{3_GBps, 3us});
}

TEST_CASE("dragonfly: a number of groups that cannot be joined, or too large a size, is refused") {
  CHECK(error_of([] {
          return built("dragonfly:2x4x2,groups=10");
        }).find("groups: expected a whole number from 2 to 9, got '10'") != std::string::npos);
  CHECK(error_of([] { return built("dragonfly:2x4x2,groups=1"); }) != "no error");
  CHECK(error_of([] { return built("dragonfly:2x4"); }).find("expected a shape of 3 extents") !=
        std::string::npos);
  // 16 * 32 * (32 * 16 + 1) = 262656
  CHECK(error_of([] {
          return built("dragonfly:16x32x16");
        }).find("there would be 262656 endpoints") != std::string::npos);
  CHECK(error_of([] {
          return built("dragonfly:262144x262144x262144");
        }).find("routers; at most 262144 endpoints are built") != std::string::npos);
  CHECK(error_of([] { return built("dragonfly:1x1x262144,groups=2"); }).find("no error") !=
        std::string::npos);
}
