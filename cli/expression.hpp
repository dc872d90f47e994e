#pragma once
// Conditions that users write, such as "layout.tensor * layout.pipeline > gpus".

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/config.hpp"

namespace cli {

/// An expression over numbers that have names, dots in them included. It has what muParser has:
/// arithmetic, comparisons, && and ||, `a ? b : c`, functions such as min, max, log2 and floor;
/// and % for what is left of a division.
class Expression {
 public:
  /// Reads the text of a node. Throws sim::Error there, with what muParser says is wrong.
  explicit Expression(const sim::ConfigNode& node);
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  /// The names in it, in order, each once.
  [[nodiscard]] const std::vector<std::string>& names() const;

  /// Its value for these values of its names. Throws sim::Error, at the node, if it is not finite.
  [[nodiscard]] double value(std::span<const double> values);

 private:
  struct Parsed;  // muParser's header stays in the .cpp
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace cli
