#include "topology/dot.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using topology::LinkId;
using topology::LinkShade;
using topology_test::built;

namespace {

std::ptrdiff_t occurrences(const std::string& text, const std::string& what) {
  std::ptrdiff_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

bool has(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("dot: the two links of a cable are one edge") {
  const std::string dot = write_dot(built("ring:3"), {});
  CHECK(occurrences(dot, " -- ") == 3);
  CHECK(has(dot, "n0 -- n1 []"));
  CHECK(dot.starts_with("graph network {\n"));
  CHECK(dot.ends_with("}\n"));
}

TEST_CASE("dot: parallel cables are one edge with their number, a link one way is an arrow") {
  CHECK(has(write_dot(built("ring:2"), {}), "n0 -- n1 [label=\"2x\", ]"));
  const auto net = topology_test::built_from_yaml(
      "kind: custom\n"
      "nodes: [{name: a, kind: gpu, relay: true}, {name: b, kind: gpu, relay: true},\n"
      "        {name: c, kind: gpu, relay: true}]\n"
      "links: [{from: a, to: b, bandwidth: 1 GB/s, direction: one},\n"
      "        {from: b, to: c, bandwidth: 1 GB/s, direction: one},\n"
      "        {from: c, to: a, bandwidth: 1 GB/s, direction: one}]\n");
  const std::string dot = write_dot(net, {});
  CHECK(has(dot, "n0 -- n1 [dir=forward]"));
  CHECK(has(dot, "n0 -- n2 [dir=back]"));
}

TEST_CASE("dot: a cable that closes a torus is two stubs, not a line across the picture") {
  // 4x4: 32 cables, 8 of which wrap. Those 8 have two ends each.
  const std::string torus = write_dot(built("torus:4x4"), {});
  CHECK(occurrences(torus, " -- ") == 24 + 16);
  CHECK(occurrences(torus, "style=dashed") == 16);
  CHECK(has(torus, "n5 [label=\"gpu5\""));
  CHECK(has(torus, "pos=\"72.0,-72.0!\""));  // of gpu5, at row 1 and column 1
  CHECK(occurrences(write_dot(built("mesh:4x4"), {}), "style=dashed") == 0);
  CHECK(occurrences(write_dot(built("ring:8"), {}), "style=dashed") == 0);
  // Neighbours on an extent of two stay neighbours.
  CHECK(occurrences(write_dot(built("torus:2x2"), {}), "style=dashed") == 0);
}

TEST_CASE("dot: a network with levels of switches is for dot, any other has fixed places") {
  for (const std::string text : {"switch:4", "fat-tree:4", "fat-tree:4,levels=3", "gpu-cluster:2x2",
                                 "gpu-cluster:1x4", "gpu-cluster:2x4,scale_up=direct"}) {
    CAPTURE(text);
    CHECK(topology::dot_engine(built(text)) == "dot");
    CHECK_FALSE(has(write_dot(built(text), {}), "pos="));
  }
  for (const std::string text :
       {"ring:4", "torus:4x4", "mesh:3", "torus:2x2x2", "torus:2x2x2x2", "hypercube:3",
        "fully-connected:4", "bigraph:2x4", "dragonfly:1x2x1", "gpu-cluster:1x4,scale_up=direct"}) {
    CAPTURE(text);
    const auto net = built(text);
    CHECK(topology::dot_engine(net) == "neato");
    CHECK(occurrences(write_dot(net, {}), "pos=") >= std::ssize(net.nodes()));
  }
}

TEST_CASE("dot: GPUs are at the bottom, each level of switches above; an NVSwitch is below") {
  // Node ids: 4 GPUs, 4 NICs, 2 NVSwitches, 2 leaves, 2 spines.
  const std::string dot = write_dot(built("gpu-cluster:2x2"), {});
  CHECK(has(dot, "{ rank=same; edge [style=invis]; n8 -- n9; }"));
  CHECK(has(dot, "{ rank=same; edge [style=invis]; n0 -- n1 -- n2 -- n3; }"));
  CHECK(has(dot, "{ rank=same; edge [style=invis]; n4 -- n5 -- n6 -- n7; }"));
  CHECK(has(dot, "n0 -- n8 ["));    // the GPU is above the NVSwitch,
  CHECK(has(dot, "n4 -- n0 ["));    // the NIC above the GPU,
  CHECK(has(dot, "n12 -- n10 ["));  // the spine above the leaf
  CHECK(has(dot, "subgraph cluster_1 { label=\"server 1\""));
  CHECK(has(dot, "n3 [label=\"gpu1\""));  // in its box a short name is enough
}

TEST_CASE("dot: a shaded cable has the colour and width of its busier direction, and a legend") {
  const auto net = built("ring:3");  // links of n0: 0 to n2, 1 to n1; of n1: 2 to n0, 3 to n2
  const std::array shades{LinkShade{LinkId{1}, 0.25}, LinkShade{LinkId{2}, 1.0}};
  const std::string dot = write_dot(net, shades);
  CHECK(has(dot, "n0 -- n1 [color=\"#c81e28\", penwidth=6.0, ]"));
  CHECK(has(dot, "n1 -- n2 [color=\"#d8dce0\", penwidth=1.0, ]"));
  CHECK(has(dot, "link utilisation"));
  CHECK(has(dot, "100 %"));
  CHECK_FALSE(has(write_dot(net, {}), "utilisation"));
}

TEST_CASE("dot: colours go from grey over green and yellow to red, and stay there") {
  const auto net = built("ring:2");
  const auto coloured = [&](double utilisation) {
    const std::array shades{LinkShade{LinkId{0}, utilisation}};
    const std::string dot = write_dot(net, shades);
    return dot.substr(dot.find("n0 -- n1"), 46);
  };
  CHECK(has(coloured(0), "#d8dce0"));
  CHECK(has(coloured(1.0 / 3), "#78be78"));
  CHECK(has(coloured(2.0 / 3), "#facd3c"));
  CHECK(has(coloured(1), "#c81e28"));
  CHECK(has(coloured(7), "#c81e28"));
}

TEST_CASE("dot: names cannot break out of their quotes") {
  topology::Topology net{"a<b>&c"};
  net.add_node({"say \"hi\\\"", topology::NodeKind::gpu, topology::Relay::no});
  const std::string dot = write_dot(net, {});
  CHECK(has(dot, R"(label="say \"hi\\\"")"));
  CHECK(has(dot, "label=<a&lt;b&gt;&amp;c of 1 GPUs, 0 links>"));
}
