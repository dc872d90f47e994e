#include "cli/nccl_tests_input.hpp"

#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "sim/error.hpp"
#include "tests/cli/mutated.hpp"
#include "tests/reference_data.hpp"
#include "tests/topology/support.hpp"

using cli::NcclTestsOptions;
using collectives::Collective;
using topology_test::error_of;

namespace {

// All samples are made up. 1 MB in 10 us are 100 GB/s; all-reduce over 4 ranks has 1.5 times that
// on the bus, all-gather 0.75 times.
const std::string header =
    "# nThread 1 nGpus 1 minBytes 8 maxBytes 1000000 step: 2(factor) warmup iters: 1 iters: 20\n"
    "#\n"
    "# Using devices\n"
    "#  Rank  0 Group  0 Pid    100 on     node-a device  0 [0000:0f:00] NVIDIA H100 80GB HBM3\n"
    "#  Rank  1 Group  0 Pid    101 on     node-a device  1 [0000:10:00] NVIDIA H100 80GB HBM3\n"
    "#  Rank  2 Group  0 Pid    200 on     node-b device  0 [0000:0f:00] NVIDIA H100 80GB HBM3\n"
    "#  Rank  3 Group  0 Pid    201 on     node-b device  1 [0000:10:00] NVIDIA H100 80GB HBM3\n"
    "NCCL version 2.28.3+cuda13.0\n";

const std::string titles =
    "#\n"
    "#                                                       out-of-place                in-place\n"
    "#    size   count   type  redop  root  time  algbw  busbw  #wrong  time  algbw  busbw #wrong\n"
    "#     (B) (elements)                   (us) (GB/s) (GB/s)          (us) (GB/s) (GB/s)\n";

const std::string rows =
    "        0       0  float    sum    -1  4.00   0.00   0.00       0  4.00   0.00   0.00      0\n"
    "        0       0  float    sum    -1  4.10   0.00   0.00       0  4.00   0.00   0.00      0\n"
    "        8       2  float    sum    -1  5.00   0.00   0.00       0  4.00   0.00   0.00    N/A\n"
    "node-a:100:120 [0] NCCL INFO comm 0x55 rank 0 nranks 4 cudaDev 0 1000000 250000 float sum\n"
    "  1000000  250000  float    sum    -1 10.00 100.00 150.00       0  8.00 125.00 187.50      "
    "0\n";

const std::string footer =
    "# Out of bounds values : 0 OK\n"
    "# Avg bus bandwidth    : 84.4\n"
    "#\n"
    "# Collective test concluded: all_reduce_perf\n";

const std::string all_reduce =
    "# Collective test starting: all_reduce_perf\n" + header + titles + rows + footer;

const std::string json = R"({"version":3,"start_time":"2026-01-02 03:04:05",
"args":["\/opt\/nccl-tests\/all_reduce_perf","-b","8"],"env":["A=B"],"nccl_version":22803,
"config":{"nthreads":1,"ngpus":2,"minimum_bytes":8,"validation":1,"parallel_init":"false",
 "devices":[{"rank":0,"group":0,"pid":1,"hostname":"node-a","device":0,"device_hex":"0000:0f:00",
             "device_info":"NVIDIA H200"},
            {"rank":2,"group":0,"pid":2,"hostname":"node-b","device":0,"device_hex":"0000:0f:00",
             "device_info":"NVIDIA H200"}]},
"results":[
 {"size":0,"count":0,"type":"float","redop":"sum","root":"    -1",
  "out_of_place":{"time":4.0,"alg_bw":0.0,"bus_bw":0.0,"nwrong":0.0},
  "in_place":{"time":4.0,"alg_bw":0.0,"bus_bw":0.0,"nwrong":0.0}},
 {"size":1000000,"count":250000,"type":"float","redop":"sum","root":"    -1",
  "out_of_place":{"time":10.0,"alg_bw":100.0,"bus_bw":150.0,"nwrong":0.0},
  "out_of_place_per_iter":{"min_us":9.0,"p50_us":10.0,"times_us":[9.0,11.0]},
  "in_place":{"time":8.0,"alg_bw":125.0,"bus_bw":187.5,"nwrong":null},
  "actual_iterations":20,"experiment_name":"AllReduce"}],
"out_of_bounds":{"count":0,"okay":"true"},
"average_bus_bandwidth":{"bandwidth":150.0,"okay":"unchecked"},"end_time":"2026-01-02 03:04:06"})";

