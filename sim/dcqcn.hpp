#pragma once

#include <cstdint>

#include "sim/ethernet_options.hpp"
#include "sim/units.hpp"

namespace sim {

/// The rate of one DCQCN sender (the reaction point of the paper).
///
/// A notification cuts the rate by alpha / 2, and makes alpha larger; without any alpha shrinks.
/// Whenever a period is over, and whenever so many bytes are sent, the rate goes half of the way
/// back to its target; after `recovery_steps` of either kind the target itself grows.
///
/// Nothing happens by itself: time passes when it is asked. An idle sender costs nothing.
class DcqcnRate {
 public:
  /// `line_rate` is the rate of the sender's link, at which it starts. `options` outlives this.
  DcqcnRate(const DcqcnOptions& options, double line_rate)
      : options_{&options}, line_rate_{line_rate}, rate_{line_rate}, target_rate_{line_rate} {}

  /// Bytes per second. Requires that `now` never goes back.
  [[nodiscard]] double rate(Instant now);

  /// How long `bytes` take from `now` on, if no notification comes.
  [[nodiscard]] Duration time_for(Instant now, std::int64_t bytes) const;

  [[nodiscard]] bool is_limited() const { return rate_ < line_rate_; }

  /// A notification has come.
  void on_notification(Instant now);

  void on_sent(Instant now, std::int64_t bytes);

  [[nodiscard]] double alpha() const { return alpha_; }

 private:
  void pass(Instant now);
  void increase();

  const DcqcnOptions* options_;
  double line_rate_;
  double rate_;
  double target_rate_;
  double alpha_ = 1;
  Instant alpha_due_;
  Instant increase_due_;
  std::int64_t sent_ = 0;           // since the last increase for bytes
  std::int32_t periods_ = 0;        // since the last cut
  std::int32_t byte_counters_ = 0;  // ... increases for bytes
};

}  // namespace sim
