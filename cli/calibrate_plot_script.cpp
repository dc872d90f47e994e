#include "cli/calibrate_plot_script.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/gnuplot_text.hpp"
#include "cli/kernel_tables.hpp"
#include "sim/contract.hpp"

namespace cli {
namespace {

// Okabe and Ito (2008), told apart with any colour vision.
constexpr std::array<std::string_view, 6> colours{"#0072b2", "#d55e00", "#009e73",
                                                  "#cc79a7", "#e69f00", "#56b4e9"};

std::string frame(std::string_view heading, std::string_view details) {
  return fmt::format(
      "set encoding utf8\n"
      "set termoption noenhanced\n"
      "set label 101 {} at screen 0.5, screen 0.955 center\n"
      "set label 102 {} at screen 0.5, screen 0.905 center font ',12' textcolor rgb '#555555'\n"
      "set tmargin at screen 0.82\n"
      "set border 3 linecolor rgb '#555555'\n"
      "set tics nomirror textcolor rgb '#222222'\n"
      "set grid linecolor rgb '#dddddd' linewidth 1\n",
      quoted(heading), quoted(details));
}

std::string details_of(const calibration::GpuProfile& profile, const calibration::FitErrors& fitted,
                       const calibration::FitErrors& held_out) {
  constexpr double percent = 100;
  return fmt::format(
      "{}, {} samples: median error {:.1f} %, 95th percentile {:.1f} %; held out {:.1f} % and "
      "{:.1f} %",
      profile.provenance, fitted.samples, percent * fitted.median, percent * fitted.p95,
      percent * held_out.median, percent * held_out.p95);
}

/// What bus bandwidth is to bytes per second, as nccl-tests defines it.
double busbw(const calibration::CollectiveShape& shape, double seconds) {
  const double n = shape.ranks;
  double factor = 1;
  if (shape.operation == calibration::Operation::all_reduce) {
    factor = 2 * (n - 1) / n;
  } else if (shape.operation == calibration::Operation::all_gather ||
             shape.operation == calibration::Operation::reduce_scatter ||
             shape.operation == calibration::Operation::all_to_all) {
    factor = (n - 1) / n;
  }
  return factor * shape.bytes / seconds;
}

constexpr double giga = 1e9;

/// Of one number of ranks: what was measured, and the fit on a fine grid between.
struct Curve {
  std::string measured;
  std::string fitted;
};

Curve curve_of(const calibration::CollectiveFit& fit,
               const std::vector<calibration::CollectiveSample>& samples) {
  Curve curve;
  double least = samples.front().shape.bytes;
  double most = least;
  for (const calibration::CollectiveSample& sample : samples) {
    curve.measured +=
        fmt::format("{} {:.6g}\n", sample.shape.bytes, busbw(sample.shape, sample.seconds) / giga);
    least = std::min(least, sample.shape.bytes);
    most = std::max(most, sample.shape.bytes);
  }
  calibration::CollectiveShape shape = samples.front().shape;
  constexpr double finer = 1.09050773;  // eight points from one size to its double
  for (shape.bytes = least; shape.bytes <= most * finer; shape.bytes *= finer) {
    curve.fitted +=
        fmt::format("{:.6g} {:.6g}\n", shape.bytes,
                    busbw(shape, calibration::lone_seconds(fit.cost(shape), shape)) / giga);
  }
  return curve;
}

}  // namespace

std::string kernel_errors_script(const calibration::GpuProfile& profile,
                                 const calibration::ProfiledKernel& kernel) {
  const auto samples = kernel.fit.samples();
  sim::require(!samples.empty(), "a plot of samples has some");
  constexpr double us = 1e6;
  constexpr double percent = 100;
  std::string out = frame(fmt::format("{} on {}: fitted against measured",
                                      name_of(kernel.fit.kernel(), kernel.dtype), profile.gpu),
                          details_of(profile, kernel.fitted, kernel.held_out));
  out +=
      "set xlabel 'measured time (us)'\nset logscale x 10\n"
      "set ylabel 'fitted is longer by (%)'\nset yrange [-30:30]\nset key off\n"
      "set object 1 rectangle from graph 0, first -10 to graph 1, first 10 behind "
      "fillcolor rgb '#eef4ee' fillstyle solid noborder\n"
      "$samples << END\n";
  for (const calibration::KernelSample& sample : samples) {
    out += fmt::format("{:.6g} {:.4g}\n", sample.seconds * us,
                       percent * ((kernel.fit.seconds(sample.shape) / sample.seconds) - 1));
  }
  return out + fmt::format(
                   "END\nplot $samples with points pointtype 7 pointsize 0.35 "
                   "linecolor rgb '{}'\n",
                   colours[0]);
}

std::string collective_script(const calibration::GpuProfile& profile,
                              calibration::Operation operation) {
  sim::require(profile.collectives.has_value(), "a plot of collectives has some");
  const calibration::CollectiveFit& fit = profile.collectives->fit;
  using Key = std::pair<std::int32_t, calibration::Number>;
  std::map<Key, std::vector<calibration::CollectiveSample>> by_ranks;
  for (const calibration::MethodFit& method : fit.methods()) {
    for (const calibration::CollectiveSample& sample : method.samples) {
      if (sample.shape.operation == operation) {
        by_ranks[{sample.shape.ranks, sample.shape.number}].push_back(sample);
      }
    }
  }
  sim::require(!by_ranks.empty(), "a plot of samples has some");
  const std::string_view name =
      calibration::operation_names.at(static_cast<std::size_t>(operation));
  std::string data;
  std::vector<std::string> plots;
  for (const auto& [key, samples] : by_ranks) {
    const Curve curve = curve_of(fit, samples);
    const std::size_t number = plots.size() / 2;
    const std::string_view colour = colours.at(number % colours.size());
    data += fmt::format("$measured{0} << END\n{1}END\n$fitted{0} << END\n{2}END\n", number,
                        curve.measured, curve.fitted);
    plots.push_back(
        fmt::format("$fitted{} with lines linewidth 2 linecolor rgb '{}' notitle", number, colour));
    plots.push_back(fmt::format(
        "$measured{} with points pointtype {} pointsize 0.9 linecolor rgb '{}' title '{} ranks, "
        "{}'",
        number, key.second == calibration::Number::switches ? 7 : 6, colour, key.first,
        key.second == calibration::Number::switches ? "floating" : "integer"));
  }
  return frame(fmt::format("{} on {}: measured (marks) and fitted (lines)", name, profile.gpu),
               details_of(profile, profile.collectives->fitted, profile.collectives->held_out)) +
         "set xlabel 'size (bytes)'\nset logscale x 2\nset format x '%.0b %BB'\n"
         "set ylabel 'bus bandwidth (GB/s)'\nset logscale y 10\n"
         "set key outside right center vertical maxcols 1 Left reverse samplen 2 spacing 1.3\n" +
         data + fmt::format("plot {}\n", fmt::join(plots, ", \\\n     "));
}

}  // namespace cli