std::vector<cli::CollectiveTable> read(const std::string& text,
                                       const NcclTestsOptions& options = {},
                                       const std::string& file = "log.txt") {
  return cli::read_nccl_tests_text(file, text, options);
}

std::vector<cli::CollectiveTable> read_json(const std::string& text,
                                            const NcclTestsOptions& options = {}) {
  return cli::read_nccl_tests_json("log.json", text, options);
}

/// The only sample of the only table.
cli::CollectiveSample only(const std::vector<cli::CollectiveTable>& tables) {
  REQUIRE(tables.size() == 1);
  REQUIRE(tables[0].samples.size() == 1);
  return tables[0].samples[0];
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("nccl-tests text: samples, ranks, nodes, GPU, NCCL and collective from a dirty log") {
  const auto tables = read(all_reduce);
  REQUIRE(tables.size() == 1);
  CHECK(tables[0].gpu == "NVIDIA H100 80GB HBM3");
  CHECK(tables[0].nccl == "2.28.3");
  CHECK(tables[0].source == "log");
  REQUIRE(tables[0].samples.size() == 2);  // without the rows of 0 bytes
  const cli::CollectiveSample& sample = tables[0].samples[1];
  CHECK(sample.collective == Collective::all_reduce);
  CHECK(sample.dtype == "float");
  CHECK(sample.ranks == 4);
  CHECK(sample.nodes == 2);
  CHECK(sample.bytes == sim::Bytes{1'000'000});
  CHECK(sample.seconds == doctest::Approx(10e-6));
  CHECK(sample.in_place_seconds.value() == doctest::Approx(8e-6));
}

TEST_CASE("nccl-tests text: line ends of Windows and the tags of mpirun do not matter") {
  std::string tagged;
  std::string text = all_reduce;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos;) {
    tagged += "[1,0]<stdout>:" + text.substr(0, end) + "\r\n";
    text.erase(0, end + 1);
  }
  const auto tables = read(tagged);
  REQUIRE(tables.size() == 1);
  CHECK(tables[0].samples.size() == 2);
  CHECK(tables[0].gpu == "NVIDIA H100 80GB HBM3");
}

TEST_CASE("nccl-tests text: the old layout, one process with eight GPUs") {
  const std::string devices =
      "# nThread 1 nGpus 8 minBytes 1 maxBytes 8 step: 2(factor) warmup iters: 5 iters: 20\n"
      "#   Rank  0 Pid 7 on localhost device  0 [0x07] A100-SXM4-40GB\n"
      "#   Rank  1 Pid 7 on localhost device  1 [0x0a] A100-SXM4-40GB\n"
      "...\n";  // the list stops after 2048 letters
  const auto body = [](const std::string& words) {
    return "  8000000  " + words + "  10.00  800.00  700.00  4e-07  10.00  800.00  700.00  N/A\n";
  };
  const std::string with_operator = "# size count type redop time algbw busbw error time algbw\n";
  const std::string without = "# size count type time algbw busbw error time algbw busbw error\n";

  CHECK(only(read(devices + without + body("250000 float"))).collective == Collective::all_gather);
  CHECK(only(read(devices + with_operator + body("250000 float"))).collective ==
        Collective::all_to_all);
  const auto scattered = only(read(devices + with_operator + body("250000 float sum")));
  CHECK(scattered.collective == Collective::reduce_scatter);
  CHECK(scattered.ranks == 8);
  CHECK(scattered.nodes == 1);
  CHECK(read(devices + without + body("250000 float"))[0].gpu == "A100-SXM4-40GB");
  const std::string whole =
      "8000000 2000000 float 0 10.00 800.00 800.00 0e+00 10.00 800.00 800.00 0e+00\n";
  CHECK(only(read(devices + "# size count type root time algbw busbw error time\n" + whole))
            .collective == Collective::broadcast);
}

