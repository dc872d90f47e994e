#include "topology/spec.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using namespace sim::literals;
using topology_test::error_of;

namespace {

std::vector<std::int32_t> shape(const std::string& text) {
  return topology::read_shape(sim::ConfigNode::scalar("shape", text), 1, 6);
}

topology::LinkSpec link(const std::string& text) {
  return topology::read_link(sim::ConfigNode::scalar("link", text));
}

sim::ConfigNode spec(const std::string& text) {
  return topology::spec_from_text("--topology", text);
}

}  // namespace

TEST_CASE("spec: the short form is a shape, then keys whose values may hold commas") {
  const sim::ConfigNode node = spec("fat-tree:8x4, link=16GB/s,150ns,levels=2");
  CHECK(node.keys() == std::vector<std::string>{"kind", "shape", "link", "levels"});
  CHECK(node.at("kind").text() == "fat-tree");
  CHECK(node.at("shape").text() == "8x4");
  CHECK(node.at("link").text() == "16GB/s,150ns");
  CHECK(spec("ring").keys() == std::vector<std::string>{"kind"});
  CHECK(spec("ring:link=1GB/s").keys() == std::vector<std::string>{"kind", "link"});
}

TEST_CASE("spec: a second value without a key is refused") {
  CHECK(error_of([] { return spec("torus:8,8"); }) ==
        "--topology: error: expected key=value after the shape, got '8' in 'torus:8,8'");
}

TEST_CASE("spec: a key given twice is refused") {
  CHECK(error_of([] {
          return spec("torus:8,link=1GB/s,link=2GB/s");
        }).find("the key 'link' is given twice") != std::string::npos);
}

TEST_CASE("spec: a shape is extents with an x between them") {
  CHECK(shape("8") == std::vector{8});
  CHECK(shape("8x4 x 2") == std::vector{8, 4, 2});
  CHECK(shape("1x262144") == std::vector{1, 262'144});
}

TEST_CASE("spec: a shape that is none is refused, with what it should look like") {
  CHECK(error_of([] { return shape("8x"); }) ==
        "shape:1:1: error: expected extents from 1 to 262144, got '' in '8x'\n"
        "    1 | 8x\n"
        "      | ^\n"
        "  hint: write the extents with an x between: '8x8'");
  for (const std::string text : {"0", "-8", "8x0", "8*8", "8X8", "8.0", "08", "x", "8xx8", "nan",
                                 "262145", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK(error_of([&] { return shape(text); }).find("expected extents") != std::string::npos);
  }
  CHECK(error_of([] {
          return shape("2x2x2x2x2x2x2");
        }).starts_with("shape:1:1: error: expected a shape of 1 to 6 extents, got"));
  CHECK(error_of([] {
          return topology::read_shape(sim::ConfigNode::scalar("shape", "8x8"), 1, 1);
        }).starts_with("shape:1:1: error: expected a shape of 1 extent, got '8x8'"));
}

TEST_CASE("spec: a shape with too many endpoints says how many there would be") {
  CHECK(error_of([] { return shape("1000x1000"); })
            .starts_with("shape:1:1: error: '1000x1000' would have 1000000 endpoints; at most "
                         "262144 are built"));
  // 2^18 * 2^18 * 2^18 = 2^54; a fourth factor is not multiplied any more.
  CHECK(error_of([] {
          return shape("262144x262144x262144x262144");
        }).find("would have at least 18014398509481984 endpoints") != std::string::npos);
}

TEST_CASE("spec: a link is a bandwidth with or without a latency, as text or as a mapping") {
  CHECK(link("16GB/s,150ns") == topology::LinkSpec{16_GBps, 150ns});
  CHECK(link("100 Gbps") == topology::LinkSpec{100_Gbps, 0ns});
  CHECK(topology::read_link(sim::ConfigNode::parse("f", "{bandwidth: 1 GB/s, latency: 1 us}")) ==
        topology::LinkSpec{1_GBps, 1us});
  CHECK(topology::read_link(sim::ConfigNode::parse("f", "{bandwidth: 1 GB/s}")) ==
        topology::LinkSpec{1_GBps, 0ns});
}

TEST_CASE("spec: a link without a unit, of nothing, or of negative latency is refused") {
  for (const std::string text : {"400", "16GB/s,150", "0 GB/s", "-1 GB/s", "nan GB/s", "inf GB/s",
                                 "1GB/s,-1ns", ",", "", "1GB/s,1ns,1ns", "1GB/s,"}) {
    CAPTURE(text);
    CHECK(error_of([&] { return link(text); }) != "no error");
  }
}

TEST_CASE("spec: a name is what every format gives back unchanged") {
  for (const std::string good : {"gpu0", "node0.gpu3", "a b", "<&>'\"", "\xc3\xa9"}) {
    CAPTURE(good);
    CHECK(topology::name_problem(good).empty());
  }
  CHECK(topology::name_problem("") == "a name cannot be empty");
  CHECK(topology::name_problem(" a") == "a name does not begin or end with a space");
  CHECK(topology::name_problem("a ") == "a name does not begin or end with a space");
  CHECK(topology::name_problem("a  b") == "a name has no two spaces in a row");
  CHECK(topology::name_problem("a\nb") == "a name has no control characters");
  CHECK(topology::name_problem(std::string(201, 'a')) == "a name has at most 200 bytes");
}
