// Sweeps as a user meets them: killed, interrupted, spread over processes, out of disk.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/sweep_journal.hpp"
#include "sim/random.hpp"
#include "sim/text_list.hpp"
#include "tests/cli/scratch_directory.hpp"

namespace fs = std::filesystem;
using cli::content_of;

namespace {

const std::string program = std::string{BINARY_DIR} + "/cli/espalier";

cli::ProcessResult run(std::vector<std::string> words) {
  return cli::run_process(words, "");
}

/// The program with a sweep, by way of others: {"timeout", "1"}.
cli::ProcessResult sweep(const fs::path& file, const fs::path& directory,
                         std::vector<std::string> before = {},
                         const std::vector<std::string>& options = {"-j", "2"}) {
  before.insert(before.end(), {program, "sweep", file.string(), "-o", directory.string()});
  before.insert(before.end(), options.begin(), options.end());
  return run(before);
}

/// A thousand points that take about a millisecond each.
fs::path small_points(const fs::path& directory) {
  const fs::path file = directory / "sweep.yaml";
  std::ofstream{file} << "base: {topology: 'torus:4x4', algorithms: [ring, multitree],\n"
                         "  sizes: 1KiB..512KiB}\n"
                         "axes:\n"
                         "  - link: ['16GB/s,150ns', '8GB/s,150ns', '16GB/s,1us', '8GB/s,1us',"
                         " '4GB/s,1us']\n"
                         "  - seed: {from: 1, to: 10, by: 1}\n";
  return file;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    out.push_back(line);
  }
  return out;
}

/// Keys of all whole lines of all journals, each as often as it is there.
std::multiset<std::string> keys_in(const fs::path& directory) {
  std::multiset<std::string> out;
  for (const std::string& line : lines_of(cli::read_journals(directory))) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object()) {
      out.insert(json["key"].get<std::string>());
    }
  }
  return out;
}

void check_same_results(const fs::path& one, const fs::path& other) {
  for (const char* const name : {"results.csv", "results.jsonl"}) {
    CHECK(content_of(one / name) == content_of(other / name));
  }
}

}  // namespace

TEST_CASE("sweep program: killed ten times at any moment, no point is lost and none done twice") {
  const cli::ScratchDirectory scratch;
  const fs::path file = small_points(scratch.path());
  const fs::path undisturbed = scratch.path() / "undisturbed";
  REQUIRE(sweep(file, undisturbed).status == 0);
  REQUIRE(lines_of(content_of(undisturbed / "results.jsonl")).size() == 1000);

  const fs::path killed = scratch.path() / "killed";
  std::uint64_t chance = 7;
  std::size_t before = 0;
  for (int i = 0; i < 10; ++i) {
    // 20 to 70 ms: somewhere in the middle, most times.
    const double seconds = 0.02 + (0.05 * sim::unit_interval(chance));
    const auto result = sweep(file, killed, {"timeout", "-s", "KILL", fmt::format("{}", seconds)});
    CHECK((result.status == 137 || result.status == 0));
    const std::multiset<std::string> keys = keys_in(killed);
    CHECK(keys.size() >= before);
    CHECK(std::set<std::string>{keys.begin(), keys.end()}.size() == keys.size());
    before = keys.size();
  }
  REQUIRE(sweep(file, killed).status == 0);
  CHECK(keys_in(killed).size() == 1000);
  check_same_results(undisturbed, killed);
}

