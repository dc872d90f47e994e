#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "calibration/fit_errors.hpp"
#include "calibration/kernel_model.hpp"
#include "calibration/near_kriging.hpp"

namespace calibration {

/// One measured time.
struct KernelSample {
  std::vector<double> shape;  // see shape_names
  double seconds = 0;
};

/// What one kernel takes on one GPU: a model, and what the samples near a shape say beside it.
class KernelFit {
 public:
  /// Fits a model to the samples. The numbers are found on up to 10,000 of them, chosen by chance
  /// with a fixed seed; the number of processors, if it is 0, too. Requires samples with times
  /// above 0.
  KernelFit(Kernel kernel, Machine machine, std::span<const KernelSample> samples);

  /// A fit that was found before.
  KernelFit(Kernel kernel, Machine machine, std::vector<double> numbers,
            NearKriging::Settings beside, std::span<const KernelSample> samples);

  [[nodiscard]] double seconds(std::span<const double> shape) const;

  [[nodiscard]] Kernel kernel() const { return kernel_; }
  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] std::span<const double> numbers() const { return numbers_; }
  [[nodiscard]] const NearKriging::Settings& settings() const { return beside_.settings(); }
  [[nodiscard]] std::span<const KernelSample> samples() const { return samples_; }

 private:
  void keep(std::span<const KernelSample> samples);

  Kernel kernel_;
  Machine machine_;
  std::vector<double> numbers_;
  std::vector<KernelSample> samples_;
  NearKriging beside_;  // log(measured / model), over a shape's place among others
};

/// How many coordinates a shape has there, and so how many weights settings have.
[[nodiscard]] std::size_t place_dimensions(Kernel kernel);

/// The same kernel on a machine of so many processors that differs by these ratios: its model with
/// the numbers carried over, and each sample as far from it as before.
[[nodiscard]] KernelFit carried(const KernelFit& fit, std::int32_t processors,
                                const SheetRatios& ratios);

[[nodiscard]] FitErrors errors_of(const KernelFit& fit, std::span<const KernelSample> samples);

/// The errors on a third of the samples, chosen by `seed`, of a fit to the others.
[[nodiscard]] FitErrors held_out_errors(Kernel kernel, const Machine& machine,
                                        std::span<const KernelSample> samples, std::uint64_t seed);

}  // namespace calibration
