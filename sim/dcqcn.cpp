#include "sim/dcqcn.hpp"

#include <algorithm>
#include <cmath>

namespace sim {
namespace {

constexpr std::int32_t counts_max = 1'000'000;  // more steps would be no larger than the line rate

}  // namespace

double DcqcnRate::rate(Instant now) {
  pass(now);
  return rate_;
}

/// Catches up with the timers.
void DcqcnRate::pass(Instant now) {
  if (rate_ >= line_rate_) {
    return;  // alpha is caught up with when it is needed
  }
  while (increase_due_ <= now && rate_ < line_rate_) {
    increase_due_ += options_->increase_period;
    periods_ = std::min(periods_ + 1, counts_max);
    increase();
  }
}

Duration DcqcnRate::time_for(Instant now, std::int64_t bytes) const {
  DcqcnRate ahead{*this};
  auto left = static_cast<double>(bytes);
  Instant at = now;
  while (true) {
    const double rate = ahead.rate(at);
    const double time_ps = left / rate * std::pico::den;
    const auto until_increase = static_cast<double>((ahead.increase_due_ - at).count());
    if (!ahead.is_limited() || time_ps <= until_increase) {
      return (at - now) + Duration{std::llround(time_ps)};
    }
    left -= rate * until_increase / std::pico::den;
    at = ahead.increase_due_;
  }
}

void DcqcnRate::on_notification(Instant now) {
  pass(now);
  if (alpha_due_ <= now && alpha_due_ != Instant{}) {
    const auto missed = 1 + ((now - alpha_due_) / options_->alpha_period);
    alpha_ *= std::pow(1 - options_->gain, static_cast<double>(missed));
  }
  target_rate_ = rate_;
  rate_ = std::max(rate_ * (1 - (alpha_ / 2)),
                   std::min(line_rate_, static_cast<double>(options_->least.count())));
  alpha_ = ((1 - options_->gain) * alpha_) + options_->gain;
  alpha_due_ = now + options_->alpha_period;
  increase_due_ = now + options_->increase_period;
  sent_ = 0;
  periods_ = 0;
  byte_counters_ = 0;
}

void DcqcnRate::on_sent(Instant now, std::int64_t bytes) {
  pass(now);
  if (rate_ >= line_rate_) {
    return;
  }
  sent_ += bytes;
  while (sent_ >= options_->increase_bytes.count()) {
    sent_ -= options_->increase_bytes.count();
    byte_counters_ = std::min(byte_counters_ + 1, counts_max);
    increase();
  }
}

void DcqcnRate::increase() {
  const std::int32_t steps = options_->recovery_steps;
  if (std::min(periods_, byte_counters_) > steps) {
    const std::int32_t beyond = std::min(periods_, byte_counters_) - steps;
    target_rate_ += beyond * static_cast<double>(options_->hyper.count());
  } else if (std::max(periods_, byte_counters_) >= steps) {
    target_rate_ += static_cast<double>(options_->additive.count());
  }
  target_rate_ = std::min(target_rate_, line_rate_);
  rate_ = (rate_ + target_rate_) / 2;
  // Half of the way never arrives: what is nearer than a thousandth has.
  constexpr double near = 0.999;
  if (rate_ > near * line_rate_) {
    rate_ = line_rate_;
  }
}

}  // namespace sim