TEST_CASE("nccl-tests text: times of each iteration, bitwise checks and timestamps") {
  const std::string iterations = "9.00 11.00 10.90 2.50 ";
  for (const std::string& extra :
       {std::string{}, iterations, "0 " + iterations, std::string{"0 "}}) {
    for (const std::string date : {"", "2026-02-03 04:05:06"}) {
      const std::string half = "10.00 100.00 150.00 0 " + extra;
      std::string row = "1000000 250000 float sum -1 ";
      row.append(half).append(half).append(date).append("\n");
      const auto sample = only(read(row, {.ranks = 4}));
      CHECK(sample.collective == Collective::all_reduce);
      CHECK(sample.in_place_seconds.value() == doctest::Approx(10e-6));
    }
  }
}

TEST_CASE("nccl-tests text: large numbers lose digits and are still what they are") {
  // 17 GB in 1.6e+05 us: 155000 to 165000, so algbw may be 104 to 111.
  const std::string row =
      "17179869184 4294967296 float sum -1 1.6e+05 104.11 182.20 0 165012 104.11 182.20 0\n";
  const auto sample = only(read(row));
  CHECK(sample.seconds == doctest::Approx(0.16));
  CHECK(sample.ranks == 8);
  CHECK(error_of([&] { return read(replaced(row, "1.6e+05", " 160000")); }) ==
        "log.txt:1:1: error: algbw is 104.11, but 17179869184 B in 160000 us are 107.4 GB/s");
}

TEST_CASE("nccl-tests text: of a table alone, columns and bandwidths tell the rest") {
  const auto row = [](const std::string& words, const std::string& busbw) {
    const std::string half = " 10.00 800.00 " + busbw + " 0 ";
    return "8000000 " + words + half + half + "\n";
  };
  // 2 (n - 1) / n = 1.75 has n = 8; a count of an eighth of the size too.
  const auto reduced = only(read(row("2000000 float sum -1", "1400.00")));
  CHECK(reduced.collective == Collective::all_reduce);
  CHECK(reduced.ranks == 8);
  const auto scattered = only(read(row("250000 float sum -1", "700.00")));
  CHECK(scattered.collective == Collective::reduce_scatter);
  CHECK(scattered.ranks == 8);
  CHECK(only(read(row("2000000 float none 0", "800.00"), {.ranks = 8})).collective ==
        Collective::broadcast);
  CHECK(only(read(row("2000000 float sum 0", "800.00"), {.ranks = 8})).collective ==
        Collective::reduce);

  const std::string gathered = row("250000 float none -1", "700.00");
  CHECK(error_of([&] { return read(gathered); }) ==
        "log.txt:1:1: error: the rows from here on could be all-gather or all-to-all\n"
        "  hint: say which it is: --collective, or a name of the file");
  CHECK(only(read(gathered, {.collective = Collective::all_to_all})).ranks == 8);
  CHECK(only(read(gathered, {}, "dir/H100_AllGather.2.txt")).collective == Collective::all_gather);
  CHECK(error_of([&] { return read(gathered, {}, "allgather_alltoall.txt"); }).find("could be") !=
        std::string::npos);
  CHECK(error_of([&] { return read(row("2000000 float sum -1", "800.00")); }) ==
        "log.txt:1:1: error: the rows from here on could be all-reduce or send-receive\n"
        "  hint: say which it is: --collective, or a name of the file");
  CHECK(error_of([&] { return read(row("2000000 float none 0", "800.00")); }) ==
        "log.txt:1:1: error: missing the number of ranks: there is no list of devices\n"
        "  hint: say it: --ranks");
  CHECK(error_of([&] { return read(row("300000 float none -1", "700.00")); }) ==
        "log.txt:1:1: error: no collective has this row, and those before it\n"
        "  hint: say which it is: --collective, or a name of the file");
  const std::string second = row("2000000 float sum -1", "700.00");
  CHECK(error_of([&] {
          return read(row("2000000 float sum -1", "1400.00") + second);
        }).starts_with("log.txt:2:1: error: no collective has this row, and those before it\n"));
  // 1.99 within half a hundredth of 800: 2 / (2 - f) is 199.7 to 200.3; of 80, 199.7 to 201.6.
  CHECK(only(read(row("2000000 float sum -1", "1592.00"))).ranks == 200);
  const std::string few = "800 200 float sum -1 0.01 80.00 159.20 0 0.01 80.00 159.20 0\n";
  CHECK(error_of([&] { return read(few); }) ==
        "log.txt:1:1: error: missing the number of ranks, and busbw / algbw fits 197 to 203\n"
        "  hint: say it: --ranks");
}

