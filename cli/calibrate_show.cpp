#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "calibration/profile.hpp"
#include "cli/atomic_file.hpp"
#include "cli/calibrate.hpp"
#include "cli/calibrate_plot_script.hpp"
#include "cli/kernel_tables.hpp"
#include "cli/plot.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

constexpr double percent = 100;
constexpr double us = 1e6;

calibration::Profile read_named(const Arguments& arguments, std::string_view subject) {
  const std::vector<std::string> files = arguments.all("files");
  if (files.size() != 1) {
    fail_usage(subject,
               fmt::format("expected one profile, found {}",
                           files.empty() ? "none" : fmt::format("{} files", files.size())));
  }
  return calibration::read_profile(sim::ConfigNode::load(files.front()));
}

void print_sources(const calibration::GpuProfile& gpu) {
  fmt::print("{}, {} from\n", gpu.gpu, gpu.provenance);
  for (const std::string& source : gpu.sources) {
    fmt::print("  {}\n", source);
  }
}

void print_kernels(const calibration::GpuProfile& gpu) {
  if (gpu.kernels.empty()) {
    return;
  }
  fmt::print("\n  {:<18} {:>7} {:>7} {:>7} {:>8} {:>7} {:>7} {:>6}\n", "kernel", "samples",
             "median", "95th", "held out", "95th", "TFLOP/s", "GB/s");
  for (const calibration::ProfiledKernel& kernel : gpu.kernels) {
    double operations = 0;
    double bytes = 0;
    for (const calibration::KernelSample& sample : kernel.fit.samples()) {
      const calibration::Work work =
          calibration::work_of(kernel.fit.kernel(), kernel.fit.machine(), sample.shape);
      operations = std::max(operations, work.operations / sample.seconds);
      bytes = std::max(bytes, work.bytes / sample.seconds);
    }
    fmt::print("  {:<18} {:>7} {:>6.2f}% {:>6.2f}% {:>7.2f}% {:>6.2f}% {:>7.1f} {:>6.0f}\n",
               name_of(kernel.fit.kernel(), kernel.dtype), kernel.fitted.samples,
               percent * kernel.fitted.median, percent * kernel.fitted.p95,
               percent * kernel.held_out.median, percent * kernel.held_out.p95, operations / 1e12,
               bytes / 1e9);
  }
}

void print_measured(const calibration::GpuProfile& gpu) {
  if (const auto& on = gpu.measured) {
    fmt::print("\n  measured {} on {} ({}), driver {}, CUDA {}, cuBLAS {}, NCCL {}\n    {}\n",
               on->date, on->host, on->gpu_uuid, on->driver, on->cuda, on->cublas, on->nccl,
               on->command);
  }
}

void print_curves(const calibration::GpuProfile& gpu) {
  if (gpu.curves.empty()) {
    return;
  }
  fmt::print("\n  {:<24} {:>7} {:>8} {:>8} {:>9} {:>9} {:>9}\n", "over bytes", "samples", "median",
             "95th", "held out", "latency", "GB/s");
  for (const calibration::ProfiledCurve& curve : gpu.curves) {
    fmt::print("  {:<24} {:>7} {:>7.2f}% {:>7.2f}% {:>8.2f}% {:>6.2f} us {:>9.1f}\n",
               fmt::format("{} {}", curve.op, curve.variant), curve.fitted.samples,
               percent * curve.fitted.median, percent * curve.fitted.p95,
               percent * curve.held_out.median, curve.fit.numbers().latency_s * us,
               curve.fit.numbers().bandwidth_Bps / 1e9);
  }
}

void print_costs(const calibration::GpuProfile& gpu) {
  if (!gpu.costs.empty()) {
    fmt::print("\n  {:<24} {:>7} {:>10} {:>10} {:>10}\n", "each", "samples", "median", "5th",
               "95th");
  }
  for (const calibration::ProfiledCost& cost : gpu.costs) {
    fmt::print("  {:<24} {:>7} {:>7.3f} us {:>7.3f} us {:>7.3f} us\n", cost.op, cost.samples,
               cost.seconds * us, cost.p5_s * us, cost.p95_s * us);
  }
  if (const auto& contention = gpu.contention) {
    fmt::print(
        "\n  beside blocks that communicate: each holds {:.2f} of {} processors; {} samples, off "
        "by {:.2f}% (median)\n",
        contention->fit.held(), contention->fit.processors(), contention->fitted.samples,
        percent * contention->fitted.median);
  }
}

/// "ring ll128"
std::string method_name(calibration::Method method) {
  return fmt::format("{} {}",
                     calibration::pattern_names.at(static_cast<std::size_t>(method.pattern)),
                     calibration::protocol_names.at(static_cast<std::size_t>(method.protocol)));
}

/// The protocol, or what else there is to say: "ll128", "nvls", "pairs".
std::string_view short_name(calibration::Method method) {
  switch (method.pattern) {
    case calibration::Pattern::ring:
      break;
    case calibration::Pattern::pairwise:
      return "pairs";
    case calibration::Pattern::tree:
    case calibration::Pattern::nvls:
      return calibration::pattern_names.at(static_cast<std::size_t>(method.pattern));
  }
  return calibration::protocol_names.at(static_cast<std::size_t>(method.protocol));
}

void print_methods(const calibration::CollectiveFit& fit) {
  fmt::print("\n  {:<16} {:>7} {:>9} {:>9} {:>10} {:>8} (8 ranks)\n", "method", "samples", "base",
             "step", "rate", "sharing");
  for (const calibration::MethodFit& method : fit.methods()) {
    fmt::print("  {:<16} {:>7} {:>6.2f} us {:>6.2f} us {:>5.1f} GB/s {:>8.2f}\n",
               method_name(method.method), method.samples.size(), method.numbers.base_s * us,
               method.numbers.step_s * us, method.numbers.rate_Bps / 1e9, method.numbers.sharing);
  }
}

