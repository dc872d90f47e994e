#pragma once
// Combinations that a sweep leaves out.

#include <optional>
#include <set>
#include <span>
#include <string>

#include "cli/expression.hpp"
#include "cli/sweep_axes.hpp"
#include "sim/config.hpp"

namespace cli {

/// An entry of `skip`: a condition over dotted keys, or values that all have to be there.
class Skip {
 public:
  /// Throws sim::Error for what is no condition.
  explicit Skip(const sim::ConfigNode& node);

  /// Throws sim::Error for a condition over what is no number in the scenario.
  [[nodiscard]] bool applies_to(const sim::ConfigNode& scenario);

  /// When all points have been looked at: throws sim::Error, with the nearest key of an axis, for a
  /// key that none of them had.
  void expect_all_seen(std::span<const SweepAxis> axes) const;

 private:
  [[nodiscard]] bool holds(const sim::ConfigNode& scenario);
  [[nodiscard]] bool matches(const sim::ConfigNode& scenario);

  sim::ConfigNode node_;
  std::optional<Expression> condition_{};
  std::set<std::string> seen_;  // keys that any point had
};

}  // namespace cli
