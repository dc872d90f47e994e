#include "cli/link_classes.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "cli/network_picture.hpp"
#include "topology/registry.hpp"

using namespace cli;

namespace {

/// Every link carries its share of a second: use 0.25 for all.
LinkLoad quarter_of(const topology::Topology& topology) {
  std::vector<double> bytes;
  for (const topology::Link& link : topology.links()) {
    bytes.push_back(0.25 * static_cast<double>(link.spec.bandwidth.count()));
  }
  return load_of(topology, std::move(bytes), 1);
}

/// "gpu 0 8 per 4; ...": name, level, count and how many a block has, from the top.
std::string nodes_text(const NetworkClasses& classes) {
  std::string out;
  for (const NodeClass& each : classes.nodes) {
    out += each.name + " " + std::to_string(each.level) + " " + std::to_string(each.count) +
           " per " + std::to_string(each.per_block) + "; ";
  }
  return out;
}

std::string links_text(const NetworkClasses& classes) {
  std::string out;
  for (const LinkClass& each : classes.links) {
    out += name_of(classes, each) + " " + std::to_string(each.count) + "; ";
  }
  return out;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t out = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++out;
  }
  return out;
}

}  // namespace

TEST_CASE("link classes: a cluster has GPUs, NICs and NVSwitches in servers, leaves and spines") {
  // Two servers of four GPUs, each with its NIC; four rails, so four leaves, and two spines above
  // them, as many as servers hang on a leaf.
  const auto network = topology::load("test", "gpu-cluster:2x4");
  const NetworkClasses classes = classes_of(network, quarter_of(network));
  CHECK(nodes_text(classes) ==
        "spine 3 2 per 0; leaf 2 4 per 0; nic 1 8 per 4; gpu 0 8 per 4; nvswitch -1 2 per 1; ");
  CHECK(classes.block == "server");
  CHECK(classes.blocks == 2);
  CHECK(
      links_text(classes) ==
      "spine to leaf 8; leaf to spine 8; leaf to nic 8; nic to leaf 8; nic to gpu 8; gpu to nic 8;"
      " gpu to nvswitch 8; nvswitch to gpu 8; ");
  for (const LinkClass& links : classes.links) {
    CHECK(links.mean == doctest::Approx(0.25));
    CHECK(links.most == doctest::Approx(0.25));
  }
}

TEST_CASE("link classes: links among alike nodes go by dimensions, or by blocks") {
  const auto torus = topology::load("test", "torus:4x8");
  CHECK(links_text(classes_of(torus, quarter_of(torus))) ==
        "gpu to gpu, dimension 0 64; gpu to gpu, dimension 1 64; ");
  // Three groups of two routers: one cable inside each, one between every two groups.
  const auto dragonfly = topology::load("test", "dragonfly:1x2x1");
  CHECK(links_text(classes_of(dragonfly, quarter_of(dragonfly))) ==
        "router to router, between groups 6; router to router, within a group 6; "
        "router to gpu 6; gpu to router 6; ");
}

TEST_CASE("link classes: GPUs that stand for others count for them in means, and in bytes") {
  const auto network = topology::load("test", "ring:4");
  std::vector<double> bytes(network.links().size(), 0);
  const auto bandwidth = static_cast<double>(network.links()[0].spec.bandwidth.count());
  bytes[0] = bandwidth / 2;
  LinkLoad load = load_of(network, std::move(bytes), 1);
  load.share = 0.5;
  const NetworkClasses classes = classes_of(network, load);
  REQUIRE(classes.links.size() == 1);
  // Half of one link of eight, which half of the GPUs used: as much again by the other half.
  CHECK(classes.links[0].mean == doctest::Approx(2 * 0.5 / 8));
  CHECK(classes.links[0].bytes == doctest::Approx(bandwidth));
  CHECK(classes.links[0].most == doctest::Approx(0.5));
}

TEST_CASE("network picture: colours go to the first round number that is not exceeded") {
  CHECK(colour_scale(0) == 0.01);
  CHECK(colour_scale(0.05) == 0.05);
  CHECK(colour_scale(0.051) == 0.1);
  CHECK(colour_scale(0.7) == 1);
  CHECK(load_class(0, 0.5) == "load0");
  CHECK(load_class(0.26, 0.5) == "load5");
  CHECK(load_class(0.5, 0.5) == "load9");
  CHECK(load_class(7, 0.5) == "load9");  // on an ideal network there may be more than fits
}

TEST_CASE("network picture: small networks have every node and every cable, large ones classes") {
  const auto torus = topology::load("test", "torus:4x4");
  CHECK(is_small(torus));
  const std::string grid = draw_all(torus, quarter_of(torus), 0.5);
  CHECK(occurrences(grid, "class=\"node gpu\"") == 16);
  // 24 cables inside the grid, and 8 that close it, of which both ends are drawn.
  CHECK(occurrences(grid, "<line ") == 24 + 16);
  const auto cluster = topology::load("test", "gpu-cluster:2x4");
  CHECK(occurrences(draw_all(cluster, quarter_of(cluster), 0.5), "<line ") == 8 + 8 + 8 + 8);
  const auto large = topology::load("test", "gpu-cluster:64x8");
  CHECK(!is_small(large));
  CHECK(!is_small(topology::load("test", "ring:64")));
  const std::string summary = draw_classes(large, classes_of(large, quarter_of(large)), 0.5);
  CHECK(occurrences(summary, "<line ") == 8);
  CHECK(summary.find("64 \u00d7 8 gpu<") != std::string::npos);
}
