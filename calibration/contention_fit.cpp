#include "calibration/contention_fit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "calibration/descent.hpp"
#include "sim/contract.hpp"

namespace calibration {
namespace {

double factor(std::int32_t processors, double held, double blocks) {
  const double free = 1 - (held * blocks / processors);
  return 1 / std::max(free, 1.0 / processors);
}

}  // namespace

ContentionFit::ContentionFit(std::int32_t processors, std::span<const ContentionSample> samples)
    : ContentionFit{processors, 1, samples} {
  sim::require(processors > 0 && !samples.empty(), "a fit needs samples");
  constexpr int rounds = 16;
  held_ = descend({1.0}, rounds, [&](std::span<const double> held) {
            double sum = 0;
            for (const ContentionSample& sample : samples_) {
              sum += std::abs(std::log(factor(processors_, held[0], sample.blocks) *
                                       sample.alone_s / sample.seconds));
            }
            return sum;
          }).front();
}

double ContentionFit::slowdown(double blocks) const {
  return factor(processors_, held_, blocks);
}

ContentionFit carried(const ContentionFit& fit, std::int32_t processors) {
  std::vector<ContentionSample> samples{fit.samples().begin(), fit.samples().end()};
  const ContentionFit plain{processors, fit.held(), {}};
  for (ContentionSample& sample : samples) {
    sample.seconds *= plain.slowdown(sample.blocks) / fit.slowdown(sample.blocks);
  }
  return ContentionFit{processors, fit.held(), samples};
}

FitErrors errors_of(const ContentionFit& fit, std::span<const ContentionSample> samples) {
  std::vector<double> errors;
  errors.reserve(samples.size());
  for (const ContentionSample& sample : samples) {
    errors.push_back(std::abs((fit.slowdown(sample.blocks) * sample.alone_s / sample.seconds) - 1));
  }
  return sum_up(std::move(errors));
}

}  // namespace calibration
