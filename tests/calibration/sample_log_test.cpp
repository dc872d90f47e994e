#include "calibration/sample_log.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "calibration/probe/resume.hpp"
#include "sim/error.hpp"
#include "tests/cli/scratch_directory.hpp"

using namespace calibration;

namespace {

SampleHeader some_header() {
  return {.gpu = "NVIDIA H100 80GB HBM3",
          .gpu_uuid = "GPU-1234",
          .gpus = 1,
          .processors = 132,
          .memory_bytes = 85017034752,
          .l2_bytes = 52428800,
          .sm_clock_mhz_max = 1980,
          .driver = "580.65.06",
          .cuda = "13.0",
          .cublas = "13.1.0",
          .nccl = "2.28.9",
          .cudnn = "none",
          .date = "2026-01-02T03:04:05Z",
          .command = "espalier-calibrate -o \"x\".jsonl",
          .host = "node1",
          .plan = probe::plan_version,
          .not_measured = {"copy_peer: one GPU"}};
}

Sample some_sample(double m) {
  return {.key = {.op = "gemm",
                  .dtype = "bfloat16",
                  .variant = "default",
                  .shape = {{"m", m}, {"n", 4096}, {"k", 1024}}},
          .bytes = 12345678,
          .seconds = {.median = 12.5e-6, .p5 = 12.25e-6, .p95 = 13e-6, .ci = 0.0078125},
          .repetitions = 24,
          .launches = 25,
          .cache = Cache::warm,
          .state = {.sm_mhz = 1755,
                    .memory_mhz = 2619,
                    .power_w = 412.5,
                    .temperature_c = 51,
                    .throttle = 0x4},
          .dropped = 3};
}

std::string error_of(const std::string& text) {
  try {
    (void)parse_sample_log("s.jsonl", text);
  } catch (const sim::Error& error) {
    return error.what();
  }
  return "no error";
}

std::string with(std::string line, const std::string& part, const std::string& other) {
  const std::size_t at = line.find(part);
  REQUIRE(at != std::string::npos);
  return line.replace(at, part.size(), other);
}

std::string content_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("sample log: what is written is read again") {
  const std::string text =
      to_line(some_header()) + to_line(some_sample(1)) + to_line(some_sample(4096));
  const auto log = parse_sample_log("s.jsonl", text);
  REQUIRE(log.has_value());
  CHECK(log->whole_bytes == text.size());
  REQUIRE(log->samples.size() == 2);
  CHECK(to_line(log->header) + to_line(log->samples[0]) + to_line(log->samples[1]) == text);
  const Sample& sample = log->samples[1];
  CHECK(sample.key == some_sample(4096).key);
  CHECK(sample.key.text() == "gemm bfloat16 default m=4096 n=4096 k=1024");
  CHECK(sample.seconds.median == doctest::Approx(12.5e-6));
  CHECK(sample.seconds.ci == 0.0078125);
  CHECK(sample.cache == Cache::warm);
  CHECK(sample.state.throttle == 4);
  CHECK(sample.dropped == 3);
  CHECK(shape_number(sample.key.shape, "k") == 1024);
  CHECK_THROWS_AS((void)shape_number(sample.key.shape, "batch"), sim::Failure);
}

TEST_CASE("sample log: a line is what the format says, to the byte") {
  CHECK(to_line(some_sample(4096)) ==
        R"({"op":"gemm","dtype":"bfloat16","variant":"default",)"
        R"("shape":{"m":4096,"n":4096,"k":1024},"bytes":12345678,"median_us":12.5,)"
        R"("p5_us":12.25,"p95_us":13,"ci":0.0078125,"samples":24,"launches":25,)"
        R"("cache":"warm","sm_mhz":1755,"mem_mhz":2619,"power_w":412.5,"temperature_c":51,)"
        R"("throttle":"0x4","dropped":3})"
        "\n");
}

TEST_CASE("sample log: a last line that was cut short is left out, wherever it was cut") {
  const std::string whole = to_line(some_header()) + to_line(some_sample(1));
  const std::string last = to_line(some_sample(2));
  for (std::size_t cut = 0; cut < last.size(); ++cut) {
    const auto log = parse_sample_log("s.jsonl", whole + last.substr(0, cut));
    REQUIRE(log.has_value());
    CHECK(log->samples.size() == 1);
    CHECK(log->whole_bytes == whole.size());
  }
  CHECK_FALSE(parse_sample_log("s.jsonl", "").has_value());
  CHECK_FALSE(parse_sample_log("s.jsonl", "{\"espalier_sam").has_value());
}

TEST_CASE("sample log: a bad line is an error at its place that says what was expected") {
  const std::string header = to_line(some_header());
  const std::string line = to_line(some_sample(1));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"hello\n", "s.jsonl:1:1: error: expected a line of JSON: "},
      {"[1]\n", "s.jsonl:1:1: error: expected an object"},
      {line, "s.jsonl:1:1: error: expected the header of a sample file"},
      {with(header, "\"espalier_samples\":1", "\"espalier_samples\":2"), "expected 1"},
      {header + line + header, "s.jsonl:3:1: error: unknown key 'espalier_samples'"},
      {header + with(line, "\"median_us\"", "\"median_su\""),
       "s.jsonl:2:1: error: unknown key 'median_su'\n  hint: did you mean 'median_us'?"},
      {header + with(line, "\"samples\":24,", ""), "s.jsonl:2:1: error: missing key 'samples'"},
      {header + with(line, "\"samples\":24", "\"samples\":2.5"),
       "s.jsonl:2:1: error: samples: expected a whole number of at least 1, got 2.5"},
      {header + line + with(line, "12.5", "-12.5"),
       "s.jsonl:3:1: error: median_us: expected a number of at least"},
      {header + with(line, "\"m\":1,", "\"m\":\"1\","),
       "s.jsonl:2:1: error: shape.m: expected a number of at least 0, got \"1\""},
      {header + with(line, "\"warm\"", "\"hot\""),
       "s.jsonl:2:1: error: cache: expected \"cold\" or \"warm\", got \"hot\""},
      {header + with(line, "\"0x4\"", "\"4\""), "throttle: expected a mask such as \"0x4\""},
      {header + with(line, "\"gemm\"", "7"), "op: expected a text, got 7"},
      {with(header, "[\"copy_peer: one GPU\"]", "[3]"), "not_measured: expected a list of texts"},
      {header + "\n", "s.jsonl:2:1: error: expected a line of JSON"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    const std::string error = error_of(text);
    CAPTURE(error);
    CHECK(error.find(expected) != std::string::npos);
  }
}

