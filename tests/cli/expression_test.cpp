#include "cli/expression.hpp"

#include <array>

#include <doctest/doctest.h>

#include "sim/error.hpp"

using cli::Expression;

namespace {

double value_of(const std::string& text) {
  Expression expression{sim::ConfigNode::scalar("skip", text)};
  REQUIRE(expression.names().empty());
  return expression.value({});
}

}  // namespace

TEST_CASE("expression: arithmetic, comparisons, and what is left of a division") {
  CHECK(value_of("2 + 3 * 4") == 14);
  CHECK(value_of("8 * 16 > 100") == 1);
  CHECK(value_of("8 * 16 > 100 && 3 != 3") == 0);
  CHECK(value_of("17 % 5 == 2") == 1);
  CHECK(value_of("1 + 7 % 4 * 2") == 7);  // as strong as a product
  CHECK(value_of("max(2, 3) >= 3 || 1 > 2") == 1);
  CHECK(value_of("2 ^ 3 ^ 2 - -1") == 513);
  CHECK(value_of("3 <= 2 ? 5 : 7") == 7);
}

TEST_CASE("expression: names have dots, are found once, and take values") {
  Expression expression{
      sim::ConfigNode::scalar("skip", "layout.tensor * layout.pipeline > gpus + 0 * gpus")};
  CHECK(expression.names() == std::vector<std::string>{"gpus", "layout.pipeline", "layout.tensor"});
  CHECK(expression.value(std::array{64.0, 8.0, 8.0}) == 0);
  CHECK(expression.value(std::array{63.0, 8.0, 8.0}) == 1);
}

TEST_CASE("expression: what is none is said where it stands") {
  const auto refused = [](const std::string& text, const std::string& why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(Expression{sim::ConfigNode::scalar("skip", text)},
                         doctest::Contains(why.c_str()), sim::Error);
  };
  refused("tensor = 3", "'=' does not compare");
  refused("3 +", "'3 +' is no condition: Unexpected end of expression");
  refused("tensor > > 3", "is no condition");
  refused("schedule == \"gpipe\"", "is no condition");
  refused("1 > 0, 0 > 1", "is more than one condition");
  // Nor where a comparison would hide it.
  for (const char* const text : {"1 / tensor > 4", "tensor % tensor == 0", "3 > 1 / 0 + tensor"}) {
    CAPTURE(text);
    Expression hidden{sim::ConfigNode::scalar("skip", text)};
    CHECK_THROWS_WITH_AS(static_cast<void>(hidden.value(std::array{0.0})),
                         doctest::Contains("it divides by 0"), sim::Error);
  }
  Expression division{sim::ConfigNode::scalar("skip", "1 / tensor")};
  CHECK_THROWS_WITH_AS(static_cast<void>(division.value(std::array{0.0})),
                       doctest::Contains("'1 / tensor' has no value"), sim::Error);
}
