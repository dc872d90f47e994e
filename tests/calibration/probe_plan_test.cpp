// What espalier-calibrate measures, and its command line: all that needs no GPU.

#include "calibration/probe/plan.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/probe/plan_parts.hpp"
#include "calibration/probe/program_options.hpp"
#include "calibration/probe/progress.hpp"
#include "calibration/probe/time_shares.hpp"
#include "cli/process.hpp"
#include "sim/error.hpp"
#include "tests/cli/scratch_directory.hpp"

using namespace probe;

namespace {

const Group* group_of(const std::vector<Group>& plan, std::string_view name) {
  const auto found = std::ranges::find(plan, name, &Group::name);
  return found == plan.end() ? nullptr : &*found;
}

PlanRequest request_of(Extent extent, int gpus) {
  PlanRequest request;
  request.extent = extent;
  request.gpus = gpus;
  request.ranks = gpus;
  return request;
}

PlanRequest only(std::vector<std::string> names) {
  PlanRequest request;
  request.only = std::move(names);
  return request;
}

std::set<std::string> keys_of(const std::vector<Group>& plan) {
  std::set<std::string> keys;
  for (const Group& group : plan) {
    for (const Point& point : group.points) {
      keys.insert(point.key.text());
    }
  }
  return keys;
}

std::size_t points_of(const std::vector<Group>& plan) {
  std::size_t points = 0;
  for (const Group& group : plan) {
    points += group.points.size();
  }
  return points;
}

std::string error_of(const std::vector<std::string>& words) {
  try {
    (void)parse_program_options(words);
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("plan: a full run stays under 8 minutes, a quick one under one, with time to spare") {
  for (const int gpus : {1, 2, 8}) {
    CAPTURE(gpus);
    const PlanRequest full = request_of(Extent::full, gpus);
    CHECK(expected_seconds(make_plan(full)) < parse_program_options({"-o", "x"}).budget);
    CHECK(parse_program_options({"-o", "x"}).budget < Seconds{8 * 60});
    const PlanRequest quick = request_of(Extent::quick, gpus);
    CHECK(expected_seconds(make_plan(quick)) <
          parse_program_options({"-o", "x", "--quick"}).budget);
  }
  CHECK(parse_program_options({"-o", "x", "--quick"}).budget < Seconds{60});
}

TEST_CASE("plan: no point comes twice, and a quick plan is a part of the full one") {
  const auto full = make_plan({});
  const auto quick = make_plan(request_of(Extent::quick, 1));
  const std::set<std::string> all = keys_of(full);
  CHECK(all.size() == points_of(full));
  CHECK(std::ranges::includes(all, keys_of(quick)));
  CHECK(points_of(quick) * 8 < points_of(full));
  for (const Group& group : full) {
    CHECK_MESSAGE(group_of(quick, group.name) != nullptr, group.name);
  }
}

TEST_CASE("plan: it is the same in every run") {
  const auto first = make_plan({});
  const auto second = make_plan({});
  REQUIRE(first.size() == second.size());
  for (std::size_t g = 0; g < first.size(); ++g) {
    CHECK(std::ranges::equal(first[g].points, second[g].points, {}, &Point::key, &Point::key));
  }
}

TEST_CASE("plan: sizes come in no order, so that a drift does not look like an effect of size") {
  const auto plan = make_plan(only({"gemm"}));
  // Of two neighbours the second has the larger m as often as not: 1/2 +- 4 standard deviations
  // of that many coins, less the few that are equal.
  const auto& points = plan.front().points;
  double larger = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    larger += calibration::shape_number(points[i].key.shape, "m") >
                      calibration::shape_number(points[i - 1].key.shape, "m")
                  ? 1
                  : 0;
  }
  const double count = static_cast<double>(points.size());
  CHECK(std::abs((larger / count) - 0.5) < (2 / std::sqrt(count)) + 0.03);
}

TEST_CASE("plan: the GEMMs that it promises") {
  const auto keys = keys_of(make_plan({}));
  const auto has = [&](const std::string& key) {
    CAPTURE(key);
    CHECK(keys.contains(key));
  };
  for (const char* variant : {"default", "best"}) {
    const std::string start = std::string{"gemm bfloat16 "} + variant;
    for (const char* m : {"1", "127", "128", "129", "255", "256", "257", "4096", "32768"}) {
      has(start + " m=" + m + " n=4096 k=4096");
    }
    has(start + " m=333 n=1111 k=777");
  }
  has("gemm fp8 default m=4096 n=8192 k=8192");
  has("batched_gemm bfloat16 default batch=32 m=1024 n=1024 k=128");
  has("batched_gemm bfloat16 default batch=32 m=1024 n=128 k=1024");
  has("grouped_gemm bfloat16 best experts=8 tokens=512 n=14336 k=4096");
  std::set<std::string> dtypes;
  std::set<std::pair<double, double>> layers;
  const auto plan = make_plan(only({"gemm"}));
  for (const Point& point : plan.front().points) {
    dtypes.insert(point.key.dtype);
    const double n = calibration::shape_number(point.key.shape, "n");
    const double k = calibration::shape_number(point.key.shape, "k");
    layers.emplace(n, k);
    const bool fp8 = point.key.dtype == "fp8";
    CHECK((!fp8 || (std::fmod(n, 16) == 0 && std::fmod(k, 16) == 0)));
    CHECK(point.bytes > 0);
  }
  CHECK(dtypes == std::set<std::string>{"bfloat16", "float16", "fp8", "tf32"});
  // Query, key and value, output, up and down of each hidden size at tensor parallelism 1 and 8.
  for (const double hidden : {1024.0, 2048.0, 4096.0, 5120.0, 8192.0, 12288.0, 16384.0}) {
    for (const double ways : {1.0, 8.0}) {
      CAPTURE(hidden);
      CHECK(layers.contains({3 * hidden / ways, hidden}));
      CHECK(layers.contains({hidden, hidden / ways}));
      CHECK(layers.contains({4 * hidden / ways, hidden}));
      CHECK(layers.contains({hidden, 4 * hidden / ways}));
    }
  }
}

TEST_CASE("plan: every operation is there, memory-bound ones from 4 KiB to 1 GiB") {
  std::set<std::string> ops;
  const auto plan = make_plan(request_of(Extent::full, 8));
  for (const Group& group : plan) {
    for (const Point& point : group.points) {
      ops.insert(point.key.op);
    }
  }
  CHECK(ops == std::set<std::string>{"gemm",
                                     "batched_gemm",
                                     "grouped_gemm",
                                     "attention",
                                     "softmax",
                                     "layer_norm",
                                     "rms_norm",
                                     "gelu",
                                     "swiglu",
                                     "residual_add",
                                     "embedding",
                                     "cross_entropy",
                                     "adam",
                                     "reduce_add",
                                     "copy",
                                     "launch_latency",
                                     "launch_throughput",
                                     "graph_launch",
                                     "graph_node",
                                     "event_record",
                                     "event_query",
                                     "event_synchronize",
                                     "stream_synchronize",
                                     "copy_h2d",
                                     "copy_d2h",
                                     "copy_d2d",
                                     "copy_peer",
                                     "copy_overlap",
                                     "contention_gemm",
                                     "contention_copy",
                                     "all_reduce",
                                     "all_gather",
                                     "reduce_scatter",
                                     "all_to_all",
                                     "broadcast",
                                     "send_receive"});
  for (const char* op : {"softmax", "adam", "copy", "swiglu"}) {
    CAPTURE(op);
    double least = 1e18;
    double most = 0;
    const auto alone = make_plan(only({op}));
    for (const Point& point : alone.front().points) {
      least = std::min(least, point.bytes);
      most = std::max(most, point.bytes);
    }
    CHECK(least == doctest::Approx(4096).epsilon(0.03));
    CHECK(most == doctest::Approx(1073741824).epsilon(0.01));
  }
}

TEST_CASE("plan: one GPU has no peers and no forced algorithms, eight have both") {
  const auto one = make_plan(only({"copy_peer", "all_reduce"}));
  CHECK(one.size() == 1);
  for (const Point& point : one.front().points) {
    CHECK(point.key.variant == "auto");
    CHECK(calibration::shape_number(point.key.shape, "ranks") == 1);
  }
  CHECK(not_measurable({}).size() == 4);
  const auto keys = keys_of(make_plan(request_of(Extent::full, 8)));
  CHECK(keys.contains("all_reduce bfloat16 ring_ll128 ranks=8 bytes=1024"));
  CHECK(keys.contains("all_reduce bfloat16 auto ranks=8 bytes=8589934592"));
  CHECK(keys.contains("all_reduce bfloat16 auto ranks=2 bytes=2048"));
  CHECK(keys.contains("copy_peer none default from=0 to=7 bytes=4"));
  CHECK(not_measurable(request_of(Extent::full, 8)).size() == 2);
}

TEST_CASE("plan: --only takes groups and operations, and knows what was meant") {
  const auto plan = make_plan(only({"softmax", "launch"}));
  REQUIRE(plan.size() == 2);
  for (const Point& point : group_of(plan, "memory")->points) {
    CHECK(point.key.op == "softmax");
  }
  CHECK_THROWS_WITH_AS((void)make_plan(only({"sotfmax"})),
                       "espalier-calibrate: error: --only: unknown group or op 'sotfmax'\n"
                       "  hint: did you mean 'softmax'?",
                       sim::Error);
}

TEST_CASE("plan: van der Corput's sequence") {
  CHECK(van_der_corput(1, 2) == 0.5);
  CHECK(van_der_corput(2, 2) == 0.25);
  CHECK(van_der_corput(3, 2) == 0.75);
  CHECK(van_der_corput(5, 3) == doctest::Approx((2.0 / 3) + (1.0 / 9)));  // 12 in base 3: 0.21
}

TEST_CASE("time: a group has its share of what is left, and leaves the next ones what it saves") {
  const auto group_of_seconds = [](double seconds) {
    Group group{.name = "", .what = "", .points = {}};
    group.points.push_back({.key = {}, .budget = Seconds{1}, .expected = Seconds{seconds}});
    return group;
  };
  // Expected are 10, 30 and 60 s; there are 200, from 1000 on.
  const std::vector<Group> plan{group_of_seconds(10), group_of_seconds(30), group_of_seconds(60)};
  TimeShares shares{Seconds{1000}, Seconds{200}, plan};
  CHECK(shares.scale() == 1);
  CHECK(shares.deadline_of(plan[0], Seconds{1000}).count() == doctest::Approx(1020));
  // It took but 5 s: a third of the 195 left.
  CHECK(shares.deadline_of(plan[1], Seconds{1005}).count() == doctest::Approx(1070));
  // The second took too long; the last has all that is left, or nothing.
  CHECK(shares.deadline_of(plan[2], Seconds{1100}).count() == doctest::Approx(1200));
  TimeShares late{Seconds{0}, Seconds{50}, plan};
  CHECK(late.scale() == 0.5);
  CHECK(late.deadline_of(plan[0], Seconds{60}) == Seconds{60});
}

TEST_CASE("options: what is given is what is done") {
  const ProgramOptions options = parse_program_options(
      {"-o", "x.jsonl", "--quick", "--only", "gemm,copy", "--device", "2", "--budget", "30"});
  CHECK(options.action == Action::measure);
  CHECK(options.output == "x.jsonl");
  CHECK(options.extent == Extent::quick);
  CHECK(options.only == std::vector<std::string>{"gemm", "copy"});
  CHECK(options.device == 2);
  CHECK(options.budget == Seconds{30});
  CHECK(parse_program_options({"--dry-run"}).action == Action::dry_run);
  CHECK(parse_program_options({"--help"}).action == Action::help);
  CHECK(parse_program_options({"-o", "x", "--nccl-child", "auto"}).action ==
        Action::measure_collective);
  const std::string start = "espalier-calibrate: error: ";
  CHECK(error_of({"--ouptut", "x"}) ==
        start + "unknown option '--ouptut'\n  hint: did you mean '--output'?");
  CHECK(error_of({}) == start + "missing --output\n  hint: espalier-calibrate -o samples.jsonl");
  CHECK(error_of({"-o", "x", "--device", "1.5"}) ==
        start + "--device: expected a whole number, got '1.5'");
  CHECK(error_of({"-o", "x", "--budget", "0"}) ==
        start + "--budget: expected a number from 1 to 86400, got '0'");
  CHECK(error_of({"-o", "x", "--budget", "30s"}).starts_with(start + "--budget: expected"));
  CHECK(error_of({"-o", "x", "--only", ""}).starts_with(start));
  CHECK(error_of({"x"}).starts_with(start));
  CHECK(error_of({"-o", "x", "-o", "y"}).starts_with(start));
}

TEST_CASE("progress: how far a group is, and how long the rest takes") {
  CHECK(progress_text("gemm", 12, 340, Seconds{185.2}) == "gemm 12/340, 3 min 6 s left");
  CHECK(progress_text("copy", 0, 5, Seconds{4}) == "copy 0/5, 4 s left");
}

#ifdef ESPALIER_CALIBRATE
TEST_CASE("program: espalier-calibrate shows its plan, and does not measure without a GPU") {
  const cli::ScratchDirectory folder;
  const std::string file = (folder.path() / "s.jsonl").string();
  // Of a GPU that is there nothing is to be seen.
  const auto run = [](std::vector<std::string> words) {
    const std::vector<std::string> command{"env", "CUDA_VISIBLE_DEVICES=", ESPALIER_CALIBRATE};
    words.insert(words.begin(), command.begin(), command.end());
    return cli::run_process(words, "");
  };
  const auto plan = run({"--dry-run"});
  CAPTURE(plan.errors);
  CHECK(plan.status == 0);
  CHECK(plan.output.find("\ngemm ") != std::string::npos);
  CHECK(plan.output.find("\ntotal ") != std::string::npos);
  CHECK(run({"--help"}).status == 0);
  const auto without = run({"-o", file});
  CHECK(without.status == 2);
  CHECK(without.errors.starts_with("espalier-calibrate: error: no NVIDIA GPU to measure\n"));
  CHECK(folder.entries() == 0);
  CHECK(run({"--quik"}).status == 2);
}
#endif
