// Sweeps as a user meets them: killed, interrupted, spread over processes, out of disk.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/random.hpp"
#include "tests/cli/sweep_sample.hpp"

using namespace cli_test;

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
  // OpenMPI never gives back all of its memory, which is nobody's leak here.
  const std::vector<std::string> start{"env",
                                       "ASAN_OPTIONS=detect_leaks=0",
                                       "mpirun",
                                       "--allow-run-as-root",
                                       "--oversubscribe",
                                       "-n",
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
