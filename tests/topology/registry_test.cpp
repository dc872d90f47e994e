#include "topology/registry.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/cli/scratch_directory.hpp"
#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology_test::built;
using topology_test::error_of;

TEST_CASE("registry: every kind builds from its example, under its own name") {
  for (const topology::Kind& kind : topology::kinds()) {
    CAPTURE(kind.name);
    if (kind.name == "custom") {
      continue;  // only a file can list nodes
    }
    const bool is_file = topology::names_file(kind.example);
    const auto net = built((is_file ? std::string{SOURCE_DIR} + "/configs/topologies/" : "") +
                           std::string{kind.example});
    CHECK(net.kind() == kind.name);
    CHECK(topology_test::goes_both_ways(net));
    // Ranks are node ids, and names are unique.
    for (std::size_t i = 0; i < net.endpoints().size(); ++i) {
      CHECK(topology::index(net.endpoints()[i]) == i);
    }
    std::vector<std::string> names;
    std::ranges::transform(net.nodes(), std::back_inserter(names), &topology::Node::name);
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
  }
}

TEST_CASE("registry: an unknown kind is refused, with the nearest one") {
  CHECK(error_of([] { return topology_test::built_from_yaml("kind: tours\n"); }) ==
        "net.yaml:1:7: error: kind: unknown topology 'tours'\n"
        "    1 | kind: tours\n"
        "      |       ^\n"
        "  hint: did you mean 'torus'?");
}

TEST_CASE("registry: an unknown key is refused, with the nearest one") {
  CHECK(error_of([] { return topology_test::built_from_yaml("kind: torus\nshpe: 8x8\n"); }) ==
        "net.yaml:2:1: error: unknown key 'shpe'\n"
        "    2 | shpe: 8x8\n"
        "      | ^\n"
        "  hint: did you mean 'shape'?");
}

TEST_CASE("registry: a YAML file is the description, or has it under `topology`") {
  const cli::ScratchDirectory directory;
  const std::string bare = directory.path() / "bare.yaml";
  const std::string nested = directory.path() / "nested.yml";
  std::ofstream{bare} << "kind: ring\nshape: 4\n";
  std::ofstream{nested} << "topology:\n  kind: ring\n  shape: 4\n";
  CHECK(built(bare).summary() == "ring of 4 GPUs, 8 links");
  CHECK(built(nested).summary() == "ring of 4 GPUs, 8 links");
}

TEST_CASE("registry: --link takes the place of the link, but not in a GraphML file") {
  const auto net = topology::load("--topology", "ring:4,link=1GB/s",
                                  sim::ConfigNode::scalar("--link", "2GB/s,3us"));
  CHECK(net.links().front().spec == topology::LinkSpec{2_GBps, 3us});
  CHECK(error_of([] {
          return topology::load("--topology", "net.graphml",
                                sim::ConfigNode::scalar("--link", "2GB/s"));
        }) ==
        "--link:1:1: error: a GraphML file brings its own links; this would change nothing\n"
        "    1 | 2GB/s\n"
        "      | ^");
  CHECK(error_of([] {
          return topology::load("--topology", "gpu-cluster:2x2",
                                sim::ConfigNode::scalar("--link", "2GB/s"));
        }).find("unknown key 'link'") != std::string::npos);
}

TEST_CASE("registry: a file that is not there is refused by name") {
  CHECK(error_of([] { return built("missing.graphml"); }).starts_with("missing.graphml: error: "));
  CHECK(error_of([] { return built("missing.yaml"); }).starts_with("missing.yaml: error: "));
}