TEST_CASE("nccl-tests text: what is said goes before what is found, and must fit") {
  CHECK(only(read(replaced(all_reduce, "        8       2  float", "        0       0  float"),
                  {.nodes = 1, .gpu = "mine"}))
            .nodes == 1);
  CHECK(read(all_reduce, {.gpu = "mine"})[0].gpu == "mine");
  CHECK(error_of([] { return read(all_reduce, {.ranks = 8}); }) ==
        "log.txt:18:1: error: busbw is 150 and algbw 100, but over 8 ranks all-reduce has 1.75 "
        "times algbw\n"
        "  hint: if the file is right, say what it is: --collective and --ranks");
  CHECK(error_of([] { return read(all_reduce, {.collective = Collective::broadcast}); }) ==
        "log.txt:18:1: error: busbw is 150 and algbw 100, but over 4 ranks broadcast has 1 times "
        "algbw\n"
        "  hint: if the file is right, say what it is: --collective and --ranks");
  CHECK(error_of([] { return read(all_reduce, {.ranks = 1}); }) ==
        "log.txt:16:1: error: expected 2 to 1048576 ranks, got 1");
}

TEST_CASE("nccl-tests text: runs that follow each other are read each for itself") {
  const std::string failed = "# Collective test starting: broadcast_perf\n" + header;
  const std::string of_three = replaced(header, "#  Rank  3", "rank 3 of ");  // cut by something
  const std::string gather =
      "# Collective test starting: all_gather_perf\n" + of_three + titles +
      "1000000 83333 float none -1 10.00 100.00 66.67 0 8.00 125.00 83.33 0\n";
  const auto tables = read(all_reduce + failed + gather + all_reduce);
  REQUIRE(tables.size() == 1);
  REQUIRE(tables[0].samples.size() == 5);
  CHECK(tables[0].samples[2].collective == Collective::all_gather);
  CHECK(tables[0].samples[2].ranks == 3);
  CHECK(tables[0].samples[3].collective == Collective::all_reduce);
  CHECK(tables[0].samples[3].ranks == 4);
}

TEST_CASE("nccl-tests text: the version of the library counts when NCCL does not tell its own") {
  std::string text = replaced(all_reduce, "NCCL version 2.28.3+cuda13.0\n", "");
  text = "# nccl-tests version 2.17.6 nccl-headers=22807 nccl-library=22807\n" + text;
  CHECK(read(text)[0].nccl == "2.28.7");
}

TEST_CASE("nccl-tests text: errors name the line and what is wrong with it") {
  const auto error_with = [](std::string_view from, std::string_view to) {
    return error_of([&] { return read(replaced(all_reduce, from, to)); });
  };
  const std::string at = "log.txt:18:1: error: ";
  CHECK(error_with(" 10.00 100", " nan 100") ==
        at + "time: expected a number from 0 on, got 'nan'");
  CHECK(error_with(" 10.00 100", " -10.00 100") ==
        at + "time: expected a number from 0 on, got '-10.00'");
  CHECK(error_with(" 10.00 100", " 0.00 100") ==
        at + "time: expected us from 0.001 to 1000000000000, got '0.00'");
  CHECK(error_with(" 10.00 100", " 1e999 100") ==
        at + "time: expected a number from 0 on, got '1e999'");
  CHECK(error_with("  1000000  250000  float", "  99999999999999999999  250000  float") ==
        at + "size: expected 0 to 9007199254740992 B, got '99999999999999999999'");
  CHECK(error_with("  1000000  250000  float", "  1000000  -1  float") ==
        at + "count: expected 0 to 9007199254740992, got '-1'");
  CHECK(error_with("  1000000  250000  float", "  1000000  250000  flaot") ==
        at + "unknown type 'flaot'\n  hint: did you mean 'float'?");
  CHECK(error_with("187.50      0\n# Out", "\n# Out") ==
        at + "the row is cut off, or has something in it: expected [root] time algbw busbw #wrong "
             "time algbw busbw #wrong, got 7 columns");
  CHECK(error_with("150.00       0", "150.00       3") ==
        at + "results were wrong, so the time says nothing");
  CHECK(error_with("10.00 100.00 150.00", "20.00 100.00 150.00") ==
        at + "algbw is 100, but 1000000 B in 20 us are 50 GB/s");
  CHECK(error_with("starting: all_reduce_perf", "starting: hypercube_perf")
            .starts_with("log.txt:1:1: error: unknown collective 'hypercube'\n  hint: choose"));
  CHECK(error_with("#  Rank  1", "#  Rank  0") ==
        "log.txt:16:1: error: rank 0 is listed twice\n"
        "  hint: built without MPI, nccl-tests runs every process on its own");
  CHECK(error_with("NVIDIA H100 80GB HBM3\nNCCL", "NVIDIA H200\nNCCL") ==
        "log.txt:16:1: error: the ranks are on different GPUs, 'NVIDIA H100 80GB HBM3' and 'NVIDIA "
        "H200'");
  // A time in place that does not count is left out.
  CHECK_FALSE(
      read(replaced(all_reduce, "187.50      0", "187.50      9"))[0].samples[1].in_place_seconds);
}

