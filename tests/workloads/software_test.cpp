#include "workloads/software.hpp"

#include <doctest/doctest.h>

#include "sim/error.hpp"

using namespace workloads;

namespace {

Software software_of(const char* text, const Software& base = {}) {
  return read_software(sim::ConfigNode::parse("s.yaml", text), base);
}

}  // namespace

TEST_CASE("software: what is said stands over what it begins with") {
  const Software base = software_of("{precision: float16, launch: 60 us, dropout: true}");
  const Software other = software_of("{launch: 5 us, recompute: full}", base);
  CHECK(other.precision == Precision::float16);
  CHECK(other.dropout);
  CHECK(other.launch == sim::Duration{5'000'000});
  CHECK(other.recompute == Recompute::full);
  CHECK(other.overlap_data == Software{}.overlap_data);
}

TEST_CASE("software: bytes of an update, step by step") {
  // bfloat16: norm 4, clipping 8, Adam 4 + 24, the weight 4 + 2, gradients to zero 4.
  CHECK(update_bytes({}) == 4 + 8 + 28 + 6 + 4);
  // float16, gradients too: to single precision 2 + 4, unscaled 8; zero 2.
  CHECK(update_bytes({.precision = Precision::float16, .gradient = 2}) ==
        6 + 8 + 4 + 8 + 28 + 6 + 2);
}

TEST_CASE("software: bytes of adding a gradient to the sum") {
  // In single precision, read and written by the product in place of its own two bytes.
  CHECK(accumulation_bytes({}) == 8 - 2);
  // By a kernel: the gradient read, the sum read and written.
  CHECK(accumulation_bytes({.fused_accumulation = false}) == 2 + 8);
  // By two: the gradient read and a copy written; that read, the sum read and written.
  const Software cast{.fused_accumulation = false, .fused_gradient_cast = false};
  CHECK(accumulation_bytes(cast) == (2 + 4) + (4 + 8));
  // In the same format nothing is cast.
  Software same = cast;
  same.gradient = 2;
  CHECK(accumulation_bytes(same) == 2 + 4);
}

TEST_CASE("software: what is wrong is refused at its place") {
  for (const auto& [text, message] :
       {std::pair{"{lunch: 5 us}", "did you mean 'launch'?"},
        std::pair{"{recompute: all}", "unknown recompute 'all'"},
        std::pair{"{memory_rate: 1.5}", "memory_rate"},
        std::pair{"{gradient_bytes: 0}", "expected a whole number from 1"},
        std::pair{"{launch: 2 s}", "expected at most a second"},
        std::pair{"{dropout: 1}", "dropout"}}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(software_of(text), doctest::Contains(message), sim::Error);
  }
}
