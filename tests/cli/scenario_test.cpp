#include "cli/scenario.hpp"

#include <filesystem>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "cli/compare.hpp"
#include "cli/result_json.hpp"
#include "cli/size_list.hpp"
#include "sim/error.hpp"
#include "tests/golden.hpp"
#include "tests/reference_data.hpp"

using namespace sim::literals;

namespace {

std::vector<sim::Bytes> sizes_of(const std::string& text) {
  return cli::read_sizes(sim::ConfigNode::scalar("--sizes", text));
}

cli::Scenario scenario_of(const std::string& yaml) {
  return cli::read_scenario(sim::ConfigNode::parse("s.yaml", yaml), "");
}

}  // namespace

TEST_CASE("scenario: sizes double in a range, and stand alone in a list") {
  CHECK(sizes_of("1MiB") == std::vector{1_MiB});
  CHECK(sizes_of("1KiB..8KiB") == std::vector{1_KiB, 2_KiB, 4_KiB, 8_KiB});
  CHECK(sizes_of("3KiB..10KiB") == std::vector{3_KiB, 6_KiB});
  CHECK(sizes_of("1KiB, 1MiB..2MiB") == std::vector{1_KiB, 1_MiB, 2_MiB});
  CHECK(sizes_of("0B") == std::vector{0_B});
  CHECK_THROWS_AS(sizes_of("2MiB..1MiB"), sim::Error);
  CHECK_THROWS_AS(sizes_of("1KiB..1KiB..2KiB"), sim::Error);
  CHECK_THROWS_AS(sizes_of(""), sim::Error);
}

TEST_CASE("scenario: the hash knows what matters, and nothing else") {
  const std::string base = "topology: {kind: torus, shape: 4x4}\nsizes: 1MiB\n";
  const std::string hash = scenario_of(base).hash;
  CHECK(hash.size() == 16);
  CHECK(scenario_of("sizes: 1MiB # the same\ntopology: {shape: 4x4, kind: torus}\n").hash == hash);
  CHECK(scenario_of("topology: {kind: torus, shape: 4x4}\nsizes: 2MiB\n").hash != hash);
  CHECK(scenario_of("topology: {kind: mesh, shape: 4x4}\nsizes: 1MiB\n").hash != hash);
  CHECK(scenario_of(base + "seed: 2\n").hash != hash);
}

TEST_CASE("scenario: busbw is algbw times the factor of nccl-tests") {
  using collectives::Collective;
  CHECK(cli::busbw_factor(Collective::all_reduce, 8) == doctest::Approx(1.75));
  CHECK(cli::busbw_factor(Collective::all_gather, 8) == doctest::Approx(0.875));
  CHECK(cli::busbw_factor(Collective::reduce_scatter, 8) == doctest::Approx(0.875));
  CHECK(cli::busbw_factor(Collective::all_to_all, 8) == doctest::Approx(0.875));
  CHECK(cli::busbw_factor(Collective::broadcast, 8) == doctest::Approx(1));
  CHECK(cli::busbw_factor(Collective::reduce, 8) == doctest::Approx(1));
  CHECK(cli::busbw_factor(Collective::send_receive, 8) == doctest::Approx(1));
}

// The same bytes at every level of optimisation and from every compiler: the presets all run this.
TEST_CASE("scenario: results are the same to the last digit as when they were last reviewed") {
  const auto json = [](const std::string& yaml) {
    return cli::to_json(cli::compare(scenario_of(yaml), [](std::size_t, std::size_t) {}),
                        cli::Links::left_out);
  };
  check_golden("torus-3x4.json", json("topology: {kind: torus, shape: 3x4, link: '16GB/s,150ns'}\n"
                                      "sizes: [1000 B, 1MiB]\n"));
  check_golden("gpu-cluster-3x4-ecmp.json",
               json("topology: {kind: gpu-cluster, shape: 3x4, nics: 2, nodes_per_leaf: 1}\n"
                    "sizes: [777777 B]\nrouting: ecmp\nseed: 5\nmessage_latency: 1 us\n"
                    "reduction: 300 GB/s\n"));
  check_golden("fat-tree-4-all-to-all-split.json",
               json("topology: {kind: fat-tree, shape: 4, levels: 3, oversubscription: 2}\n"
                    "collective: all-to-all\nsizes: 1MB\nrouting: split\n"));
}

TEST_CASE("scenario: whatever a file says, only an Error comes out") {
  const std::filesystem::path configs = std::filesystem::path{SOURCE_DIR} / "configs";
  std::mt19937 random{20};  // the raw engine is the same on every machine
  for (const auto& entry : std::filesystem::recursive_directory_iterator{configs / "demo"}) {
    const std::string good = read_text(entry.path());
    for (int round = 0; round < 1500; ++round) {
      std::string text = good;
      for (int edits = 0; edits < 4; ++edits) {
        const std::size_t at = random() % text.size();
        switch (random() % 3) {
          case 0:
            text[at] = static_cast<char>(' ' + random() % 95);
            break;
          case 1:
            text.erase(at, 1 + random() % 8);
            break;
          default:
            text.insert(at, text.substr(random() % text.size(), 1 + random() % 12));
        }
      }
      CAPTURE(text);
      try {
        static_cast<void>(cli::read_scenario(sim::ConfigNode::parse("fuzz.yaml", text),
                                             (configs / "demo").string()));
      } catch (const sim::Error&) {
      }
    }
  }
}
