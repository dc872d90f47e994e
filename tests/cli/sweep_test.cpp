#include "cli/sweep.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/sweep_axes.hpp"
#include "cli/sweep_journal.hpp"
#include "cli/sweep_results.hpp"
#include "sim/error.hpp"
#include "tests/cli/mutated.hpp"
#include "tests/cli/scratch_directory.hpp"

using namespace cli;

namespace {

using Texts = std::vector<std::string>;

Texts values_of(const std::string& text) {
  Texts out;
  for (const sim::ConfigNode& value : read_axis_values(sim::ConfigNode::parse("axis", text))) {
    out.push_back(value.text());
  }
  return out;
}

const std::string training =
    "base: {model: gpt-1.7b, gpu: a100-sxm-80gb, topology: 'gpu-cluster:1x8',"
    " layout: {tensor: 1, pipeline: 1, global_batch: 8}, schedule: 1f1b}\n";
const std::string collective =
    "base: {topology: 'torus:2x2', algorithms: [ring, multitree], sizes: 1KiB..4KiB}\n";

Sweep sweep_of(const std::string& text) {
  return read_sweep(sim::ConfigNode::parse("sweep.yaml", text), "");
}

/// The values of all points: "1 2, 1 4".
std::string points_of(const Sweep& sweep) {
  std::string out;
  for (const SweepPoint& point : sweep.points) {
    out += out.empty() ? "" : ",";
    for (const auto& [key, text] : point.values) {
      out += " " + text;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("sweep: an axis has a list, or a range") {
  CHECK(values_of("[1, x, 3.5]") == Texts{"1", "x", "3.5"});
  CHECK(values_of("1..16") == Texts{"1", "2", "4", "8", "16"});
  CHECK(values_of("3..20") == Texts{"3", "6", "12"});
  CHECK(values_of("1KiB..4KiB") == Texts{"1KiB", "2KiB", "4KiB"});
  CHECK(values_of("512KiB..2MiB") == Texts{"512KiB", "1024KiB", "2048KiB"});
  CHECK(values_of("{from: 1, to: 5, by: 2}") == Texts{"1", "3", "5"});
  CHECK(values_of("{from: 0.1, to: 0.3, by: 0.1}") == Texts{"0.1", "0.2", "0.3"});
  CHECK(values_of("{from: 100 Gbps, to: 900 Gbps, factor: 3}") ==
        Texts{"100 Gbps", "300 Gbps", "900 Gbps"});
  CHECK(values_of("{from: 1us, to: 100us, steps: 3}") == Texts{"1us", "10us", "100us"});
  // Of one kind, if not in one unit.
  CHECK(values_of("{from: 100 Gbps, to: 1 Tbps, steps: 2}") == Texts{"100 Gbps", "1000 Gbps"});
  CHECK(values_of("{from: 1 KiB, to: 1 MiB, factor: 32}") == Texts{"1 KiB", "32 KiB", "1024 KiB"});
  CHECK(values_of("{from: 100 Gbps, to: 102 Gbps, by: 1000 Mbps}") ==
        Texts{"100 Gbps", "101 Gbps", "102 Gbps"});
  CHECK(values_of("1 us..4us") == Texts{"1 us", "2 us", "4 us"});
}

TEST_CASE("sweep: ranges that are none") {
  const auto refused = [](const std::string& text, const std::string& why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(values_of(text), doctest::Contains(why.c_str()), sim::Error);
  };
  refused("[]", "expected at least one value");
  refused("8", "expected a list, a range such as 1..16");
  refused("16..1", "the range runs backwards");
  refused("0..16", "a range by a factor must begin above 0");
  refused("x..16", "expected a range such as 1..16");
  refused("1us..16KiB", "both need the same unit");
  refused("1..16KiB", "both need the same unit");
  refused("{from: 1, to: 8, by: 2 GB}", "both need the same unit");
  refused("1..8..16", "expected a range such as 1..16");
  refused("{from: 1, to: 5}", "expected one of: by, factor, steps");
  refused("{from: 1, to: 5, by: 1, steps: 2}", "expected one of: by, factor, steps");
  refused("{from: 1, to: 5, by: 0}", "the difference must be above 0");
  refused("{from: 1, to: 5, factor: 1}", "the factor must be above 1");
  refused("{from: 1, to: 5, step: 1}", "unknown key 'step'");
  refused("{from: 0, to: 1e9, by: 1}", "more than 100000 values");
}

TEST_CASE("sweep: all combinations, the last axis fastest; a zip goes together") {
  const Sweep sweep = sweep_of(training +
                               "axes:\n"
                               "  - layout.tensor: [1, 2]\n"
                               "  - zip: {layout.pipeline: [1, 2], layout.micro_batch: [4, 2]}\n");
  CHECK(points_of(sweep) == " 1 1 4, 1 2 2, 2 1 4, 2 2 2");
  // Values that are lists or mappings are written as they could have been.
  CHECK(points_of(
            sweep_of(training + "axes: [stage_gpus: [[a, b], []], changes: [[{fail: x}]]]\n")) ==
        " [a, b] [{fail: x}], [] [{fail: x}]");
  CHECK(sweep.is_training);
  CHECK(sweep.points[3].scenario.at("layout").at("pipeline").text() == "2");
  CHECK(sweep.points[3].scenario.at("layout").at("global_batch").text() == "8");
  std::set<std::string> keys;
  std::ranges::for_each(sweep.points, [&](const SweepPoint& point) { keys.insert(point.key); });
  CHECK(keys.size() == 4);
}

TEST_CASE("sweep: what is skipped, by a condition or by values") {
  const std::string axes =
      "axes:\n"
      "  - layout.tensor: [1, 2, 4]\n"
      "  - schedule: [gpipe, 1f1b]\n";
  const Sweep sweep = sweep_of(training + axes +
                               "skip:\n"
                               "  - layout.tensor * layout.global_batch > 16\n"
                               "  - {schedule: gpipe, layout.tensor: 2}\n");
  CHECK(points_of(sweep) == " 1 gpipe, 1 1f1b, 2 1f1b");
  CHECK(sweep.skipped == 3);
  CHECK_THROWS_WITH_AS(sweep_of(training + axes + "skip: [layout.tensor > 0]\n"),
                       doctest::Contains("all points are skipped"), sim::Error);
  CHECK_THROWS_WITH_AS(sweep_of(training + axes + "skip: [layout.chunks > 2]\n"),
                       doctest::Contains("'layout.chunks' is not there in the scenario"),
                       sim::Error);
  CHECK_THROWS_WITH_AS(sweep_of(training + axes + "skip: [schedule > 2]\n"),
                       doctest::Contains("'schedule' is no number in the scenario"), sim::Error);
}

TEST_CASE("sweep: algorithms and sizes of a collective are its innermost axes") {
  CHECK(points_of(sweep_of(collective)) ==
        " ring 1024 B, ring 2048 B, ring 4096 B,"
        " multitree 1024 B, multitree 2048 B, multitree 4096 B");
  CHECK(points_of(sweep_of(collective + "axes: [sizes: [1MiB]]\n")) ==
        " 1MiB ring, 1MiB multitree");
  CHECK(points_of(sweep_of(collective + "axes: [seed: [1, 2]]\nset: {sizes: 1MiB}\n")) ==
        " 1 ring 1048576 B, 1 multitree 1048576 B, 2 ring 1048576 B, 2 multitree 1048576 B");
  CHECK_THROWS_WITH_AS(sweep_of(collective + "set: {algorithms: all}\n"),
                       doctest::Contains("a sweep needs the names of the algorithms"), sim::Error);
}

TEST_CASE("sweep: sizes that are a list are single sizes at the points, and not lists again") {
  const Sweep sweep =
      sweep_of("base: {topology: 'torus:2x2', algorithms: ring, sizes: [1KiB, 3KiB]}\n");
  CHECK(points_of(sweep) == " ring 1024 B, ring 3072 B");
  CHECK(sweep.points[0].scenario.at("sizes").is_scalar());
}

TEST_CASE("sweep: bad files say where") {
  const auto refused = [](const std::string& text, const std::string& why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(sweep_of(text), doctest::Contains(why.c_str()), sim::Error);
  };
  refused("axes: []\n", "missing key 'base'");
  refused("base: nowhere.yaml\n", "there is no file 'nowhere.yaml'");
  refused(training + "axis: []\n", "did you mean 'axes'?");
  refused(training + "axes: [{seed: [1], layout.tensor: [1]}]\n", "an axis has one key, not 2");
  refused(training + "axes: [seed: [1], seed: [2]]\n", "'seed' has an axis already");
  refused(training + "axes: [zip: {seed: [1, 2], layout.tensor: [1]}]\n",
          "1 values beside 2 of 'seed'");
  refused(training +
              "axes: [seed: 1..65536, layout.tensor: 1..65536, layout.data: "
              "{from: 1, to: 99999, by: 1}]\n",
          "more than 1000000 points");
  refused(training + "unfit: perhaps\n", "unfit");
}

TEST_CASE("sweep: no text makes the reader do anything but read or refuse") {
  const std::string text = training +
                           "axes:\n"
                           "  - layout.tensor: 1..4\n"
                           "  - zip: {seed: [1, 2], layout.micro_batch: {from: 1, to: 2, by: 1}}\n"
                           "skip: [layout.tensor > 2, {seed: 2}]\n";
  std::mt19937 random{1};
  for (int i = 0; i < 3000; ++i) {
    try {
      static_cast<void>(sweep_of(cli_test::mutated(text, random)));
    } catch (const sim::Error&) {  // what is expected of most of them
    }
  }
}

namespace {

/// The least that is a result.
const std::string bad_point = R"({"scenario":"s","status":"invalid"})";

}  // namespace

TEST_CASE("journal: what was cut off is not there, and what was written later counts") {
  FinishedPoints points;
  const std::string line = to_line({"a", "s", bad_point});
  CHECK(line == "{\"key\":\"a\",\"scenario\":\"s\",\"result\":" + bad_point + "}\n");
  for (std::size_t length = 0; length < line.size(); ++length) {
    add_lines(line.substr(0, length), points);
    CHECK(points.empty());
    // The rest of a line that was cut off does not spoil those behind it.
    add_lines(line.substr(0, length) + "\n" + to_line({"b", "s", bad_point}), points);
    CHECK(points.size() == (length + 1 == line.size() ? 2 : 1));
    points.clear();
  }
  const std::string later = R"({"scenario":"t","status":"invalid"})";
  add_lines(line + to_line({"a", "t", later}), points);
  CHECK(points.at("a").scenario == "t");
  CHECK(points.at("a").result == later);
}

TEST_CASE("journal: a result has a status, and what was run has numbers") {
  const auto counts = [](const std::string& result) {
    FinishedPoints points;
    add_lines(to_line({"a", "s", result}), points);
    return points.size() == 1;
  };
  CHECK(counts(R"({"scenario":"s","status":"ok","step_s":1.5,"mfu":0.4})"));
  CHECK(counts(R"({"scenario":"s","status":"ok","time_s":1.5,"busbw_Bps":4})"));
  for (const char* const none :
       {"5", "null", "{}", R"({"status":"ok"})", R"({"scenario":"s","status":7})",
        R"({"scenario":"s","status":"ok"})",
        R"({"scenario":"s","status":"ok","step_s":"1","mfu":0.4})"}) {
    CAPTURE(none);
    CHECK(!counts(none));
  }
}

TEST_CASE("journal: every process has a file of its own") {
  const ScratchDirectory scratch;
  const std::filesystem::path directory = scratch.path() / "sweep";
  CHECK(read_journals(directory).empty());
  Journal first{directory};
  Journal second{directory};
  first.add({"a", "s", bad_point});
  second.add({"b", "s", bad_point});
  first.add({"c", "s", bad_point});
  FinishedPoints points;
  add_lines(read_journals(directory), points);
  CHECK(points.size() == 3);
}

TEST_CASE("sweep results: numbers are numbers, rows may lack columns, and texts are kept") {
  Sweep sweep = sweep_of(training + "axes: [layout.tensor: [1, 2], schedule: [1f1b]]\n");
  FinishedPoints points;
  points[sweep.points[0].key] = {sweep.points[0].key, "s",
                                 R"({"scenario":"s","status":"ok","step_s":0.5,"mfu":0.25})"};
  CHECK(missing_points(sweep, points) == std::vector<std::size_t>{1});
  points[sweep.points[1].key] = {
      sweep.points[1].key, "t",
      R"({"scenario":"t","status":"invalid","message":"64 heads, and \"no\" more"})"};
  const SweepRows rows = result_rows(sweep, points);
  CHECK(to_json_lines(rows) ==
        R"({"point":0,"axes":{"layout.tensor":1,"schedule":"1f1b"},"scenario":"s","status":"ok",)"
        R"("step_s":0.5,"mfu":0.25})"
        "\n"
        R"({"point":1,"axes":{"layout.tensor":2,"schedule":"1f1b"},"scenario":"t",)"
        R"("status":"invalid","message":"64 heads, and \"no\" more"})"
        "\n");
  CHECK(to_csv(rows) ==
        "point,layout.tensor,schedule,scenario,status,step_s,mfu,message\n"
        "0,1,1f1b,s,ok,0.5,0.25,\n"
        "1,2,1f1b,t,invalid,,,\"64 heads, and \"\"no\"\" more\"\n");
  const std::string text = summary_of(sweep, rows, 3);
  CHECK(text.find("2 points, 1 invalid, 1 ok\n  1 x 64 heads") == 0);
  CHECK(text.find("tensor 1, schedule 1f1b") != std::string::npos);
}

TEST_CASE("sweep results: a table has one column in the name of an axis, with the axis' values") {
  // A result has its seed, and the name of its profile, too.
  Sweep sweep = sweep_of(training + "axes: [seed: [7], profile: [h100.yaml]]\n");
  FinishedPoints points;
  points[sweep.points[0].key] = {
      sweep.points[0].key, "s",
      R"({"scenario":"s","status":"ok","profile":"H100, fitted","seed":7,"step_s":0.5})"};
  CHECK(to_csv(result_rows(sweep, points)) ==
        "point,seed,profile,scenario,status,step_s\n"
        "0,7,h100.yaml,s,ok,0.5\n");
}

TEST_CASE("sweep: axes that say the same twice, or overwrite each other, are refused") {
  const auto refused = [](const std::string& text, const std::string& why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(sweep_of(text), doctest::Contains(why.c_str()), sim::Error);
  };
  refused(training + "axes: [seed: [1, 1]]\n", "this value is there already");
  refused(training + "axes: [seed: {from: 5, to: 5, steps: 3}]\n", "this value is there already");
  refused(training + "axes: [layout.micro_batch: [1, 2], layout: [{tensor: 8}]]\n",
          "'layout' would overwrite 'layout.micro_batch'");
  CHECK(sweep_of(training + "axes: [layout: [{global_batch: 8}], layout.micro_batch: [1, 2]]\n")
            .points.size() == 2);
  refused(training + "axes: [\"layout.\": [1]]\n", "'layout.' is no key");
  refused(training + "axes: [\"\": [1]]\n", "'' is no key");
  refused(training + "axes: [model.layers: [1]]\n",
          "'model.layers' cannot be set: there is no mapping to put 'layers' in");
  // A point is of one algorithm and one size.
  for (const char* const axis :
       {"algorithms: [all]", "algorithms: ['ring,multitree']", "algorithms: [[ring]]",
        "sizes: ['1MiB,2MiB']", "sizes: [1MiB..4MiB]"}) {
    refused(collective + "axes: [" + axis + "]\n", "each point has one");
  }
}

TEST_CASE("sweep: what is skipped must be there, and numbers are compared as numbers") {
  const std::string axes = training + "axes: [layout.tensor: [1, 2]]\n";
  CHECK_THROWS_WITH_AS(sweep_of(axes + "skip: [{layuot.tensor: 1}]\n"),
                       doctest::Contains("no point has 'layuot.tensor'"), sim::Error);
  CHECK(points_of(sweep_of(axes + "skip: [{layout.tensor: 1.0}]\n")) == " 2");
}

TEST_CASE("sweep: a misspelt model is said to be missing, of a base without sizes there is one") {
  const Sweep misspelt = sweep_of(
      "base: {modle: gpt-1.7b, gpu: a100-sxm-80gb, topology: 'gpu-cluster:1x8',"
      " layout: {global_batch: 8}}\n");
  CHECK(misspelt.is_training);
  const Sweep plain = sweep_of("base: {topology: 'torus:2x2', algorithms: ring}\n");
  REQUIRE(plain.points.size() == 1);
  CHECK(plain.points.front().values.back().second == "67108864 B");
}
