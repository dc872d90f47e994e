#include "cli/collective_tables.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/cli/mutated.hpp"
#include "tests/reference_data.hpp"
#include "tests/topology/support.hpp"

using collectives::Collective;
using topology_test::error_of;

namespace {

const std::string points =
    "gpu,dir_version,nccl_version,op,nccl_dtype,nranks,bytes,time_us,samples,algbw_GBps\n"
    "a,2.27,2.27.3,all_gather,half,2,1000000,10,1,100\n"
    "b,2.27,2.29.2,alltoall,half,8,1000000,20,1,50\n"
    "a,2.27,2.27.3,all_gather,half,2,1000000,12.5,1,80\n"
    "a,2.27,2.27.3,all-reduce,int8,4,0,3,1,0\n";

const std::string logs =
    "log_id,op,gpu,gpus_per_node,nodes,nranks,dtype,size_bytes,time_us,time_us_inplace\n"
    "one,reduce_scatter,H100-80GB,8,2,16,float,4096,50,40\n"
    "two,sendrecv,H100-80GB,8,1,8,uint8,8192,25,\n";

std::vector<cli::CollectiveTable> read(const std::string& text) {
  return cli::read_collective_tables(cli::CsvTable{"dir/times.csv", text});
}

/// The error of a table with one row.
std::string error_with(const std::string& row) {
  return error_of([&] {
    return read("gpu,op,nodes,nranks,dtype,bytes,time_us,time_us_inplace,algbw_GBps\n" + row);
  });
}

}  // namespace

TEST_CASE("collective tables: rows go by GPU and NCCL; a point measured twice is two samples") {
  const auto tables = read(points);
  REQUIRE(tables.size() == 2);  // the row of 0 bytes is in none
  CHECK(tables[0].gpu == "a");
  CHECK(tables[0].nccl == "2.27.3");
  CHECK(tables[0].source == "times");
  REQUIRE(tables[0].samples.size() == 2);
  CHECK(tables[0].samples[0].collective == Collective::all_gather);
  CHECK(tables[0].samples[0].dtype == "half");
  CHECK(tables[0].samples[0].ranks == 2);
  CHECK(tables[0].samples[0].nodes == 1);
  CHECK(tables[0].samples[0].bytes == sim::Bytes{1'000'000});
  CHECK(tables[0].samples[0].seconds == doctest::Approx(10e-6));
  CHECK_FALSE(tables[0].samples[0].in_place_seconds);
  CHECK(tables[0].samples[1].seconds == doctest::Approx(12.5e-6));
  CHECK(tables[1].gpu == "b");
  CHECK(tables[1].samples.at(0).collective == Collective::all_to_all);
}

TEST_CASE("collective tables: a log is a table of its own, with nodes and times in place") {
  const auto tables = read(logs);
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].source == "one");
  CHECK(tables[0].nccl.empty());
  CHECK(tables[0].samples.at(0).collective == Collective::reduce_scatter);
  CHECK(tables[0].samples[0].nodes == 2);
  CHECK(tables[0].samples[0].in_place_seconds.value() == doctest::Approx(40e-6));
  CHECK(tables[1].samples.at(0).collective == Collective::send_receive);
  CHECK_FALSE(tables[1].samples[0].in_place_seconds);
}

TEST_CASE("collective tables: collectives by all the names that people give them") {
  for (const char* const name : {"all_to_all", "all-to-all", "alltoall", "AllToAll"}) {
    CHECK(cli::collective_named(name) == Collective::all_to_all);
  }
  CHECK(cli::collective_named("sendrecv") == Collective::send_receive);
  CHECK(cli::collective_named("send_receive") == Collective::send_receive);
  CHECK(cli::collective_named("broadcast") == Collective::broadcast);
  CHECK(cli::collective_named("reduce") == Collective::reduce);
  CHECK_FALSE(cli::collective_named("all"));
  CHECK_FALSE(cli::collective_named(""));
}