TEST_CASE("nccl-tests text: a text without rows says how many lines it had, and shows a row") {
  const std::string hint =
      " lines\n  hint: a row is '1048576 262144 float sum -1 27.37 38.31 67.04 0 26.93 38.94 "
      "68.14 0'";
  CHECK(error_of([] { return read(header + titles); }) ==
        "log.txt: error: no row of nccl-tests in 12" + hint);
  CHECK(error_of([] { return read(""); }) == "log.txt: error: no row of nccl-tests in 0" + hint);
  CHECK(error_of([] { return read(rows.substr(0, rows.find("        8"))); }) ==
        "log.txt: error: no row of nccl-tests with bytes to send in 2" + hint);
  CHECK(error_of([] {
          return read(std::string(1000, '\0') + "\xff\xfe\n");
        }).starts_with("log.txt: error: no row of nccl-tests in 1 line\n"));
  CHECK_FALSE(cli::looks_like_nccl_tests("a,b\n1,2\n"));
  CHECK_FALSE(
      cli::looks_like_nccl_tests("1000 2345 1 0 12:00 ? 00:00:01 mpirun -np 2 prog -b 8\n"));
  CHECK(cli::looks_like_nccl_tests(header));
  CHECK(cli::looks_like_nccl_tests(rows));
}

TEST_CASE("nccl-tests text: times of the CPU are refused, unless asked for") {
  const std::string text = replaced(all_reduce, "root  time", "root  cputime");
  CHECK(error_of([&] { return read(text); }) ==
        "log.txt:12:1: error: these are times that the CPU took to launch, not times of the "
        "collective\n  hint: run it without -C 1");
  CHECK(read(text, {.cpu_times = cli::CpuTimes::accept})[0].samples.size() == 2);
}

TEST_CASE("nccl-tests json: the same samples as in the text") {
  const auto tables = read_json(json);
  const auto sample = only(tables);
  CHECK(tables[0].gpu == "NVIDIA H200");
  CHECK(tables[0].nccl == "2.28.3");
  CHECK(tables[0].source == "log");
  CHECK(sample.collective == Collective::all_reduce);
  CHECK(sample.ranks == 4);  // two processes of two GPUs; the file lists the first of each
  CHECK(sample.nodes == 2);
  CHECK(sample.bytes == sim::Bytes{1'000'000});
  CHECK(sample.seconds == doctest::Approx(10e-6));
  CHECK(sample.in_place_seconds.value() == doctest::Approx(8e-6));
}

