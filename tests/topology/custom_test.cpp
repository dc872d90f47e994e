#include "topology/custom.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology_test::built_from_yaml;
using topology_test::error_of;

namespace {

const std::string nodes = R"(kind: custom
nodes:
  - { name: a, kind: gpu }
  - { name: sw, kind: switch }
  - { name: b, kind: gpu, relay: true }
)";

const std::string links = R"(links:
  - { from: a, to: sw, bandwidth: 50 GB/s, latency: 500 ns, count: 2 }
  - { from: sw, to: b, bandwidth: 400 Gbps }
  - { from: b, to: a, bandwidth: 1 GB/s, direction: one }
)";

std::string error_in(const std::string& yaml) {
  return error_of([&] { return built_from_yaml(yaml); });
}

}  // namespace

TEST_CASE("custom: nodes and links are as written, in the order written") {
  const auto net = built_from_yaml(nodes + links +
                                   "injection: 9 GB/s\n"
                                   "partitions:\n"
                                   "  - { name: rack, blocks: [[b], [a, sw]] }\n");
  CHECK(topology_test::described(net) ==
        "kind custom\n"
        "node a gpu ends\n"
        "node sw switch relays\n"
        "node b gpu relays\n"
        "link 0 1 50000000000 500000\n"
        "link 1 0 50000000000 500000\n"
        "link 0 1 50000000000 500000\n"
        "link 1 0 50000000000 500000\n"
        "link 1 2 50000000000 0\n"
        "link 2 1 50000000000 0\n"
        "link 2 0 1000000000 0\n"
        "injection 9000000000 0 1\n"
        "partition rack [1, 1, 0]\n");
}

TEST_CASE("custom: NICs and switches relay unless told otherwise") {
  CHECK(error_in("kind: custom\n"
                 "nodes:\n"
                 "  - { name: a, kind: gpu }\n"
                 "  - { name: n, kind: nic, relay: false }\n"
                 "  - { name: b, kind: gpu }\n"
                 "links:\n"
                 "  - { from: a, to: n, bandwidth: 1 GB/s }\n"
                 "  - { from: n, to: b, bandwidth: 1 GB/s }\n")
            .starts_with("net.yaml:1:1: error: the network falls apart into 2 parts: no path leads "
                         "from 'a' to 'b'"));
}

TEST_CASE("custom: a network that falls apart is refused, with a pair that no path joins") {
  CHECK(error_in(nodes + "links:\n  - { from: a, to: sw, bandwidth: 1 GB/s }\n") ==
        "net.yaml:1:1: error: the network falls apart into 2 parts: no path leads from 'a' to 'b'\n"
        "    1 | kind: custom\n"
        "      | ^\n"
        "  hint: every GPU must reach every other through links and nodes that relay");
}

TEST_CASE("custom: a network without a GPU is refused") {
  CHECK(error_in("kind: custom\nnodes: []\n")
            .starts_with("net.yaml:1:1: error: the network has no GPU"));
}

TEST_CASE("custom: two nodes of one name are refused") {
  CHECK(error_in(nodes + "  - { name: a, kind: nic }\n" + links) ==
        "net.yaml:6:13: error: nodes[3].name: there are two nodes named 'a'\n"
        "    6 |   - { name: a, kind: nic }\n"
        "      |             ^");
}

TEST_CASE("custom: a link to an unknown node is refused, with the nearest name") {
  CHECK(error_in(nodes + "links:\n  - { from: a, to: sv, bandwidth: 1 GB/s }\n") ==
        "net.yaml:7:20: error: links[0].to: there is no node named 'sv'\n"
        "    7 |   - { from: a, to: sv, bandwidth: 1 GB/s }\n"
        "      |                    ^\n"
        "  hint: did you mean 'sw'?");
  CHECK(error_in(nodes + "links:\n  - { from: elsewhere, to: sw, bandwidth: 1 GB/s }\n")
            .find("hint: nodes are named under 'nodes'") != std::string::npos);
}

TEST_CASE("custom: a link from a node to itself is refused") {
  CHECK(error_in(nodes + "links:\n  - { from: a, to: a, bandwidth: 1 GB/s }\n") ==
        "net.yaml:7:20: error: links[0].to: a link from 'a' to itself leads nowhere\n"
        "    7 |   - { from: a, to: a, bandwidth: 1 GB/s }\n"
        "      |                    ^");
}

TEST_CASE("custom: words and numbers that are none are refused where they stand") {
  CHECK(error_in("kind: custom\nnodes:\n  - { name: a, kind: gpus }\n") ==
        "net.yaml:3:22: error: nodes[0].kind: unknown kind of node 'gpus'\n"
        "    3 |   - { name: a, kind: gpus }\n"
        "      |                      ^\n"
        "  hint: did you mean 'gpu'?");
  CHECK(error_in("kind: custom\nnodes:\n  - { name: ' a', kind: gpu }\n")
            .find("a name does not begin or end with a space") != std::string::npos);
  for (const std::string link : {"{ from: a, to: sw }", "{ from: a, to: sw, bandwidth: 400 }",
                                 "{ from: a, to: sw, bandwidth: 1 GB/s, latency: -1 ns }",
                                 "{ from: a, to: sw, bandwidth: 1 GB/s, count: 0 }",
                                 "{ from: a, to: sw, bandwidth: 1 GB/s, direction: up }",
                                 "{ from: a, to: sw, bandwidth: 1 GB/s, latncy: 1 ns }"}) {
    CAPTURE(link);
    CHECK(error_in(nodes + "links:\n  - " + link + "\n").starts_with("net.yaml:7:"));
  }
}

TEST_CASE("custom: too many links are refused before they are made") {
  // 300 times 65536 cables: the 129th would go past 2^24 links.
  std::string yaml = nodes + "links:\n";
  for (int i = 0; i < 300; ++i) {
    yaml += "  - { from: a, to: sw, bandwidth: 1 GB/s, count: 65536 }\n";
  }
  CHECK(error_in(yaml).starts_with(
      "net.yaml:135:5: error: links[128]: there would be 16908288 links; at most 16777216"));
}

TEST_CASE("custom: partitions name nodes, each at most once") {
  const auto error = [](const std::string& partitions) {
    return error_in(nodes + links + "partitions:\n" + partitions);
  };
  CHECK(error("  - { name: rack, blocks: [[a], [a]] }\n")
            .find("partitions[0].blocks[1][0]: 'a' is already in a block of 'rack'") !=
        std::string::npos);
  CHECK(error("  - { name: rack, blocks: [[x]] }\n").find("there is no node named 'x'") !=
        std::string::npos);
  CHECK(error("  - { name: rack, blocks: [] }\n  - { name: rack, blocks: [] }\n")
            .find("there are two partitions named 'rack'") != std::string::npos);
  std::string many;
  for (int i = 0; i < 17; ++i) {
    many += "  - { name: p" + std::to_string(i) + ", blocks: [] }\n";
  }
  CHECK(error(many).find("there are more than 16 partitions") != std::string::npos);
}
