#include "cli/result_table.hpp"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "tests/cli/comparison_sample.hpp"

namespace cli {

using namespace sim::literals;

TEST_CASE("table: what was run, then a group of rows per size") {
  // The bound is 1100 GB/s. Half of it are 549.8 GB/s, a 1.25th 879.6 GB/s.
  CHECK(render_table(sample({1_MiB, 4_MiB}), Style::plain) ==
        "all-reduce on ring:2, ring of 2 GPUs, 2 links, 2 ranks\n"
        "network flow, routing shortest, seed 7, scenario 0123456789abcdef\n"
        "profile none: as given\n"
        "\n"
        "  algorithm     time  algbw  busbw speedup      x  busiest link\n"
        "                       GB/s   GB/s          bound\n"
        "\n"
        "1 MiB, lower bound 953.7 ns\n"
        "  ring      1.907 us  549.8  549.8   1.00x  2.00x   50% gpu0 -> gpu1\n"
        "  multitree 1.192 us  879.6  879.6   1.60x  1.25x   50% gpu0 -> gpu1\n"
        "\n"
        "4 MiB, lower bound 3.815 us\n"
        "  ring      7.629 us  549.8  549.8   1.00x  2.00x   50% gpu0 -> gpu1\n"
        "  multitree 4.768 us  879.6  879.6   1.60x  1.25x   50% gpu0 -> gpu1\n");
}

TEST_CASE("table: in colour, the fastest row of a size stands out") {
  const std::string text = render_table(sample({1_MiB}), Style::colour);
  CHECK(text.find("\x1b[1;32m  multitree 1.192 us  879.6  879.6   1.60x  1.25x   50% gpu0 -> "
                  "gpu1\x1b[0m\n") != std::string::npos);
  CHECK(text.find("\n  ring ") != std::string::npos);
}

TEST_CASE("table: long names leave it 80 columns wide") {
  Comparison comparison = sample({1_MiB});
  comparison.summary = "gpu-cluster of 64 GPUs, 512 links";
  comparison.topology = "configs/topologies/dgx-h100-64.yaml";
  comparison.rows[0].algorithm = "double-binary-tree";
  comparison.rows[0].busiest_link = "node7.nvswitch -> node7.gpu5";
  std::istringstream lines{render_table(comparison, Style::plain)};
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) {
    widest = std::max(widest, line.size());
    CHECK_MESSAGE(line.size() <= 80, line);
  }
  CHECK(widest == 80);
  CHECK(lines.str().find("50% node7.n~e7.gpu5\n") != std::string::npos);
}

TEST_CASE("table: nothing moved, nothing is claimed") {
  Comparison comparison = sample({1_MiB});
  comparison.rows.resize(1);
  comparison.rows[0] = {.algorithm = "ring",
                        .bytes = 1_MiB,
                        .speedup = 1,
                        .above_bound = 1,
                        .busiest_link = "",
                        .links = {}};
  CHECK(render_table(comparison, Style::plain)
            .ends_with("1 MiB, lower bound 0 s\n"
                       "  ring           0 s  0.000  0.000   1.00x  1.00x\n"));
  CHECK(render_table(Comparison{}, Style::plain).find("algorithm") != std::string::npos);
}

TEST_CASE("link table: the links that carried anything, most used first") {
  Comparison comparison = sample({1_MiB});
  comparison.rows.resize(1);
  CHECK(render_links(comparison) ==
        "1 MiB, ring: 1 of 2 links carried data\n"
        "  from                    to                         bytes  busy time   used\n"
        "  gpu0                    gpu1                    1.049 MB   1.907 us    50%\n");

  // Twelve links, the last the busiest: ten are shown.
  comparison.rows[0].links.assign(12, comparison.rows[0].links[0]);
  comparison.rows[0].links.back().from = "busiest";
  comparison.rows[0].links.back().utilisation = 0.75;
  const std::string text = render_links(comparison);
  CHECK(text.find("12 of 12 links") != std::string::npos);
  CHECK(text.find("busiest") < text.find("gpu0"));
  CHECK(text.ends_with("\n  ... and 2 more\n"));
}

}  // namespace cli
