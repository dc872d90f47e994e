#include "topology/channel_layers.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"
#include "topology/routes.hpp"

namespace {

using Lanes = std::vector<std::vector<sim::Hop>>;

std::vector<std::uint8_t> layers(const Lanes& lanes) {
  topology::ChannelLayers all{64, 255};
  std::vector<std::uint8_t> out;
  for (const auto& hops : lanes) {
    std::vector<topology::Wait> waits;
    for (std::size_t i = 0; i + 2 < hops.size(); ++i) {
      waits.push_back({hops[i], hops[i + 1]});
    }
    out.push_back(all.place(waits));
  }
  return out;
}

/// The slow way: does a walk along the waits of these lanes ever come back?
bool has_circle(const Lanes& lanes) {
  using Channel = std::pair<std::uint32_t, std::uint8_t>;
  std::map<Channel, std::set<Channel>> waits;
  for (const auto& hops : lanes) {
    for (std::size_t i = 0; i + 2 < hops.size(); ++i) {
      waits[{hops[i].link, hops[i].channel_class}].insert(
          {hops[i + 1].link, hops[i + 1].channel_class});
    }
  }
  std::set<Channel> open;
  std::set<Channel> done;
  const std::function<bool(Channel)> visit = [&](Channel at) {
    if (open.contains(at)) {
      return true;
    }
    if (!done.insert(at).second) {
      return false;
    }
    open.insert(at);
    for (const Channel& next : waits[at]) {
      if (visit(next)) {
        return true;
      }
    }
    open.erase(at);
    return false;
  };
  for (const auto& [from, to] : std::map{waits}) {
    if (visit(from)) {
      return true;
    }
  }
  return false;
}

std::vector<sim::Hop> way(const std::vector<std::uint32_t>& links) {
  std::vector<sim::Hop> hops;
  for (const std::uint32_t link : links) {
    hops.push_back({link, 1.0});
  }
  return hops;
}

/// All pairs of a network's endpoints, as `lower` routes them.
Lanes all_pairs(const topology::Topology& net, topology::Circles circles) {
  std::vector<topology::LaneRequest> requests;
  for (const auto from : net.endpoints()) {
    for (const auto to : net.endpoints()) {
      if (from != to) {
        requests.push_back({.from = from, .to = to});
      }
    }
  }
  const auto fabric = topology::lower(net, {.circles = circles}, requests);
  Lanes lanes(requests.size());
  for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
    for (auto hop = fabric.hops_begin(sim::Lane{lane}); hop < fabric.hops_end(sim::Lane{lane});
         ++hop) {
      lanes[lane].push_back({fabric.hop_link(hop), 1.0, fabric.hop_class(hop)});
    }
  }
  return lanes;
}

}  // namespace

TEST_CASE(
    "layers: around a ring of four links the lane that closes the circle gets another layer") {
  // Each lane crosses three links; behind its last one it waits for nothing.
  const Lanes lanes{way({0, 1, 2}), way({1, 2, 3}), way({2, 3, 0}), way({3, 0, 1})};
  CHECK(has_circle(lanes));
  CHECK(layers(lanes) == std::vector<std::uint8_t>{0, 0, 0, 1});
}

TEST_CASE("layers: two hops never wait for each other") {
  CHECK(layers({way({0, 1}), way({1, 0})}) == std::vector<std::uint8_t>{0, 0});
}

TEST_CASE("layers: trees and dimension order have no circle to begin with") {
  for (const std::string name : {"fat-tree:4", "fat-tree:4,levels=3", "switch:5", "gpu-cluster:4x4",
                                 "mesh:4x4", "torus:5x5"}) {
    CAPTURE(name);
    CHECK(!has_circle(all_pairs(topology_test::built(name), topology::Circles::possible)));
    CHECK(!has_circle(all_pairs(topology_test::built(name), topology::Circles::avoided)));
  }
}

TEST_CASE("layers: no circle is left on any network") {
  for (const std::string name :
       {"dragonfly:2x4x2", "bigraph:2x4", "hypercube:3", "ring:7", "fully-connected:5"}) {
    CAPTURE(name);
    CHECK(!has_circle(all_pairs(topology_test::built(name), topology::Circles::avoided)));
  }
  std::mt19937 random{2};
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    Lanes lanes(1 + random() % 30);
    const auto links = static_cast<std::uint32_t>(2 + random() % 12);
    for (auto& hops : lanes) {
      std::set<std::uint32_t> used;
      const std::size_t length = 1 + random() % 6;
      while (hops.size() < length) {
        const auto link = static_cast<std::uint32_t>(random() % links);
        if (!used.insert(link).second) {
          break;
        }
        hops.push_back({link, 1.0, static_cast<std::uint8_t>(random() % 2)});
      }
    }
    const auto layer = layers(lanes);
    for (std::uint8_t number = 0; number <= *std::ranges::max_element(layer); ++number) {
      Lanes of_layer;
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        if (layer[lane] == number) {
          of_layer.push_back(lanes[lane]);
        }
      }
      REQUIRE(!has_circle(of_layer));
    }
  }
}
