#include "cli/result_csv.hpp"

#include <string>

#include <doctest/doctest.h>

#include "tests/cli/comparison_sample.hpp"

namespace cli {

using namespace sim::literals;

TEST_CASE("csv: only fields that need quotes get them, and quotes are doubled") {
  CHECK(csv_field("plain text; 'single'") == "plain text; 'single'");
  CHECK(csv_field("") == "");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("say \"hi\"") == "\"say \"\"hi\"\"\"");
  CHECK(csv_field("two\nlines") == "\"two\nlines\"");
  CHECK(csv_field("\r") == "\"\r\"");
}

TEST_CASE("csv: one line for every row, complete in itself") {
  Comparison comparison = sample({1_MiB});
  comparison.profile = "a, \"b\"";
  CHECK(to_csv(comparison) ==
        "algorithm,bytes,time_s,algbw_Bps,busbw_Bps,speedup,lower_bound_s,above_lower_bound,"
        "busiest_link,busiest_utilisation,messages,method,"
        "collective,topology,ranks,network,routing,seed,scenario_hash,profile,provenance,version\n"
        "ring,1048576,1.9073486328125e-06,549755813888,549755813888,1,9.5367431640625e-07,2,gpu0 "
        "-> gpu1,0.5,4,,"
        "all-reduce,ring:2,2,flow,shortest,7,0123456789abcdef,\"a, \"\"b\"\"\",none,0.1.0\n"
        "multitree,1048576,1.1920928955078125e-06,879609302220.8,879609302220.8,1.6,9."
        "5367431640625e-07,1.25,gpu0 -> gpu1,0.5,4,,"
        "all-reduce,ring:2,2,flow,shortest,7,0123456789abcdef,\"a, \"\"b\"\"\",none,0.1.0\n");
}

TEST_CASE("csv: one line for every link of every row, idle ones included") {
  CHECK(links_to_csv(sample({1_MiB})) ==
        "algorithm,bytes,link,from,to,bandwidth_Bps,link_bytes,busy_s,utilisation,network,seed,"
        "scenario_hash,version\n"
        "ring,1048576,0,gpu0,gpu1,1099511627776,1048576,1.9073486328125e-06,0.5,flow,7,"
        "0123456789abcdef,0.1.0\n"
        "ring,1048576,1,gpu1,gpu0,1099511627776,0,0,0,flow,7,0123456789abcdef,0.1.0\n"
        "multitree,1048576,0,gpu0,gpu1,1099511627776,655360,1.1920928955078125e-06,0.5,flow,7,"
        "0123456789abcdef,0.1.0\n"
        "multitree,1048576,1,gpu1,gpu0,1099511627776,0,0,0,flow,7,0123456789abcdef,0.1.0\n");
}

}  // namespace cli
