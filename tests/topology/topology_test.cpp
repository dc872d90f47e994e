#include "topology/topology.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace sim::literals;
using topology::LinkId;
using topology::NodeId;
using topology::NodeKind;
using topology::Relay;

TEST_CASE("topology: links keep the order in which they were added, at both ends") {
  topology::Topology net{"custom"};
  const NodeId a = net.add_node({"a", NodeKind::gpu, Relay::no});
  const NodeId s = net.add_node({"s", NodeKind::switching, Relay::yes});
  const NodeId b = net.add_node({"b", NodeKind::gpu, Relay::no});
  net.connect(b, s, {100_Gbps, 1us});                     // links 0 (b to s) and 1 (s to b)
  net.connect(a, s, {50_Gbps, 2us});                      // links 2 (a to s) and 3 (s to a)
  CHECK(net.add_link(a, s, {1_GBps, 0ns}) == LinkId{4});  // a parallel link, one way

  const auto ids = [](std::span<const LinkId> links) {
    return std::vector<LinkId>{links.begin(), links.end()};
  };
  CHECK(ids(net.out_links(s)) == std::vector{LinkId{1}, LinkId{3}});
  CHECK(ids(net.in_links(s)) == std::vector{LinkId{0}, LinkId{2}, LinkId{4}});
  CHECK(ids(net.out_links(a)) == std::vector{LinkId{2}, LinkId{4}});
  CHECK(net.link(LinkId{3}).from == s);
  CHECK(net.link(LinkId{3}).to == a);
  CHECK(net.link(LinkId{3}).spec == topology::LinkSpec{50_Gbps, 2us});
}

TEST_CASE("topology: GPUs take ranks in the order in which they are added, others take none") {
  topology::Topology net{"custom"};
  net.add_node({"s", NodeKind::switching, Relay::yes});
  const NodeId a = net.add_node({"a", NodeKind::gpu, Relay::no});
  net.add_node({"n", NodeKind::nic, Relay::yes});
  const NodeId b = net.add_node({"b", NodeKind::gpu, Relay::no});
  CHECK(std::vector<NodeId>{net.endpoints().begin(), net.endpoints().end()} == std::vector{a, b});
  CHECK(net.summary() == "custom of 2 GPUs, 0 links");
}
