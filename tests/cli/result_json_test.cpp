#include "cli/result_json.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/comparison_sample.hpp"

namespace cli {

using namespace sim::literals;
using Json = nlohmann::ordered_json;

TEST_CASE("json: everything that was asked and found, and where it comes from") {
  const std::string text = to_json(sample({1_MiB, 4_MiB}), Links::left_out);
  CHECK(text.ends_with("}\n"));
  const Json json = Json::parse(text);
  CHECK(json.at("schema_version") == 1);
  CHECK(json.at("version") == "0.1.0");
  CHECK(json.at("seed") == 7);
  CHECK(json.at("scenario_hash") == "0123456789abcdef");
  CHECK(json.at("profile") == Json{{"name", "none: as given"}, {"provenance", "none"}});
  CHECK(json.at("collective") == "all-reduce");
  CHECK(json.at("topology") == "ring:2");
  CHECK(json.at("ranks") == 2);
  CHECK(json.at("network") == "flow");
  CHECK(json.at("routing") == "shortest");
  REQUIRE(json.at("results").size() == 4);
  const Json& row = json.at("results").at(1);
  CHECK(row.at("algorithm") == "multitree");
  CHECK(row.at("bytes") == 1048576);
  CHECK(row.at("time_s") == 1.25 / 1048576);
  CHECK(row.at("speedup") == 1.6);
  CHECK(row.at("lower_bound_s") == 1.0 / 1048576);
  CHECK(row.at("above_lower_bound") == 1.25);
  CHECK(row.at("busiest_link") == "gpu0 -> gpu1");
  CHECK(row.at("messages") == 4);
  CHECK_FALSE(row.contains("links"));
}

TEST_CASE("json: doubles read back as they were") {
  Comparison comparison = sample({1_MiB});
  const std::vector<double> hard{0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 2.229e-3};
  for (const double value : hard) {
    comparison.rows[0].time_s = value;
    const Json json = Json::parse(to_json(comparison, Links::left_out));
    CHECK(json.at("results").at(0).at("time_s").get<double>() == value);
  }
}

TEST_CASE("json: the use of every link, in order, when it is asked for") {
  const Json json = Json::parse(to_json(sample({1_MiB}), Links::listed));
  const Json& links = json.at("results").at(0).at("links");
  REQUIRE(links.size() == 2);
  CHECK(links.at(0) == Json{{"from", "gpu0"},
                            {"to", "gpu1"},
                            {"bandwidth_Bps", 1'099'511'627'776},
                            {"bytes", 1048576.0},
                            {"busy_s", 2.0 / 1048576},
                            {"utilisation", 0.5}});
  CHECK(links.at(1).at("bytes") == 0.0);
}

TEST_CASE("json: a file name that is no text does not break the document") {
  Comparison comparison = sample({});
  comparison.topology = "\xff\"\n.yaml";
  const Json json = Json::parse(to_json(comparison, Links::listed));
  CHECK(json.at("topology") == "\xef\xbf\xbd\"\n.yaml");  // the replacement character
  CHECK(json.at("results").is_array());
}

}  // namespace cli
