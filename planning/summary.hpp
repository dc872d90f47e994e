#pragma once
// What many replications of one run say together.

#include <cstdint>
#include <span>

namespace planning {

/// Of one figure, in its unit. Percentiles lie on the straight line between two neighbours in
/// order: definition 7 of R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The
/// American Statistician 50(4), 1996.
struct Summary {
  double mean = 0;
  double half_width = 0;  // the mean is this close, with 95 % confidence; infinite for one value
  double p5 = 0;
  double p50 = 0;
  double p95 = 0;

  friend bool operator==(const Summary&, const Summary&) = default;
};

/// Requires one value at least. Confidence is by Student's t, so it supposes that the mean of that
/// many values is about normal: twenty values or more, if a few of them are far out.
[[nodiscard]] Summary summarise(std::span<const double> values);

/// The quantile at 0.975 of Student's t: 95 % lie within that many standard errors. Requires one
/// degree of freedom at least; is right to 5e-6.
[[nodiscard]] double student_t_975(std::int64_t degrees_of_freedom);

}  // namespace planning
