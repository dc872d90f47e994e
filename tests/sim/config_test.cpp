#include "sim/config.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"

namespace {

std::string error_of(const auto& read) {
  try {
    read();
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

std::string parse_error(const std::string& text) {
  return error_of([&] { static_cast<void>(sim::ConfigNode::parse("dgx.yaml", text)); });
}

}  // namespace

TEST_CASE("config: a value that is left out, or null, is empty") {
  const sim::ConfigNode node =
      sim::ConfigNode::parse("f.json", R"({"a": null, "b": "null", "c": 0})");
  CHECK(node.at("a").is_empty());
  CHECK(!node.at("b").is_empty());
  CHECK(!node.at("c").is_empty());
  CHECK(sim::ConfigNode::parse("f.yaml", "a:\nb: 1").at("a").is_empty());
}

TEST_CASE("config: a bandwidth without a unit is refused, with place, key and hint") {
  const auto node = sim::ConfigNode::parse("dgx.yaml", "links:\n  bandwidth: 400\n");
  CHECK(error_of([&] { static_cast<void>(node.at("links").at("bandwidth").bandwidth()); }) ==
        "dgx.yaml:2:14: error: links.bandwidth: expected a bandwidth, got '400', a number without "
        "a unit\n"
        "    2 |   bandwidth: 400\n"
        "      |              ^\n"
        "  hint: write a unit: '400 Gbps' (bits) or '50 GB/s' (bytes)");
}

TEST_CASE("config: a misspelt key is refused, with the nearest right one") {
  const auto node = sim::ConfigNode::parse("dgx.yaml", "bandwith: 400 Gbps\n");
  CHECK(error_of([&] { node.expect_keys({"bandwidth", "latency"}); }) ==
        "dgx.yaml:1:1: error: unknown key 'bandwith'\n"
        "    1 | bandwith: 400 Gbps\n"
        "      | ^\n"
        "  hint: did you mean 'bandwidth'?");
}

TEST_CASE("config: what yaml-cpp would take in silence is refused") {
  CHECK(parse_error("latency: 1us\nlatency: 2us\n")
            .starts_with("dgx.yaml:2:1: error: the key 'latency' is given twice"));
  CHECK(parse_error("a: &x [*x]\n").starts_with("dgx.yaml:1:4: error: anchors are not accepted"));
  CHECK(parse_error("a: &x 1\nb: *x\n").starts_with("dgx.yaml:1:4: error: anchors"));
  CHECK(parse_error("a: !!binary aGk=\n").find("the tag") != std::string::npos);
  CHECK(parse_error("a: 1\n---\nb: 2\n").find("found a second") != std::string::npos);
  CHECK(parse_error("? [1, 2]\n: 3\n").find("a key must be a plain word") != std::string::npos);
  CHECK(parse_error("a: [1, 2\nb: 3\n").starts_with("dgx.yaml:2:2: error: "));
}

TEST_CASE("config: an empty file, and a bomb of aliases or brackets, are refused at once") {
  CHECK(parse_error("") == "dgx.yaml:1:1: error: the file is empty");
  CHECK(parse_error("# nothing\n") == "dgx.yaml:1:1: error: the file is empty");
  std::string bomb = "a: &a [x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string{c} + ": &" + c + " [*" + before + ",*" + before + "]\n";
  }
  CHECK(parse_error(bomb).starts_with("dgx.yaml:1:4: error: anchors are not accepted"));
  CHECK(parse_error(std::string(100, '[')).find("nested deeper than 64") != std::string::npos);
}

TEST_CASE("config: a key without a value is reported at the key") {
  const auto node = sim::ConfigNode::parse("dgx.yaml", "shape:\nlink: 1GB/s\n");
  CHECK(error_of([&] {
          static_cast<void>(node.at("shape").text());
        }).starts_with("dgx.yaml:1:1: error: shape: expected a value, found nothing"));
}

TEST_CASE("config: a choice that does not exist brings the nearest, or all") {
  constexpr std::array<std::string_view, 3> names{"ring", "torus", "mesh"};
  const auto node = sim::ConfigNode::parse("f", "a: trous\nb: hypercube\n");
  CHECK(error_of([&] {
          static_cast<void>(node.at("a").choice(names, "topology"));
        }).ends_with("hint: did you mean 'torus'?"));
  CHECK(error_of([&] {
          static_cast<void>(node.at("b").choice(names, "topology"));
        }).ends_with("hint: choose one of: ring, torus, mesh"));
}

TEST_CASE("config: an override replaces or adds a value, and is named when it is wrong") {
  const auto node = sim::ConfigNode::parse("f", "a: {b: 1 GB/s, c: 2}\n");
  const auto changed = node.with("a.b", "--set", "fast").with("a.d.e", "--set", "7");
  CHECK(changed.at("a").at("c").integer(0, 9) == 2);
  CHECK(changed.at("a").at("d").at("e").integer(0, 9) == 7);
  CHECK(node.at("a").keys().size() == 2);  // the original is as it was
  CHECK(error_of([&] {
          static_cast<void>(changed.at("a").at("b").bandwidth());
        }).starts_with("--set:1:1: error: a.b: expected a bandwidth, got 'fast'"));
  CHECK(error_of([&] {
          static_cast<void>(node.with("a.b.c", "--set", "1"));
        }).find("no mapping to put 'c' in") != std::string::npos);
}

TEST_CASE("config: layout and comments do not change the canonical form, order of keys neither") {
  const auto a = sim::ConfigNode::parse("f", "{x: 1, y: [a, b]}");
  const auto b = sim::ConfigNode::parse("g", "y:  # why\n  - a\n  - b\nx: 1\n");
  const auto c = sim::ConfigNode::parse("h", "{x: 1, y: ['a, b']}");
  CHECK(a.canonical() == b.canonical());
  CHECK(a.canonical() != c.canonical());
}

TEST_CASE("config: whatever the file says, only an Error comes out") {
  const std::string good = "links: {bandwidth: 400 Gbps}\nname: [a, b]\ncount: 12\n";
  std::mt19937 random{1};  // the raw engine is the same on every machine; the distributions are not
  for (int round = 0; round < 5000; ++round) {
    std::string text = good;
    for (int edits = 0; edits < 3; ++edits) {
      text[random() % text.size()] =
          static_cast<char>(random() % 10 == 0 ? random() % 256 : ' ' + random() % 95);
    }
    CAPTURE(text);
    try {
      const auto node = sim::ConfigNode::parse("fuzz.yaml", text);
      node.expect_keys({"links", "name", "count"});
      static_cast<void>(node.at("links").at("bandwidth").bandwidth());
      static_cast<void>(node.at("count").integer(0, 100));
      static_cast<void>(node.at("name").items());
    } catch (const sim::Error&) {
    }
  }
}
