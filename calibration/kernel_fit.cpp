#include "calibration/kernel_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "calibration/descent.hpp"
#include "sim/contract.hpp"
#include "sim/random.hpp"

namespace calibration {
namespace {

/// Where a shape stands among others: the logarithms of its numbers, of the model's time and of
/// that over the operations, and how full waves are. Libraries choose a kernel by such things, so
/// that shapes that are near in them err alike, and shapes on both sides of the edge of a wave,
/// though near in their numbers, do not.
std::vector<double> place_of(Kernel kernel, const Machine& machine, std::span<const double> shape,
                             double model_s) {
  std::vector<double> out(shape.size());
  std::ranges::transform(shape, out.begin(), [](double number) { return std::log2(number); });
  out.push_back(std::log2(model_s));
  out.push_back(std::log2(model_s / work_of(kernel, machine, shape).operations));
  const std::vector<double> waves = unfilled_waves(kernel, machine, shape);
  out.insert(out.end(), waves.begin(), waves.end());
  return out;
}

/// One sample a shape, in the order in which they first occur: the median of those measured again.
std::vector<KernelSample> merged(std::span<const KernelSample> samples) {
  std::map<std::vector<double>, std::size_t> place;
  std::vector<std::vector<double>> seconds;
  std::vector<KernelSample> out;
  for (const KernelSample& sample : samples) {
    const auto [found, is_new] = place.try_emplace(sample.shape, out.size());
    if (is_new) {
      out.push_back(sample);
      seconds.emplace_back();
    }
    seconds[found->second].push_back(sample.seconds);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto middle = static_cast<std::ptrdiff_t>(seconds[i].size() / 2);
    std::ranges::nth_element(seconds[i], seconds[i].begin() + middle);
    out[i].seconds = seconds[i][static_cast<std::size_t>(middle)];
  }
  return out;
}

/// The samples in an order by chance, the same on every machine.
std::vector<KernelSample> shuffled(std::span<const KernelSample> samples, std::uint64_t seed) {
  std::vector<KernelSample> out{samples.begin(), samples.end()};
  for (std::size_t i = out.size(); i > 1; --i) {
    std::swap(out[i - 1], out[sim::split_mix(seed) % i]);
  }
  return out;
}

double mean_error(Kernel kernel, const Machine& machine, std::span<const double> numbers,
                  std::span<const KernelSample> samples) {
  double sum = 0;
  for (const KernelSample& sample : samples) {
    sum +=
        std::abs(std::log(model_seconds(kernel, machine, numbers, sample.shape) / sample.seconds));
  }
  return sum / static_cast<double>(samples.size());
}

std::vector<double> fit_numbers(Kernel kernel, const Machine& machine,
                                std::span<const KernelSample> samples, int rounds) {
  double operations = 0;
  double bytes = 0;
  for (const KernelSample& sample : samples) {
    const Work work = work_of(kernel, machine, sample.shape);
    operations = std::max(operations, work.operations / sample.seconds);
    bytes = std::max(bytes, work.bytes / sample.seconds);
  }
  return descend(first_numbers(kernel, machine, operations, bytes), rounds,
                 [&](std::span<const double> numbers) {
                   return mean_error(kernel, machine, numbers, samples);
                 });
}

/// The number of processors with which the first rounds of a fit come nearest: of GPUs that exist.
std::int32_t find_processors(Kernel kernel, Machine machine,
                             std::span<const KernelSample> samples) {
  constexpr std::array<std::int32_t, 10> existing{56, 80, 84, 108, 114, 132, 142, 148, 160, 188};
  constexpr int rounds = 3;
  double least = std::numeric_limits<double>::infinity();
  std::int32_t best = existing.front();
  for (const std::int32_t processors : existing) {
    machine.processors = processors;
    const double error =
        mean_error(kernel, machine, fit_numbers(kernel, machine, samples, rounds), samples);
    if (error < least) {
      least = error;
      best = processors;
    }
  }
  return best;
}

}  // namespace

std::size_t place_dimensions(Kernel kernel) {
  return shape_names(kernel).size() + 2 + tile_sizes(kernel);
}

KernelFit::KernelFit(Kernel kernel, Machine machine, std::span<const KernelSample> samples)
    : kernel_{kernel}, machine_{machine}, beside_{place_dimensions(kernel)} {
  sim::require(!samples.empty(), "a fit needs samples");
  constexpr std::size_t most = 10000;
  constexpr std::size_t few = 300;
  constexpr int rounds = 16;
  const std::vector<KernelSample> shapes = merged(samples);
  const std::vector<KernelSample> mixed = shuffled(shapes, 1);
  const std::span<const KernelSample> chosen{mixed.data(), std::min(mixed.size(), most)};
  if (machine_.processors == 0) {
    machine_.processors =
        find_processors(kernel, machine_, chosen.first(std::min(chosen.size(), few)));
  }
  numbers_ = fit_numbers(kernel, machine_, chosen, rounds);
  keep(shapes);
  beside_.choose_settings();
}

KernelFit::KernelFit(Kernel kernel, Machine machine, std::vector<double> numbers,
                     NearKriging::Settings beside, std::span<const KernelSample> samples)
    : kernel_{kernel}, machine_{machine}, numbers_{std::move(numbers)}, beside_{std::move(beside)} {
  sim::require(numbers_.size() == number_names(kernel).size(), "a model has all its numbers");
  keep(samples);
}

void KernelFit::keep(std::span<const KernelSample> samples) {
  samples_.assign(samples.begin(), samples.end());
  for (const KernelSample& sample : samples_) {
    const double model = model_seconds(kernel_, machine_, numbers_, sample.shape);
    beside_.add(place_of(kernel_, machine_, sample.shape, model), std::log(sample.seconds / model));
  }
}

double KernelFit::seconds(std::span<const double> shape) const {
  const double model = model_seconds(kernel_, machine_, numbers_, shape);
  return model * std::exp(beside_.at(place_of(kernel_, machine_, shape, model)));
}

KernelFit carried(const KernelFit& fit, std::int32_t processors, const SheetRatios& ratios) {
  const Kernel kernel = fit.kernel();
  Machine machine = fit.machine();
  machine.processors = processors;
  std::vector<double> numbers = carried_numbers(kernel, fit.numbers(), ratios);
  std::vector<KernelSample> samples{fit.samples().begin(), fit.samples().end()};
  for (KernelSample& sample : samples) {
    sample.seconds *= model_seconds(kernel, machine, numbers, sample.shape) /
                      model_seconds(kernel, fit.machine(), fit.numbers(), sample.shape);
  }
  return KernelFit{kernel, machine, std::move(numbers), fit.settings(), samples};
}

FitErrors errors_of(const KernelFit& fit, std::span<const KernelSample> samples) {
  std::vector<double> errors;
  errors.reserve(samples.size());
  for (const KernelSample& sample : samples) {
    errors.push_back(std::abs((fit.seconds(sample.shape) / sample.seconds) - 1));
  }
  return sum_up(std::move(errors));
}

FitErrors held_out_errors(Kernel kernel, const Machine& machine,
                          std::span<const KernelSample> samples, std::uint64_t seed) {
  const std::vector<KernelSample> mixed = shuffled(merged(samples), seed);
  const std::span<const KernelSample> all{mixed};
  const std::size_t third = all.size() / 3;
  const KernelFit fit{kernel, machine, all.subspan(third)};
  return errors_of(fit, all.first(third));
}

}  // namespace calibration