TEST_CASE("nccl-tests json: errors point at the value") {
  const auto error_with = [](std::string_view from, std::string_view to) {
    return error_of([&] { return read_json(replaced(json, from, to)); });
  };
  CHECK(error_with("\"time\":10.0", "\"time\":\"nan\"") ==
        "log.json:13:26: error: results[1].out_of_place.time: expected a number from 0.001 to "
        "1000000000000, got \"nan\"");
  CHECK(error_with("\"time\":10.0", "\"time\":-1")
            .starts_with("log.json:13:26: error: results[1].out_of_place.time: expected"));
  CHECK(error_with("\"size\":1000000", "\"size\":18446744073709551615") ==
        "log.json:12:10: error: results[1].size: expected a whole number from 0 to "
        "9007199254740992, got 18446744073709551615");
  CHECK(error_with("\"nwrong\":null", "\"nwrong\":2.0") == "no error");
  CHECK(error_with("150.0,\"nwrong\":0.0", "150.0,\"nwrong\":2.0") ==
        "log.json:12:2: error: results[1]: results were wrong, so the time says nothing");
  CHECK(error_with("\"bus_bw\":150.0", "\"bus_bw\":175.0")
            .starts_with("log.json:12:2: error: results[1]: busbw is 175 and algbw 100, but "
                         "over 4 ranks all-reduce has 1.5 times algbw\n"));
  CHECK(error_with("all_reduce_perf", "all_redcue_perf") ==
        "log.json:2:9: error: args[0]: unknown collective 'all_redcue'\n"
        "  hint: did you mean 'all-reduce'?");
  CHECK(error_with("\"time\":10.0", "\"cpu_time\":10.0")
            .starts_with("log.json:13:30: error: results[1].out_of_place.cpu_time: this is the"));
  CHECK(error_with("\"size\":1000000", "\"size\":0") ==
        "log.json:8:11: error: results: no result with bytes to send");
  CHECK(error_of([] {
          return read_json(json.substr(0, json.size() / 2));
        }).starts_with("log.json: error: not JSON: "));
  // Without the name of the program, columns and bandwidths tell.
  CHECK(error_with("all_reduce_perf", "wrapper.sh") == "no error");
}

TEST_CASE("fuzz: a damaged output of nccl-tests is read or refused, never anything else") {
  const auto check = [](const std::string& text, unsigned seed, const auto& reader) {
    std::mt19937 random{seed};
    int refused = 0;
    for (int round = 0; round < 4000; ++round) {
      try {
        for (const auto& table : reader(cli_test::mutated(text, random))) {
          for (const auto& sample : table.samples) {
            CHECK(sample.seconds > 0);
            CHECK(sample.ranks > 1);
            CHECK(sample.bytes > sim::Bytes{0});
          }
        }
      } catch (const sim::Error&) {
        ++refused;
      }
    }
    CHECK(refused > 200);
    CHECK(refused < 3990);
  };
  const auto text = [](const std::string& mutant) { return read(mutant); };
  check(all_reduce, 1, text);
  check(rows, 2, text);
  check(json, 3, [](const std::string& mutant) { return read_json(mutant); });
}

TEST_CASE("reference: the logs of others are read") {
  struct Case {
    std::string file;
    Collective collective;
    std::size_t samples;
  };
  for (const Case& each : {Case{"dgxc_h100_8gpu_allreduce.txt", Collective::all_reduce, 32},
                           Case{"nccl_allgather.log", Collective::all_gather, 29},
                           Case{"nccl_allreduce.log", Collective::all_reduce, 32},
                           Case{"nccl_alltoall.log", Collective::all_to_all, 29},
                           Case{"nccl_broadcast.log", Collective::broadcast, 32},
                           Case{"nccl_reducescatter.log", Collective::reduce_scatter, 29}}) {
    CAPTURE(each.file);
    const auto path = reference_file("interop/nccl-tests/" + each.file);
    if (!path) {
      MESSAGE("skipped: the logs are not here");
      return;
    }
    // Columns and bandwidths say as much as the file's name.
    for (const std::string& name : {path->string(), std::string{"log.txt"}}) {
      const auto tables = cli::read_nccl_tests_text(name, read_text(*path), {});
      REQUIRE(tables.size() == 1);
      CHECK(tables[0].samples.size() == each.samples);
      for (const auto& sample : tables[0].samples) {
        CHECK(sample.collective == each.collective);
        CHECK(sample.ranks == 8);
        CHECK(sample.nodes == 1);
        CHECK(sample.in_place_seconds.has_value());
      }
      CHECK(tables[0].gpu == (each.file.starts_with("dgxc") ? "" : "A100-SXM4-40GB"));
    }
  }
}
