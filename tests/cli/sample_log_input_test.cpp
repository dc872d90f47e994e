#include "cli/sample_log_input.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/topology/support.hpp"

using calibration::Sample;
using calibration::Shape;
using topology_test::error_of;

namespace {

Sample gemm(Shape shape) {
  Sample sample;
  sample.key = {"gemm", "bfloat16", "default", std::move(shape)};
  sample.seconds = {.median = 5e-6, .p5 = 4e-6, .p95 = 6e-6, .ci = 0.01};
  sample.repetitions = 20;
  return sample;
}

Sample all_reduce(double ranks, double bytes) {
  Sample sample = gemm({{"ranks", ranks}, {"bytes", bytes}});
  sample.key.op = "all_reduce";
  sample.key.variant = "auto";
  return sample;
}

/// What reading a log says of which this is the second sample.
std::string error_at(const Sample& sample) {
  calibration::SampleHeader header;
  header.gpu = "NVIDIA H100 80GB HBM3";
  header.processors = 132;
  header.memory_bytes = 1;
  const std::string text =
      to_line(header) + to_line(gemm({{"m", 1}, {"n", 1}, {"k", 1}})) + to_line(sample);
  return error_of([&] { return cli::read_sample_log("s.jsonl", text); });
}

}  // namespace

TEST_CASE("sample log input: what no fit takes is refused at its line, with what was expected") {
  const std::string at = "s.jsonl:3:1: error: ";
  const std::string whole = "expected a whole number from 1 to 2147483648, got ";
  CHECK(error_at(gemm({{"m", 1.5}, {"n", 1}, {"k", 1}})) == at + "shape.m: " + whole + "1.5");
  CHECK(error_at(gemm({{"m", 1}, {"n", 0}, {"k", 1}})) == at + "shape.n: " + whole + "0");
  CHECK(error_at(gemm({{"m", 1}, {"n", 1}, {"k", 1e17}})) == at + "shape.k: " + whole + "1e+17");
  CHECK(error_at(gemm({{"m", 1}, {"n", 1}})) == at + "shape: missing key 'k'");

  Sample other = gemm({{"m", 1}, {"n", 1}, {"k", 1}});
  other.key.dtype = "hlaf";
  CHECK(error_at(other) == at + "dtype: unknown type 'hlaf'\n  hint: did you mean 'half'?");
  other = gemm({{"m", 1}, {"n", 1}, {"k", 1}});
  other.seconds.median = 1e-16;
  CHECK(error_at(other).starts_with(at + "median_us: expected a time in us from 0.001 to"));
  other.seconds.median = 1e7;
  CHECK(error_at(other).starts_with(at + "median_us: expected a time in us from 0.001 to"));
  other = gemm({{"batch", 1}});
  other.key.op = "attention";
  CHECK(error_at(other) == at + "shape: missing key 'sequence'");

  CHECK(error_at(all_reduce(2.5, 8)) ==
        at + "shape.ranks: expected a whole number from 1 to 1048576, got 2.5");
  CHECK(error_at(all_reduce(1e17, 8)).starts_with(at + "shape.ranks: expected a whole number"));
  CHECK(error_at(all_reduce(8, 0)) == at + "shape.bytes: expected a number from 1 to 1e+16, got 0");
  CHECK(error_at(all_reduce(8, 1e17)).starts_with(at + "shape.bytes: expected a number"));
  other = all_reduce(8, 8);
  other.key.dtype = "unit8";
  CHECK(error_at(other) == at + "dtype: unknown type 'unit8'\n  hint: did you mean 'uint8'?");
}