TEST_CASE("sweep program: any number of threads, and any number of shards, give the same bytes") {
  const cli::ScratchDirectory scratch;
  const fs::path file = small_points(scratch.path());
  const fs::path one = scratch.path() / "one";
  REQUIRE(sweep(file, one, {}, {"-j", "1"}).status == 0);
  const fs::path three = scratch.path() / "three";
  REQUIRE(sweep(file, three, {}, {"-j", "3"}).status == 0);
  check_same_results(one, three);
  std::vector<std::string> merge{program, "sweep", "merge", file.string()};
  for (int i = 1; i <= 3; ++i) {
    const fs::path shard = scratch.path() / fmt::format("shard-{}", i);
    const auto result = sweep(file, shard, {}, {"--shard", fmt::format("{}/3", i)});
    CHECK(result.status == 0);
    CHECK(result.output.find(
              fmt::format("shard {} of 3: {} points are kept in", i, i == 1 ? 334 : 333)) == 0);
    CHECK(!fs::exists(shard / "results.csv"));
    if (i == 3) {
      const auto early = run([&] {
        auto words = merge;
        words.insert(words.end(), {"-o", (scratch.path() / "merged").string()});
        return words;
      }());
      CHECK(early.status == 1);
      CHECK(early.errors.find("333 of 1000 points are missing: 2, 5, 8, 11") != std::string::npos);
    }
    merge.push_back(shard.string());
  }
  merge.insert(merge.end(), {"-o", (scratch.path() / "merged").string()});
  CHECK(run(merge).status == 0);
  check_same_results(one, scratch.path() / "merged");
}

TEST_CASE("sweep program: processes that mpirun starts share the points, and give the same bytes") {
  if (!cli::is_installed("mpirun")) {
    MESSAGE("skipped: there is no mpirun here");
    return;
  }
  const cli::ScratchDirectory scratch;
  const fs::path file = small_points(scratch.path());
  const fs::path one = scratch.path() / "one";
  REQUIRE(sweep(file, one, {}, {"-j", "1"}).status == 0);
  const fs::path team = scratch.path() / "team";
  const std::vector<std::string> start{"mpirun", "--allow-run-as-root", "--oversubscribe", "-n",
                                       "4"};
  const auto result = sweep(file, team, start, {});
  CHECK(result.status == 0);
  check_same_results(one, team);
  // Each point by one of them, and each of them some.
  CHECK(keys_in(team).size() == 1000);
  CHECK(std::distance(fs::directory_iterator{team / "journal"}, {}) == 4);
  // Started again, they find all done.
  CHECK(sweep(file, team, start, {}).status == 0);
  CHECK(keys_in(team).size() == 1000);
  // A file that is none ends all of them.
  std::ofstream{file} << "base: nowhere.yaml\n";
  CHECK(sweep(file, team, start, {}).status == 2);
}

TEST_CASE("sweep program: interrupted, it says how to go on") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "sweep.yaml";
  std::ofstream{file} << "base: {topology: 'torus:16x16', algorithms: multitree, sizes: 1MiB}\n"
                         "axes: [seed: {from: 1, to: 5000, by: 1}]\n";
  const fs::path directory = scratch.path() / "out";
  const auto result = sweep(file, directory, {"timeout", "--preserve-status", "-s", "INT", "0.7"});
  CHECK(result.status == 130);
  CHECK(result.errors.find("espalier: stopped: ") == 0);
  CHECK(result.errors.find(" of 5000 points are done and kept in " + directory.string()) !=
        std::string::npos);
  CHECK(!fs::exists(directory / "results.csv"));
  CHECK(!keys_in(directory).empty());
}

TEST_CASE("sweep program: with a full disk the points that were written are kept") {
  const cli::ScratchDirectory scratch;
  const fs::path file = small_points(scratch.path());
  const fs::path directory = scratch.path() / "out";
  // A journal of at most 40 KiB.
  const auto result = sweep(file, directory, {"bash", "-c", "ulimit -f 40; exec \"$@\"", "bash"});
  CHECK(result.status == 1);
  CHECK(result.errors.find("journal: cannot be written: File too large") != std::string::npos);
  const std::size_t kept = keys_in(directory).size();
  CHECK(kept > 50);
  CHECK(kept < 200);
  CHECK(sweep(file, directory).status == 0);
  CHECK(keys_in(directory).size() == 1000);
  const fs::path undisturbed = scratch.path() / "undisturbed";
  REQUIRE(sweep(file, undisturbed).status == 0);
  check_same_results(undisturbed, directory);
}

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
