#include "topology/graphml.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology::NodeId;
using topology_test::built;
using topology_test::described;
using topology_test::error_of;

namespace {

/// A small file as a person would write it. `edges` and `graph` are put where they belong.
std::string document(const std::string& edges,
                     const std::string& graph = "edgedefault='directed'") {
  return "<graphml>\n"                                                          // line 1
         "<key id='k' for='node' attr.name='kind' attr.type='string'/>\n"       // 2
         "<key id='r' for='node' attr.name='relay' attr.type='boolean'/>\n"     // 3
         "<key id='b' for='edge' attr.name='bandwidth' attr.type='string'/>\n"  // 4
         "<key id='l' for='edge' attr.name='latency' attr.type='string'/>\n"    // 5
         "<key id='i' for='edge' attr.name='bandwidth_bytes_per_second' attr.type='int'/>\n"
         "<key id='p' for='edge' attr.name='latency_picoseconds' attr.type='long'/>\n"
         "<key id='x' for='edge' attr.name='latncy' attr.type='double'/>\n"    // 8
         "<key id='g' for='graph' attr.name='lattice' attr.type='string'/>\n"  // 9
         "<graph " +
         graph +
         ">\n"                                             // 10
         "<node id='a'><data key='k'>gpu</data></node>\n"  // 11
         "<node id='b'><data key='k'>gpu</data><data key='r'>true</data></node>\n" +
         edges +
         "</graph>\n"
         "</graphml>\n";
}

const std::string good_edges =
    "<edge source='a' target='b'><data key='b'>400 Gbps</data><data key='l'>500 ns</data></edge>\n"
    "<edge source='b' target='a'><data key='i'>7</data><data key='p'>3</data></edge>\n";

std::string error_in(const std::string& text) {
  return error_of([&] { return topology::read_graphml("net.graphml", text); });
}

/// The error in an edge of `data`, on line 13, between what is needed besides.
std::string error_in_edge(const std::string& data) {
  return error_in(document("<edge source='a' target='b'>" + data + "</edge>\n" + good_edges));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("graphml: every kind of network comes back equal in everything") {
  for (const std::string text :
       {"ring:5", "torus:3x4,injection=9GB/s", "torus:2x1x3", "mesh:3x4", "hypercube:3",
        "fully-connected:4", "switch:3", "fat-tree:2", "fat-tree:4,levels=3", "bigraph:2x4",
        "dragonfly:1x2x2", "gpu-cluster:4x2,nodes_per_leaf=2",
        "gpu-cluster:2x4,fabric=leaf-spine,nics=2,scale_up=direct", "gpu-cluster:1x1"}) {
    CAPTURE(text);
    const auto net = built(text);
    const std::string file = topology::write_graphml(net);
    const auto back = topology::read_graphml("net.graphml", file);
    CHECK(described(back) == described(net));
    CHECK(topology::write_graphml(back) == file);
  }
}

TEST_CASE("graphml: no digit of a rate or a time is lost, and no letter of a name") {
  topology::Topology net{"odd <kind> & 'more'"};
  net.add_node({"<a> & \"b\" 'c'", topology::NodeKind::gpu, topology::Relay::yes});
  net.add_node({"\xc3\xa9 \xe2\x86\x92 x", topology::NodeKind::gpu, topology::Relay::no});
  net.add_link(NodeId{0}, NodeId{1},
               {sim::Bandwidth{999'999'999'999'999}, sim::Duration{9'999'999'999'999}});
  net.add_link(NodeId{1}, NodeId{0}, {sim::Bandwidth{1}, sim::Duration{1}});
  net.set_injection(topology::Injection{sim::Bandwidth{123'456'789'012'345}, 7ns, 3});
  net.add_partition({"in & out", {1, -1}});
  net.add_partition({"<all>", {0, 0}});
  const auto back = topology::read_graphml("net.graphml", topology::write_graphml(net));
  CHECK(described(back) == described(net));
}

TEST_CASE("graphml: links keep their order, parallel ones included") {
  topology::Topology net{"custom"};
  net.add_node({"a", topology::NodeKind::gpu, topology::Relay::no});
  net.add_node({"b", topology::NodeKind::gpu, topology::Relay::no});
  for (std::int64_t i = 1; i <= 5; ++i) {
    net.add_link(NodeId{i % 2 == 0 ? 0 : 1}, NodeId{i % 2 == 0 ? 1 : 0}, {sim::Bandwidth{i}, 0ns});
  }
  CHECK(described(topology::read_graphml("f", topology::write_graphml(net))) == described(net));
}

TEST_CASE("graphml: a file by hand may leave out what has a default, and use units") {
  CHECK(described(topology::read_graphml("net.graphml", document(good_edges))) ==
        "kind custom\n"
        "node a gpu ends\n"
        "node b gpu relays\n"
        "link 0 1 50000000000 500000\n"
        "link 1 0 7 3\n");
}

TEST_CASE("graphml: an undirected edge is a link each way") {
  const auto net = topology::read_graphml(
      "net.graphml",
      document("<edge source='a' target='b'><data key='i'>5</data></edge>\n"
               "<edge source='b' target='a' directed='true'><data key='i'>6</data></edge>\n",
               "edgedefault='undirected'"));
  CHECK(
      described(net).ends_with("link 0 1 5 0\n"
                               "link 1 0 5 0\n"
                               "link 1 0 6 0\n"));
}

TEST_CASE("graphml: an edge to a node that is not declared is refused, not invented") {
  CHECK(error_in(document(good_edges + "<edge source='a' target='c'/>\n")) ==
        "net.graphml:15:1: error: an edge leads to 'c', a node that is not declared");
}

TEST_CASE("graphml: keys that are unknown, missing or given twice are refused") {
  CHECK(error_in_edge("<data key='i'>5</data><data key='x'>1</data>") ==
        "net.graphml:13:1: error: edge from 'a' to 'b': unknown key 'latncy'\n"
        "  hint: did you mean 'latency'?");
  CHECK(error_in_edge("<data key='i'>5</data><data key='y'>1</data>").find("not declared") !=
        std::string::npos);
  CHECK(error_in_edge("") ==
        "net.graphml:13:1: error: edge from 'a' to 'b': missing key 'bandwidth_bytes_per_second'");
  CHECK(error_in_edge("<data key='i'>5</data><data key='i'>6</data>") ==
        "net.graphml:13:51: error: the key 'i' is given twice");
  CHECK(error_in_edge("<data key='i'>5</data><data key='b'>5 B/s</data>") ==
        "net.graphml:13:1: error: edge from 'a' to 'b': give 'bandwidth_bytes_per_second' or "
        "'bandwidth', not both");
  CHECK(error_in(replaced(document(good_edges), "<data key='k'>gpu</data>", "")) ==
        "net.graphml:11:1: error: node 'a': missing key 'kind'");
}

TEST_CASE("graphml: values that are no bandwidth, latency or kind are refused") {
  CHECK(error_in_edge("<data key='i'>nan</data>") ==
        "net.graphml:13:1: error: edge from 'a' to 'b': bandwidth_bytes_per_second: expected a "
        "whole number from 1 to 1000000000000000, got 'nan'");
  for (const std::string value :
       {"0", "-1", "1.5", "1e9", "inf", "", "400 Gbps", "010", "0x10", "99999999999999999999"}) {
    CAPTURE(value);
    CHECK(error_in_edge("<data key='i'>" + value + "</data>")
              .starts_with("net.graphml:13:1: error: edge from 'a' to 'b': "
                           "bandwidth_bytes_per_second: expected a whole number"));
  }
  for (const std::string value : {"400", "nan Gbps", "-1 GB/s", "0 B/s", "12GX"}) {
    CAPTURE(value);
    CHECK(error_in_edge("<data key='b'>" + value + "</data>")
              .starts_with("net.graphml:13:1: error: edge from 'a' to 'b': bandwidth: expected a "
                           "bandwidth"));
  }
  CHECK(error_in_edge("<data key='i'>1</data><data key='p'>-1</data>").find("latency_pico") !=
        std::string::npos);
  CHECK(error_in(replaced(document(good_edges), "gpu", "tpu")) ==
        "net.graphml:11:1: error: node 'a': kind: expected gpu, nic or switch, got 'tpu'");
  CHECK(error_in(replaced(document(good_edges), "true", "yes")) ==
        "net.graphml:12:1: error: node 'b': relay: expected true or false, got 'yes'");
}

TEST_CASE("graphml: text that is no GraphML is refused, with the line where one is known") {
  const std::string good = document(good_edges);
  CHECK(error_in("") == "net.graphml:1:1: error: the file is empty");
  CHECK(error_in(" \n") == "net.graphml:1:1: error: the file is empty");
  CHECK(error_in("kind: torus") == "net.graphml:1:1: error: the file holds no <graph>");
  CHECK(error_in("<graphml/>") == "net.graphml:1:11: error: the file holds no <graph>");
  CHECK(error_in("<svg></svg>") == "net.graphml:1:1: error: <svg> is not accepted here");
  CHECK(error_in(std::string{"\0<graphml/>", 11}).find("zero byte") != std::string::npos);
  CHECK(error_in("<!DOCTYPE graphml [<!ENTITY a 'b'>]>" + good) ==
        "net.graphml:1:1: error: a document type is not accepted");
  CHECK(error_in(good.substr(0, good.size() - 12)).find("the file ends inside <graphml>") !=
        std::string::npos);
  CHECK(error_in(replaced(good, "</node>", "</nude>")) ==
        "net.graphml:11:38: error: </nude> closes nothing");
  CHECK(error_in(replaced(good, "source='a'", "source=a")) ==
        "net.graphml:13:1: error: the value of 'source' is not in quotes");
  CHECK(error_in(replaced(good, "source='a' ", "")) ==
        "net.graphml:13:1: error: <edge> has no attribute 'source'");
  CHECK(error_in(replaced(good, "<node id='a'>", "<node>")) ==
        "net.graphml:11:1: error: <node> has no attribute 'id'");
  CHECK(error_in(replaced(good, "'directed'", "'sideways'")) ==
        "net.graphml:10:1: error: edgedefault: expected directed or undirected, got 'sideways'");
}

TEST_CASE("graphml: what would be passed over in silence is refused") {
  const std::string good = document(good_edges);
  CHECK(error_in(replaced(good, "</graph>", "</graph><graph edgedefault='directed'/>")) ==
        "net.graphml:15:9: error: expected one <graph>, found a second");
  CHECK(error_in(replaced(good, "</graph>", "<hyperedge/></graph>")) ==
        "net.graphml:15:1: error: <hyperedge> is not accepted here");
  CHECK(error_in(replaced(good, "</node>", "<node id='c'/></node>")) ==
        "net.graphml:11:38: error: <node> is not accepted inside <node>");
  CHECK(error_in(replaced(good, "node id='b'", "node id='a'")) ==
        "net.graphml:12:1: error: there are two nodes with the id 'a'");
  CHECK(error_in(
            document(good_edges + "<edge source='a' target='a'><data key='i'>1</data></edge>")) ==
        "net.graphml:15:1: error: edge from 'a' to 'a': a link from a node to itself leads "
        "nowhere");
  // Nested deeper than any stack.
  std::string deep;
  for (int i = 0; i < 200'000; ++i) {
    deep += "<graphml>";
  }
  CHECK(error_in(deep).find("<graphml> is not accepted inside <graphml>") != std::string::npos);
}

TEST_CASE("graphml: two nodes of one name, and names that are none, are refused") {
  const std::string file = topology::write_graphml(built("ring:3"));
  CHECK(error_in(replaced(file, ">gpu1<", "><")).ends_with("node 'n1': a name cannot be empty"));
  CHECK(error_in(replaced(file, ">ring<", "><")).ends_with("kind: a name cannot be empty"));
  CHECK(error_in(replaced(file, ">gpu1<", ">gpu0<"))
            .ends_with("error: node 'n1': there are two nodes named 'gpu0'"));
}

TEST_CASE("graphml: GPUs that no path joins are refused, and so is a network without any") {
  CHECK(error_in(document("<edge source='a' target='b'><data key='i'>1</data></edge>")) ==
        "net.graphml:10:1: error: graph: the network falls apart into 2 parts: no path leads from "
        "'b' to 'a'");
  CHECK(error_in("<graphml><graph edgedefault='directed'/></graphml>") ==
        "net.graphml:1:10: error: graph: the network has no GPU");
}

TEST_CASE("graphml: a lattice that the links do not form is refused") {
  const std::string file = topology::write_graphml(built("torus:2x3"));
  CHECK(error_in(replaced(file, ">2x3<", ">3x2<")).find("are neighbours that no cable joins") !=
        std::string::npos);
  CHECK(error_in(replaced(file, ">2x3<", ">2x4<"))
            .find("lattice: '2x4' holds 8 endpoints, there are 6") != std::string::npos);
  CHECK(error_in(replaced(file, ">2x3<", ">2y3<")).find("expected extents") != std::string::npos);
  CHECK(error_in(replaced(file, ">2x3<", ">262144x262144<")) != "no error");
}

TEST_CASE("graphml: a block beyond the number of nodes is refused") {
  const std::string file = topology::write_graphml(built("gpu-cluster:1x2"));
  CHECK(error_in(replaced(file, ">0</data>", ">3</data>"))
            .find("partition0: expected a whole number from -1 to 2, got '3'") !=
        std::string::npos);
}
