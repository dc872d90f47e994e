#include "cli/plot_script.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "tests/cli/comparison_sample.hpp"

namespace cli {
namespace {

using namespace sim::literals;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("plot script: bus bandwidth over sizes, with the bound dashed and units on the axes") {
  const std::string script = busbw_script(sample({32_KiB, 1_MiB, 1_GiB}));
  CHECK(contains(script, "'bus bandwidth of all-reduce on ring:2'"));
  CHECK(contains(script, "set xtics ('32 KiB' 32768, '1 MiB' 1048576, '1 GiB' 1073741824)"));
  CHECK(contains(script, "set logscale x 2"));
  CHECK(contains(script, "set ylabel 'bus bandwidth (GB/s)'"));
  // The bound, 2^40 B/s, at every size.
  CHECK(contains(script, "$bound << END\n32768 1099.511627776\n1048576 1099.511627776\n"));
  CHECK(contains(script, "dashtype"));
  CHECK(contains(script, "549.755813888"));
  CHECK(contains(script, "title 'ring'"));
}

TEST_CASE("plot script: time on two logarithmic axes") {
  const std::string script = time_script(sample({1_MiB, 2_MiB}));
  CHECK(contains(script, "set logscale x 2"));
  CHECK(contains(script, "set logscale y 10"));
  CHECK(contains(script,
                 "$bound << END\n1048576 9.5367431640625e-07\n2097152 1.9073486328125e-06\nEND\n"));
}

TEST_CASE("plot script: an algorithm keeps its colour in any company") {
  Comparison alone = sample({1_MiB, 2_MiB});
  std::erase_if(alone.rows, [](const Row& row) { return row.algorithm == "ring"; });
  const std::string_view line = "pointtype 15 linecolor rgb '#d55e00' title 'multitree'";
  CHECK(contains(busbw_script(sample({1_MiB, 2_MiB})), line));
  CHECK(contains(busbw_script(alone), line));
}

TEST_CASE("plot script: many sizes are labelled only where there is room") {
  std::vector<sim::Bytes> sizes;
  for (int power = 15; power <= 30; ++power) {
    sizes.emplace_back(std::int64_t{1} << power);
  }
  const std::string script = busbw_script(sample(sizes));
  CHECK(contains(script, "'1 MiB' 1048576, '' 2097152, '4 MiB' 4194304"));
  CHECK(contains(script, "'1 GiB' 1073741824)"));
}

TEST_CASE("plot script: one size gives bars") {
  const std::string script = busbw_script(sample({1_MiB}));
  CHECK(contains(script, "with boxxyerror"));
  CHECK(contains(script, "0 549.755813888 0x0072b2 \"549.8 GB/s\"\n"));
  CHECK(contains(script, "'ring' 0, 'multitree' 1"));
  CHECK_FALSE(contains(script, "logscale"));
}

TEST_CASE("plot script: names cannot end the string they stand in") {
  Comparison comparison = sample({1_MiB, 2_MiB});
  comparison.topology = "it's\n`date`";
  CHECK(contains(busbw_script(comparison), "on it's \\140date\\140\""));
}

}  // namespace
}  // namespace cli
