// Sweeps as a user meets them: files that change, bad points, bad options, plots.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/text_list.hpp"
#include "tests/cli/sweep_sample.hpp"

using namespace cli_test;

TEST_CASE("sweep program: what a scenario reads has changed: only that is done again") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "sweep.yaml";
  const fs::path model = scratch.path() / "model.yaml";
  const auto write_model = [&](int layers) {
    std::ofstream{model} << "{layers: " << layers
                         << ", hidden: 512, heads: 8, vocabulary: 1024, sequence: 512}\n";
  };
  std::ofstream{file} << "base: {model: gpt-1.7b, gpu: a100-sxm-80gb, topology: 'gpu-cluster:1x8',"
                         " layout: {global_batch: 16}}\n"
                         "axes: [model: [gpt-1.7b, model.yaml]]\n";
  const fs::path directory = scratch.path() / "out";
  write_model(4);
  REQUIRE(sweep(file, directory).status == 0);
  CHECK(keys_in(directory).size() == 2);
  const std::string first = content_of(directory / "results.jsonl");
  REQUIRE(sweep(file, directory).status == 0);
  CHECK(keys_in(directory).size() == 2);
  CHECK(content_of(directory / "results.jsonl") == first);
  write_model(8);
  REQUIRE(sweep(file, directory).status == 0);
  CHECK(keys_in(directory).size() == 3);
  const auto before = lines_of(first);
  const auto after = lines_of(content_of(directory / "results.jsonl"));
  CHECK(after[0] == before[0]);
  CHECK(after[1] != before[1]);
}

TEST_CASE("sweep program: prices are read, too; shards of other files are not merged") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "sweep.yaml";
  const auto write_prices = [&](int usd) {
    std::ofstream{scratch.path() / "prices.yaml"} << "gpu_hour_usd: " << usd << "\n";
  };
  std::ofstream{file} << "base: {model: {layers: 2, hidden: 512, heads: 8, vocabulary: 1024,"
                         " sequence: 512}, gpu: a100-sxm-80gb, topology: 'gpu-cluster:1x8',"
                         " layout: {global_batch: 16}, prices: prices.yaml}\n"
                         "axes: [layout.micro_batch: [1, 2]]\n";
  const fs::path directory = scratch.path() / "out";
  const auto dollars = [&] {
    return nlohmann::json::parse(
               lines_of(content_of(directory / "results.jsonl")).front())["step_usd"]
        .get<double>();
  };
  write_prices(2);
  REQUIRE(sweep(file, directory).status == 0);
  const double cheap = dollars();
  write_prices(2000);
  REQUIRE(sweep(file, directory).status == 0);
  CHECK(dollars() == doctest::Approx(1000 * cheap));
  // One shard with these prices, one with others.
  const fs::path one = scratch.path() / "one";
  const fs::path two = scratch.path() / "two";
  REQUIRE(sweep(file, one, {}, {"--shard", "1/2"}).status == 0);
  write_prices(3);
  REQUIRE(sweep(file, two, {}, {"--shard", "2/2"}).status == 0);
  const std::vector<std::string> merge{program,      "sweep",      "merge", file.string(),
                                       one.string(), two.string(), "-o",    directory.string()};
  const auto mixed = run(merge);
  CHECK(mixed.status == 1);
  CHECK(mixed.errors.find("1 of 2 points read files that have changed since: 0\n") !=
        std::string::npos);
  REQUIRE(sweep(file, one, {}, {"--shard", "1/2"}).status == 0);
  CHECK(run(merge).status == 0);
}

TEST_CASE(
    "sweep program: of nothing but bad points, and of another sweep's directory, it says so") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "sweep.yaml";
  std::ofstream{file} << "base: {model: gpt-1.7b, gpu: a100-sxm-80gb, topology: 'gpu-cluster:1x8',"
                         " layout: {global_batch: 16}}\n"
                         "axes: [layuot.tensor: [1, 2]]\n";
  const auto bad = sweep(file, scratch.path() / "bad");
  CHECK(bad.status == 2);
  CHECK(bad.output.find("  2 x base: unknown key 'layuot'; did you mean 'layout'?\n") !=
        std::string::npos);
  fs::create_directory(scratch.path() / "other");
  const fs::path other = small_points(scratch.path() / "other");
  const auto taken = sweep(other, scratch.path() / "bad");
  CHECK(taken.status == 2);
  CHECK(taken.errors.find("' has the points of ") != std::string::npos);
  // A line of a journal that is no result counts for nothing.
  const fs::path out = scratch.path() / "out";
  std::ofstream{file} << "base: {topology: 'torus:2x2', algorithms: ring, sizes: 1KiB}\n";
  REQUIRE(sweep(file, out).status == 0);
  const std::string results = content_of(out / "results.jsonl");
  const std::string key = *keys_in(out).begin();
  for (const auto& entry : fs::directory_iterator{out / "journal"}) {
    std::ofstream{entry.path()} << R"({"key":")" << key
                                << R"(","scenario":"s","result":{"status":"ok"}})" << "\n";
  }
  CHECK(sweep(file, out).status == 0);
  CHECK(content_of(out / "results.jsonl") == results);
}

