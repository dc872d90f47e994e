// Whatever stands in a file, reading it gives a topology or a sim::Error.

#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/topology/support.hpp"
#include "topology/dot.hpp"
#include "topology/graphml.hpp"
#include "topology/registry.hpp"

namespace {

constexpr int rounds = 2000;

/// `text` with one to three bytes or stretches changed, removed, repeated or put elsewhere.
std::string mutated(std::string text, std::mt19937& random) {
  constexpr std::string_view alphabet = "<>/='\"&;:{}[],-0159xn a#!?|\n\t\x80\x01";
  const std::size_t changes = 1 + (random() % 3);
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    const std::size_t length = 1 + (random() % 12);
    switch (random() % 5) {
      case 0:
        text[at] = alphabet[random() % alphabet.size()];
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, 1, alphabet[random() % alphabet.size()]);
        break;
      case 3:
        text.insert(random() % text.size(), text.substr(at, length * 8));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

struct Outcome {
  int built = 0;
  int refused = 0;
};

/// Reads `rounds` mutants of `text`; any other exception fails the test.
Outcome outcome_of(const std::string& text, unsigned seed, const auto& read) {
  std::mt19937 random{seed};
  Outcome outcome;
  for (int round = 0; round < rounds; ++round) {
    const std::string mutant = mutated(text, random);
    try {
      const topology::Topology net = read(mutant);
      // What was accepted can be written, too, and read again.
      CHECK(!write_dot(net, {}).empty());
      const auto back = topology::read_graphml("back.graphml", topology::write_graphml(net));
      CHECK(topology_test::described(back) == topology_test::described(net));
      ++outcome.built;
    } catch (const sim::Error&) {
      ++outcome.refused;
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("fuzz: a damaged custom network is read or refused, never anything else") {
  const std::string yaml = R"(kind: custom
nodes:
  - { name: a, kind: gpu }
  - { name: b, kind: gpu, relay: true }
  - { name: n, kind: nic }
  - { name: s, kind: switch, relay: true }
links:
  - { from: a, to: n, bandwidth: 50 GB/s, latency: 500 ns, count: 2 }
  - { from: n, to: s, bandwidth: 400 Gbps, latency: 1 us, direction: both }
  - { from: s, to: b, bandwidth: 400 Gbps, direction: one }
  - { from: b, to: a, bandwidth: 1 GiB/s, direction: one }
injection: 60 GB/s
partitions:
  - { name: server, blocks: [[a, n], [b]] }
)";
  const Outcome outcome = outcome_of(yaml, 1, topology_test::built_from_yaml);
  CHECK(outcome.built > 20);
  CHECK(outcome.refused > 1000);
}

TEST_CASE("fuzz: a damaged GraphML file is read or refused, never anything else") {
  for (const std::string text : {"torus:2x3,injection=1GB/s", "gpu-cluster:2x2"}) {
    CAPTURE(text);
    const std::string file = topology::write_graphml(topology_test::built(text));
    const Outcome outcome = outcome_of(
        file, 2, [](const std::string& mutant) { return topology::read_graphml("f", mutant); });
    CHECK(outcome.built > 20);
    CHECK(outcome.refused > 1000);
  }
}

TEST_CASE("fuzz: a damaged short form is built or refused, never anything else") {
  for (const std::string text : {"torus:8x8,link=16GB/s,150ns", "fat-tree:4,levels=3",
                                 "dragonfly:2x4x2,groups=5", "gpu-cluster:4x4,nics=2"}) {
    CAPTURE(text);
    std::mt19937 random{3};
    for (int round = 0; round < rounds / 4; ++round) {
      const std::string mutant = mutated(text, random);
      if (mutant.size() > 40) {
        continue;  // repeated digits: legal, and large
      }
      try {
        static_cast<void>(topology::load("--topology", mutant));
      } catch (const sim::Error&) {
        continue;
      }
    }
  }
}
