#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "calibration/known_gpus.hpp"
#include "calibration/profile.hpp"
#include "cli/atomic_file.hpp"
#include "cli/calibrate.hpp"
#include "cli/measured_data.hpp"
#include "cli/terminal.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

void print_line(std::string_view what, const calibration::FitErrors& fitted,
                const calibration::FitErrors& held_out) {
  constexpr double percent = 100;
  fmt::print("{:<26} {:>8} {:>8.2f}% {:>8.2f}% {:>10.2f}% {:>8.2f}%\n", what, fitted.samples,
             percent * fitted.median, percent * fitted.p95, percent * held_out.median,
             percent * held_out.p95);
}

calibration::ProfiledKernel fit_kernel(const KernelTable& table) {
  const calibration::KernelFit fit{table.kernel, machine_of(table.gpu, table.dtype), table.samples};
  constexpr std::uint64_t seed = 1;
  return {
      .dtype = table.dtype,
      .fit = fit,
      .fitted = calibration::errors_of(fit, table.samples),
      .held_out = calibration::held_out_errors(table.kernel, fit.machine(), table.samples, seed)};
}

calibration::ProfiledCollectives fit_collectives(const MeasuredGpu& gpu) {
  std::vector<calibration::CollectiveSample> samples;
  for (const CollectiveTable& table : gpu.collectives) {
    for (const CollectiveSample& sample : table.samples) {
      samples.push_back(to_fit_sample(sample));
    }
  }
  const calibration::KnownGpu* const known = calibration::find_gpu(gpu.gpu);
  const calibration::NodeKind node =
      known == nullptr ? calibration::guess_node(samples) : known->node;
  calibration::CollectiveFit fit{node, samples};
  const calibration::FitErrors fitted = calibration::errors_of(fit, samples);
  return {.fit = std::move(fit),
          .fitted = fitted,
          .held_out = calibration::held_out_errors(node, samples)};
}

}  // namespace

int calibrate_fit(const Arguments& arguments) {
  const std::vector<std::string> paths = arguments.all("files");
  const std::string target = arguments.at("output");
  if (paths.empty()) {
    throw sim::Error{std::string{"espalier calibrate fit"}, "missing measured tables"};
  }
  const std::vector<MeasuredGpu> measured = read_measured(paths, measured_options(arguments));
  calibration::Profile profile;
  for (const MeasuredGpu& gpu : measured) {
    fmt::print("{}{}\n{:<26} {:>8} {:>9} {:>9} {:>11} {:>9}\n", profile.gpus.empty() ? "" : "\n",
               gpu.gpu, "", "samples", "median", "95th", "held out", "95th");
    calibration::GpuProfile& fitted =
        profile.gpus.emplace_back(calibration::GpuProfile{.gpu = gpu.gpu,
                                                          .provenance = "fitted",
                                                          .sources = gpu.sources,
                                                          .kernels = {},
                                                          .collectives = {}});
    Progress progress{"fitting"};
    for (const KernelTable& table : gpu.kernels) {
      progress.update(fitted.kernels.size(), gpu.kernels.size());
      const calibration::ProfiledKernel& kernel = fitted.kernels.emplace_back(fit_kernel(table));
      progress.finish();
      print_line(name_of(table.kernel, table.dtype), kernel.fitted, kernel.held_out);
    }
    if (!gpu.collectives.empty()) {
      fitted.collectives = fit_collectives(gpu);
      print_line("collectives", fitted.collectives->fitted, fitted.collectives->held_out);
    }
  }
  write_file_atomically(target, calibration::to_yaml(profile));
  return 0;
}

}  // namespace cli