/// Servers, and ranks on all of them.
struct Spread {
  std::int32_t nodes;
  std::int32_t ranks;

  friend auto operator<=>(const Spread&, const Spread&) = default;
};

/// The operations, and for each the numbers of servers and ranks, that were measured.
std::map<calibration::Operation, std::set<Spread>> measured_spreads(
    const calibration::CollectiveFit& fit) {
  std::map<calibration::Operation, std::set<Spread>> out;
  for (const calibration::MethodFit& method : fit.methods()) {
    for (const calibration::CollectiveSample& sample : method.samples) {
      out[sample.shape.operation].insert({sample.shape.nodes, sample.shape.ranks});
    }
  }
  return out;
}

/// "8", or "16 / 2" on two servers.
std::string spread_name(const Spread& spread) {
  return spread.nodes == 1 ? fmt::format("{}", spread.ranks)
                           : fmt::format("{} / {}", spread.ranks, spread.nodes);
}

void print_choices(const calibration::CollectiveFit& fit) {
  struct Size {
    std::string_view name;
    double bytes;
  };
  constexpr double kibi = 1024;
  constexpr std::array sizes{Size{"1 KiB", kibi}, Size{"1 MiB", kibi * kibi},
                             Size{"16 MiB", 16 * kibi * kibi}, Size{"1 GiB", kibi * kibi * kibi}};
  fmt::print("\n  {:<14} {:>6}", "us, by", "ranks");
  for (const Size& size : sizes) {
    fmt::print(" {:>12}", size.name);
  }
  fmt::print("\n");
  for (const auto& [operation, spreads] : measured_spreads(fit)) {
    for (const Spread& spread : spreads) {
      fmt::print("  {:<14} {:>6}",
                 calibration::operation_names.at(static_cast<std::size_t>(operation)),
                 spread_name(spread));
      for (const Size& size : sizes) {
        const calibration::CollectiveShape shape{.operation = operation,
                                                 .number = calibration::Number::switches,
                                                 .ranks = spread.ranks,
                                                 .nodes = spread.nodes,
                                                 .bytes = size.bytes};
        const calibration::CollectiveCost cost = fit.cost(shape);
        fmt::print(" {:>12}", fmt::format("{:.4g} {}", lone_seconds(cost, shape) * us,
                                          short_name(cost.method)));
      }
      fmt::print("\n");
    }
  }
}

}  // namespace

int calibrate_show(const Arguments& arguments) {
  const calibration::Profile profile = read_named(arguments, "show");
  for (const calibration::GpuProfile& gpu : profile.gpus) {
    print_sources(gpu);
    print_measured(gpu);
    print_kernels(gpu);
    print_curves(gpu);
    print_costs(gpu);
    if (gpu.collectives) {
      const calibration::ProfiledCollectives& collectives = *gpu.collectives;
      fmt::print(
          "\n  collectives: {} samples, off by {:.2f}% (median), {:.2f}% (95th percentile);\n"
          "  every second size held out: {:.2f}%, {:.2f}%\n",
          collectives.fitted.samples, percent * collectives.fitted.median,
          percent * collectives.fitted.p95, percent * collectives.held_out.median,
          percent * collectives.held_out.p95);
      print_methods(collectives.fit);
      print_choices(collectives.fit);
    }
  }
  return 0;
}

int calibrate_compare(const Arguments& arguments) {
  const calibration::Profile profile = read_named(arguments, "compare");
  const auto directory = arguments.find("output");
  if (directory) {
    make_directory(*directory);
  }
  const auto draw = [&](const std::string& name, const std::string& script) {
    if (directory) {
      write_figure(name, script, *directory);
    }
  };
  for (const calibration::GpuProfile& gpu : profile.gpus) {
    print_sources(gpu);
    print_kernels(gpu);
    for (const calibration::ProfiledKernel& kernel : gpu.kernels) {
      draw(fmt::format("{}-{}", gpu.gpu, name_of(kernel.fit.kernel(), kernel.dtype)),
           kernel_errors_script(gpu, kernel));
    }
    if (!gpu.collectives) {
      continue;
    }
    fmt::print("\n  {:<15} {:>7} {:>7} {:>8} {:>8} {:>8}\n", "operation", "ranks", "samples",
               "median", "95th", "worst");
    std::map<std::pair<calibration::Operation, Spread>, std::vector<calibration::CollectiveSample>>
        parts;
    for (const calibration::MethodFit& method : gpu.collectives->fit.methods()) {
      for (const calibration::CollectiveSample& sample : method.samples) {
        parts[{sample.shape.operation, Spread{sample.shape.nodes, sample.shape.ranks}}].push_back(
            sample);
      }
    }
    for (const auto& [key, samples] : parts) {
      const calibration::FitErrors errors = calibration::errors_of(gpu.collectives->fit, samples);
      fmt::print("  {:<15} {:>7} {:>7} {:>7.2f}% {:>7.2f}% {:>7.1f}%\n",
                 calibration::operation_names.at(static_cast<std::size_t>(key.first)),
                 spread_name(key.second), errors.samples, percent * errors.median,
                 percent * errors.p95, percent * errors.worst);
    }
    for (const auto& [operation, spreads] : measured_spreads(gpu.collectives->fit)) {
      draw(fmt::format("{}-{}", gpu.gpu,
                       calibration::operation_names.at(static_cast<std::size_t>(operation))),
           collective_script(gpu, operation));
    }
  }
  if (directory) {
    fmt::print("\nplots are in {}\n", *directory);
  }
  return 0;
}

}  // namespace cli