TEST_CASE("sample log: the writer appends, and cuts what an earlier run left half written") {
  const cli::ScratchDirectory folder;
  const std::string path = (folder.path() / "s.jsonl").string();
  const std::string header = to_line(some_header());
  {
    SampleWriter writer{path, 0};
    writer.append(header);
    writer.append(to_line(some_sample(1)));
    writer.append("{\"op\":\"ge");
  }
  const auto log = parse_sample_log(path, content_of(path));
  REQUIRE(log.has_value());
  {
    SampleWriter writer{path, log->whole_bytes};
    writer.append(to_line(some_sample(2)));
  }
  CHECK(content_of(path) == header + to_line(some_sample(1)) + to_line(some_sample(2)));
  CHECK_THROWS_AS((SampleWriter{(folder.path() / "no" / "s.jsonl").string(), 0}), sim::Failure);
}

TEST_CASE("resume: exactly the finished points are skipped") {
  const auto group_of = [](std::string_view name, double first) {
    probe::Group group{.name = name, .what = "", .points = {}};
    for (double m = first; m < first + 3; ++m) {
      group.points.push_back({.key = some_sample(m).key});
    }
    return group;
  };
  std::vector<probe::Group> plan{group_of("gemm", 1), group_of("more", 4)};
  Sample of_another_kind = some_sample(3);
  of_another_kind.key.variant = "best";
  const std::size_t skipped =
      probe::skip_finished(plan, {some_sample(2), some_sample(4), some_sample(5), some_sample(6),
                                  some_sample(99), of_another_kind});
  CHECK(skipped == 4);
  REQUIRE(plan[0].points.size() == 2);
  CHECK(plan[0].points[0].key == some_sample(1).key);
  CHECK(plan[0].points[1].key == some_sample(3).key);
  CHECK(plan[1].points.empty());
}

TEST_CASE("resume: a file is continued by the same GPU and plan, and by no other") {
  const cli::ScratchDirectory folder;
  const std::string path = (folder.path() / "s.jsonl").string();
  CHECK_FALSE(probe::read_begun(path, some_header()).has_header);

  const std::string whole = to_line(some_header()) + to_line(some_sample(1));
  std::ofstream{path} << whole << "{\"op\":";
  const probe::Begun begun = probe::read_begun(path, some_header());
  CHECK(begun.has_header);
  CHECK(begun.samples.size() == 1);
  CHECK(begun.whole_bytes == whole.size());

  const auto error_for = [&](const SampleHeader& now) {
    try {
      (void)probe::read_begun(path, now);
    } catch (const sim::Error& error) {
      return std::string{error.what()};
    }
    return std::string{"no error"};
  };
  SampleHeader other = some_header();
  other.gpu = "NVIDIA H200";
  other.gpu_uuid = "GPU-5678";
  CHECK(error_for(other).find("another GPU: NVIDIA H100 80GB HBM3 (GPU-1234); here is NVIDIA H200 "
                              "(GPU-5678)") != std::string::npos);
  SampleHeader later = some_header();
  ++later.plan;
  CHECK(error_for(later).find("these are samples of plan") != std::string::npos);
}