TEST_CASE("collective tables: errors name the place, what was expected and the likely fix") {
  CHECK(error_with("a,all_redcue,1,8,half,8,1,,\n") ==
        "dir/times.csv:2:3: error: op: unknown collective 'all_redcue'\n"
        "  hint: did you mean 'all-reduce'?");
  CHECK(error_with("a,all_reduce,1,1,half,8,1,,\n") ==
        "dir/times.csv:2:16: error: nranks: expected a whole number from 2 to 1048576, got '1'");
  CHECK(error_with("a,all_reduce,9,8,half,8,1,,\n") ==
        "dir/times.csv:2:14: error: nodes: expected a whole number from 1 to 8, got '9'");
  CHECK(error_with("a,all_reduce,1,8,half,99999999999999999999,1,,\n") ==
        "dir/times.csv:2:23: error: bytes: expected a whole number from 0 to 9007199254740992, got "
        "'99999999999999999999'");
  for (const std::string time : {"0", "-3", "nan", "inf", "1e-9", "1e13", "", "x"}) {
    CHECK(error_with("a,all_reduce,1,8,half,8," + time + ",,\n") ==
          "dir/times.csv:2:25: error: time_us: expected a time in us from 0.001 to 1000000000000, "
          "got '" +
              time + "'");
  }
  CHECK(error_with("a,all_reduce,1,8,half,8,1,-1,\n") ==
        "dir/times.csv:2:27: error: time_us_inplace: expected a time in us from 0.001 to "
        "1000000000000, got '-1'");
  CHECK(error_of([] { return read("gpu,op,nranks,size,dtype,time_us\na,b,2,8,half,1\n"); }) ==
        "dir/times.csv:1:1: error: missing column 'bytes' or 'size_bytes'");
  CHECK(error_of([] { return read("gpu,op,nranks,bytes,time_us\na,reduce,2,8,1\n"); }) ==
        "dir/times.csv:1:1: error: missing column 'dtype' or 'nccl_dtype'");
  CHECK(error_with("a,all_reduce,3,8,half,8,1,,\n") ==
        "dir/times.csv:2:14: error: nodes: 8 ranks cannot be spread evenly over 3 servers");
  CHECK(error_with("a,all_reduce,1,8,hlaf,8,1,,\n") ==
        "dir/times.csv:2:18: error: dtype: unknown type 'hlaf'\n  hint: did you mean 'half'?");
  CHECK(error_with("a,gather,1,8,half,8,1,,\n") ==
        "dir/times.csv:2:3: error: op: a profile knows no costs of 'gather'");
}

TEST_CASE("collective tables: a mark of byte order before the header is none of its letters") {
  const auto tables = read("\xEF\xBB\xBFgpu,op,nranks,bytes,dtype,time_us\na,reduce,2,8,half,1\n");
  REQUIRE(tables.size() == 1);
  CHECK(tables[0].gpu == "a");
}

TEST_CASE("collective tables: an all-gather that counts the bytes of one rank is refused") {
  // 8 ranks gather 1 MB each in 100 us: 80 GB/s, but 1 MB / 100 us is 10 GB/s.
  CHECK(error_with("a,all_gather,1,8,half,1000000,100,,80\n") ==
        "dir/times.csv:2:36: error: algbw_GBps: is 80, but bytes over time is 10\n"
        "  hint: bytes are the larger of a rank's two buffers: all that an all-gather gathers");
  CHECK(error_with("a,all_gather,1,8,half,8000000,100,,80\n") == "no error");
}

TEST_CASE("fuzz: a damaged table of collectives is read or refused, never anything else") {
  for (const std::string& text : {points, logs}) {
    std::mt19937 random{1};
    int refused = 0;
    for (int round = 0; round < 4000; ++round) {
      try {
        for (const auto& table : read(cli_test::mutated(text, random))) {
          for (const auto& sample : table.samples) {
            CHECK(sample.seconds > 0);
            CHECK(sample.ranks > 1);
          }
        }
      } catch (const sim::Error&) {
        ++refused;
      }
    }
    CHECK(refused > 1000);
  }
}

TEST_CASE("reference: the tables of others are read, row for row") {
  const auto single = reference_file("nccl/single_node_visible.csv");
  const auto several = reference_file("nccl/logs_visible.csv");
  if (!single || !several) {
    MESSAGE("skipped: the measured tables are not here");
    return;
  }
  const auto nodes =
      cli::read_collective_tables(cli::CsvTable{single->string(), read_text(*single)});
  CHECK(nodes.size() == 4);
  for (const auto& table : nodes) {
    CHECK(table.samples.size() == 504);
    CHECK(table.source == "single_node_visible");
    CHECK(table.nccl.starts_with("2.2"));
  }
  std::size_t rows = 0;
  for (const auto& table :
       cli::read_collective_tables(cli::CsvTable{several->string(), read_text(*several)})) {
    rows += table.samples.size();
  }
  CHECK(rows == 523);
}
