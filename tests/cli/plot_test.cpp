#include "cli/plot.hpp"

#include <filesystem>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/cli/comparison_sample.hpp"
#include "tests/cli/scratch_directory.hpp"

namespace cli {
namespace {

using namespace sim::literals;

constexpr std::string_view png_start = "\x89PNG\r\n";

bool is_svg(const std::string& text) {
  return text.find("<svg") != std::string::npos && text.find("</svg>") != std::string::npos;
}

topology::Topology two_gpus() {
  topology::Topology topology{"custom"};
  const auto first = topology.add_node({.name = "gpu0", .relay = topology::Relay::yes});
  const auto second = topology.add_node({.name = "gpu1", .relay = topology::Relay::yes});
  topology.connect(first, second, {.bandwidth = 1000_GBps, .latency = {}});
  return topology;
}

void check_plots(const Comparison& comparison) {
  const ScratchDirectory scratch;
  write_plots(comparison, scratch.path());
  for (const std::string name : {"busbw", "speedup", "time"}) {
    CHECK(is_svg(content_of(scratch.path() / (name + ".svg"))));
    CHECK(content_of(scratch.path() / (name + ".png")).starts_with(png_start));
    CHECK(content_of(scratch.path() / (name + ".gp")).starts_with("# gnuplot"));
  }
  CHECK(scratch.entries() == 9);
}

TEST_CASE("plots: gnuplot draws curves for many sizes and bars for one") {
  check_plots(sample({32_KiB, 1_MiB, 1_GiB}));
  check_plots(sample({1_MiB}));
}

TEST_CASE("plots: sizes and times of zero are drawn as far as they can be") {
  check_plots(sample({sim::Bytes{1}, 1_MiB}));
  Comparison still = sample({1_MiB, 2_MiB});
  for (Row& row : still.rows) {
    row.time_s = row.algbw_Bps = row.busbw_Bps = row.lower_bound_s = 0;
  }
  check_plots(still);
  still.rows.resize(1);
  check_plots(still);
}

TEST_CASE("plots: hostile names are only text") {
  Comparison comparison = sample({1_MiB, 2_MiB});
  comparison.topology = "a'b\"c`d`\n$e @f {/g} \\";
  comparison.rows[0].algorithm = "x'y\"z\\";
  check_plots(comparison);
}

TEST_CASE("plots: of nothing there are none") {
  const ScratchDirectory scratch;
  write_plots(sample({}), scratch.path());
  write_link_pictures(two_gpus(), sample({}), scratch.path());
  CHECK(scratch.entries() == 0);
}

TEST_CASE("link pictures: one for every algorithm, at the largest size") {
  const ScratchDirectory scratch;
  Comparison comparison = sample({2_MiB, 1_MiB});
  comparison.rows[2].links.clear();  // those of 1 MiB: drawing them would be refused
  comparison.rows[3].links.clear();
  write_link_pictures(two_gpus(), comparison, scratch.path());
  CHECK(is_svg(content_of(scratch.path() / "links-ring.svg")));
  CHECK(content_of(scratch.path() / "links-multitree.png").starts_with(png_start));
  CHECK(scratch.entries() == 4);
}

}  // namespace
}  // namespace cli