TEST_CASE("sweep program: points that cannot be run, or do not fit, are rows that say so") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "sweep.yaml";
  std::ofstream{file} << "base: {model: gpt-7.5b, gpu: a100-sxm-80gb, topology: 'gpu-cluster:1x8',"
                         " layout: {global_batch: 16, tensor: 8}}\n"
                         "axes: [layout.tensor: [3, 1, 8]]\n"
                         "unfit: skip\n";
  const fs::path directory = scratch.path() / "out";
  const auto result = sweep(file, directory);
  REQUIRE(result.status == 0);
  CHECK(result.output.find("3 points, 1 does not fit, 1 invalid, 1 ok\n") == 0);
  CHECK(result.output.find("  1 x base.layout: 8 GPUs cannot be divided by TP x CP x PP 3\n") !=
        std::string::npos);
  for (const std::string& line : lines_of(result.output)) {
    CHECK((line.size() <= 80 || line.find("results: ") == 0));
  }
  const auto rows = lines_of(content_of(directory / "results.jsonl"));
  REQUIRE(rows.size() == 3);
  CHECK(nlohmann::json::parse(rows[0])["status"] == "invalid");
  CHECK(nlohmann::json::parse(rows[1])["status"] == "does not fit");
  CHECK(!nlohmann::json::parse(rows[1]).contains("step_s"));
  CHECK(nlohmann::json::parse(rows[2])["status"] == "ok");
  CHECK(nlohmann::json::parse(rows[2])["step_s"].get<double>() > 0);
  const auto json = sweep(file, directory, {}, {"--json"});
  CHECK(json.output == content_of(directory / "results.jsonl"));
  const auto dry = sweep(file, directory, {}, {"--dry-run"});
  CHECK(dry.output.find("     0  layout.tensor=3\n") == 0);
}

TEST_CASE("sweep program: bad options exit with 2") {
  const cli::ScratchDirectory scratch;
  const fs::path file = small_points(scratch.path());
  const auto refused = [&](const std::vector<std::string>& options, const std::string& why) {
    const auto result = sweep(file, scratch.path() / "out", {}, options);
    CHECK(result.status == 2);
    CHECK_MESSAGE(result.errors.find(why) != std::string::npos, result.errors);
  };
  refused({"--shard", "0/3"}, "--shard");
  refused({"--shard", "4/3"}, "--shard");
  refused({"--shard", "3"}, "expected I/N, got '3'");
  refused({"-j", "0"}, "--threads");
  refused({"other.yaml"}, "one sweep at a time; 'other.yaml' is too much");
  CHECK(run({program, "sweep"}).status == 2);
  CHECK(run({program, "sweep", "merge", file.string()}).status == 2);
  CHECK(run({program, "sweep", "merge", file.string(), scratch.path().string()}).status == 2);
}

TEST_CASE("sweep program: draws the plots that its file asks for") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "sweep.yaml";
  const std::string points =
      "base: {topology: 'torus:2x2', algorithms: [ring, multitree], sizes: 1KiB..4KiB}\n";
  std::ofstream{file} << points << "plots: [{kind: line, x: sizes, y: time_s}, busbw]\n";
  const fs::path directory = scratch.path() / "out";
  // Without gnuplot there are its scripts.
  const auto bare = sweep(file, directory, {"env", "PATH=/nowhere"});
  CHECK(bare.status == 0);
  CHECK(bare.errors.find("gnuplot is not installed: its scripts are written") != std::string::npos);
  CHECK(fs::exists(directory / "line.svg.gp"));
  CHECK(fs::exists(directory / "busbw.svg.gp"));
  // What cannot be drawn is said where it is asked for, and no result is lost.
  const fs::path wrong = scratch.path() / "wrong.yaml";
  std::ofstream{wrong} << points << "plots: [{kind: line, x: sizes, y: tme_s}]\n";
  const auto undrawn = sweep(wrong, scratch.path() / "wrong");
  CHECK(undrawn.status == 2);
  CHECK(undrawn.errors.find("wrong.yaml:2:9: error: plots[0]: cannot be drawn: --y: ") !=
        std::string::npos);
  CHECK(undrawn.errors.find("'tme_s'") != std::string::npos);
  CHECK(lines_of(content_of(scratch.path() / "wrong" / "results.jsonl")).size() == 6);
  if (!cli::is_installed("gnuplot")) {
    MESSAGE("skipped: there is no gnuplot here");
    return;
  }
  const auto drawn = sweep(file, directory);
  CHECK(drawn.status == 0);
  CHECK(drawn.output.find("picture: " + (directory / "line.svg").string()) != std::string::npos);
  CHECK(content_of(directory / "busbw.svg").find("</svg>") != std::string::npos);
}
