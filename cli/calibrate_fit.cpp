#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "calibration/known_gpus.hpp"
#include "calibration/profile.hpp"
#include "calibration/sample_tables.hpp"
#include "cli/atomic_file.hpp"
#include "cli/calibrate.hpp"
#include "cli/measured_data.hpp"
#include "cli/number_types.hpp"
#include "cli/terminal.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

void print_line(std::string_view what, const calibration::FitErrors& fitted,
                const calibration::FitErrors& held_out) {
  constexpr double percent = 100;
  const auto share = [&](double value) {
    return held_out.samples == 0 ? std::string{"-"} : fmt::format("{:.2f}%", percent * value);
  };
  fmt::print("{:<26} {:>8} {:>8.2f}% {:>8.2f}% {:>11} {:>9}\n", what, fitted.samples,
             percent * fitted.median, percent * fitted.p95, share(held_out.median),
             share(held_out.p95));
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

std::optional<calibration::ProfiledCollectives> fit_collectives(const MeasuredGpu& gpu) {
  std::vector<calibration::CollectiveSample> samples;
  for (const CollectiveTable& table : gpu.collectives) {
    for (const CollectiveSample& sample : table.samples) {
      samples.push_back(to_fit_sample(sample, gpu.gpu));
    }
  }
  for (const calibration::SampleLog& log : gpu.logs) {
    for (calibration::SampledCollective& measured : calibration::sampled_collectives(log)) {
      measured.sample.shape.number = find_number_type(measured.dtype)->adder;
      samples.push_back(measured.sample);
    }
  }
  if (samples.empty()) {
    return std::nullopt;
  }
  const calibration::KnownGpu* const known = calibration::find_gpu(gpu.gpu);
  const auto found = calibration::node_of(known == nullptr ? nullptr : &known->node, samples);
  if (!found) {
    throw sim::Error{
        gpu.gpu,
        "nobody knows this GPU, and no size is large enough to tell what joins several"
        "\n  hint: measure up to 16 MiB or more, or name it as one that is known: --gpu h100"};
  }
  const calibration::NodeKind& node = *found;
  calibration::CollectiveFit fit{node, samples};
  const calibration::FitErrors fitted = calibration::errors_of(fit, samples);
  return calibration::ProfiledCollectives{.fit = std::move(fit),
                                          .fitted = fitted,
                                          .held_out = calibration::held_out_errors(node, samples)};
}

/// What only espalier-calibrate measures.
void fit_log(const calibration::SampleLog& log, calibration::GpuProfile& profile) {
  for (const calibration::SampledCurve& curve : calibration::sampled_curves(log)) {
    const calibration::CurveFit fit{curve.samples};
    profile.curves.push_back({.op = curve.op,
                              .dtype = curve.dtype,
                              .variant = curve.variant,
                              .fit = fit,
                              .fitted = calibration::errors_of(fit, curve.samples),
                              .held_out = calibration::held_out_errors(curve.samples)});
    print_line(fmt::format("{} {}", curve.op, curve.variant), profile.curves.back().fitted,
               profile.curves.back().held_out);
  }
  for (calibration::ProfiledCost& cost : calibration::sampled_costs(log)) {
    profile.costs.push_back(std::move(cost));
  }
  const auto contention = calibration::sampled_contention(log);
  if (!contention.empty() && log.header.processors > 0) {
    const calibration::ContentionFit fit{static_cast<std::int32_t>(log.header.processors),
                                         contention};
    profile.contention = {fit, calibration::errors_of(fit, contention)};
    print_line("contention", profile.contention->fitted, {});
  }
}

/// "measured" if nothing comes from anybody else's tables.
std::string provenance_of(const MeasuredGpu& gpu) {
  std::size_t from_logs = 0;
  for (const calibration::SampleLog& log : gpu.logs) {
    for (const calibration::SampledKernel& kernel : calibration::sampled_kernels(log)) {
      from_logs += kernel.samples.size();
    }
  }
  std::size_t all = 0;
  for (const KernelTable& table : gpu.kernels) {
    all += table.samples.size();
  }
  return !gpu.logs.empty() && all == from_logs && gpu.collectives.empty() ? "measured" : "fitted";
}

/// Throws if nobody could read this profile: times that no GPU takes give numbers that no GPU has.
void check_readable(const std::string& text) {
  try {
    static_cast<void>(calibration::read_profile(sim::ConfigNode::parse("profile", text)));
  } catch (const sim::Error& error) {
    throw sim::Error{
        std::string{"espalier calibrate fit"},
        fmt::format("what was fitted makes no sense, so nothing is written:\n{}", error.what())};
  }
}

}  // namespace

int calibrate_fit(const Arguments& arguments) {
  const std::vector<std::string> paths = arguments.all("files");
  const auto target = arguments.find("output");
  if (paths.empty() || !target) {
    fail_usage("fit", paths.empty() ? "expected files with measured times, found none"
                                    : "expected -o PROFILE.yaml, the profile to write");
  }
  check_target("--output", *target, paths);
  const MeasuredOptions options = measured_options(arguments);
  const Measured measured = read_measured(paths, options);
  check_needed(options, measured);
  check_any(options.gpu, measured);
  note_passed_over(measured);
  calibration::Profile profile;
  for (const MeasuredGpu& gpu : measured.gpus) {
    fmt::print("{}{}\n{:<26} {:>8} {:>9} {:>9} {:>11} {:>9}\n", profile.gpus.empty() ? "" : "\n",
               gpu.gpu, "", "samples", "median", "95th", "held out", "95th");
    calibration::GpuProfile& fitted =
        profile.gpus.emplace_back(calibration::GpuProfile{.gpu = gpu.gpu,
                                                          .provenance = provenance_of(gpu),
                                                          .sources = gpu.sources,
                                                          .kernels = {},
                                                          .collectives = {}});
    if (const auto note = arguments.find("note"); note && !note->empty()) {
      fitted.sources.push_back(*note);
    }
    if (!gpu.logs.empty()) {
      fitted.measured = calibration::measured_on(gpu.logs.front().header);
    }
    Progress progress{"fitting"};
    for (const KernelTable& table : gpu.kernels) {
      progress.update(fitted.kernels.size(), gpu.kernels.size());
      const calibration::ProfiledKernel& kernel = fitted.kernels.emplace_back(fit_kernel(table));
      progress.finish();
      print_line(name_of(table.kernel, table.dtype), kernel.fitted, kernel.held_out);
    }
    for (const calibration::SampleLog& log : gpu.logs) {
      fit_log(log, fitted);
    }
    fitted.collectives = fit_collectives(gpu);
    if (fitted.collectives) {
      print_line("collectives", fitted.collectives->fitted, fitted.collectives->held_out);
    }
  }
  const std::string text = calibration::to_yaml(profile);
  check_readable(text);
  write_file_atomically(*target, text);
  return 0;
}

}  // namespace cli
