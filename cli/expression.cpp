#include "cli/expression.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <muParser.h>

#include "sim/contract.hpp"

namespace cli {

struct Expression::Parsed {
  sim::ConfigNode node;
  mu::Parser parser{};
  std::vector<std::string> names{};
  std::vector<double> values{};  // of these names; the parser keeps their addresses
};

namespace {

struct DivisionByZero {};

void expect_divisor(double divisor) {
  if (divisor == 0) {
    throw DivisionByZero{};
  }
}

double quotient_of(double dividend, double divisor) {
  expect_divisor(divisor);
  return dividend / divisor;
}

double remainder_of(double dividend, double divisor) {
  expect_divisor(divisor);
  return std::fmod(dividend, divisor);
}

/// muParser's own operators, but for its assignments, and with a division that does not go on with
/// what is no number.
void define_operators(mu::Parser& parser) {
  parser.EnableBuiltInOprt(false);
  const auto both = [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; };
  const auto either = [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; };
  parser.DefineOprt("||", either, mu::prLOR);
  parser.DefineOprt("&&", both, mu::prLAND);
  parser.DefineOprt("<", [](double a, double b) { return a < b ? 1.0 : 0.0; }, mu::prCMP);
  parser.DefineOprt(">", [](double a, double b) { return a > b ? 1.0 : 0.0; }, mu::prCMP);
  parser.DefineOprt("<=", [](double a, double b) { return a <= b ? 1.0 : 0.0; }, mu::prCMP);
  parser.DefineOprt(">=", [](double a, double b) { return a >= b ? 1.0 : 0.0; }, mu::prCMP);
  parser.DefineOprt("==", [](double a, double b) { return a == b ? 1.0 : 0.0; }, mu::prCMP);
  parser.DefineOprt("!=", [](double a, double b) { return a != b ? 1.0 : 0.0; }, mu::prCMP);
  parser.DefineOprt("+", [](double a, double b) { return a + b; }, mu::prADD_SUB);
  parser.DefineOprt("-", [](double a, double b) { return a - b; }, mu::prADD_SUB);
  parser.DefineOprt("*", [](double a, double b) { return a * b; }, mu::prMUL_DIV);
  parser.DefineOprt("/", quotient_of, mu::prMUL_DIV);
  parser.DefineOprt("%", remainder_of, mu::prMUL_DIV);
  parser.DefineOprt("^", [](double a, double b) { return std::pow(a, b); }, mu::prPOW, mu::oaRIGHT);
}

/// muParser takes "a = 3" as an assignment. Nobody means that here.
bool assigns(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      continue;
    }
    const bool follows = i > 0 && std::string_view{"=!<>"}.find(text[i - 1]) != std::string::npos;
    const bool leads = i + 1 < text.size() && text[i + 1] == '=';
    if (!follows && !leads) {
      return true;
    }
  }
  return false;
}

}  // namespace

Expression::Expression(const sim::ConfigNode& node)
    : parsed_{std::make_unique<Parsed>(Parsed{.node = node})} {
  const std::string text = node.text();
  if (assigns(text)) {
    node.fail("'=' does not compare", "write '=='");
  }
  mu::Parser& parser = parsed_->parser;
  parser.DefineNameChars("0123456789_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  define_operators(parser);
  try {
    parser.SetExpr(text);
    for (const auto& [name, address] : parser.GetUsedVar()) {
      parsed_->names.push_back(name);
    }
    parsed_->values.resize(parsed_->names.size());
    for (std::size_t i = 0; i < parsed_->names.size(); ++i) {
      parser.DefineVar(parsed_->names[i], &parsed_->values[i]);
    }
    parser.Eval();  // says what GetUsedVar passes over
  } catch (const mu::ParserError& error) {
    node.fail(fmt::format("'{}' is no condition: {}", text, error.GetMsg()));
  } catch (const DivisionByZero&) {
    // With zeros for all names; with their values it may be another matter.
    return;
  }
  if (parser.GetNumResults() > 1) {
    node.fail(fmt::format("'{}' is more than one condition", text), "join them: &&, ||");
  }
}

Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

const std::vector<std::string>& Expression::names() const {
  return parsed_->names;
}

double Expression::value(std::span<const double> values) {
  sim::require(values.size() == parsed_->values.size(), "a value for each name");
  std::ranges::copy(values, parsed_->values.begin());
  const sim::ConfigNode& node = parsed_->node;
  try {
    const double value = parsed_->parser.Eval();
    if (!std::isfinite(value)) {
      node.fail(fmt::format("'{}' has no value", node.text()));
    }
    return value;
  } catch (const DivisionByZero&) {
    node.fail(fmt::format("'{}' has no value: it divides by 0", node.text()));
  }
}

}  // namespace cli
